package digits

const (
	StableVersion = "softmax-1"
	stableRows    = 750 // how much history there was when it was trained
)

// Lab has what it takes to train a model. Read-only once made.
type Lab struct {
	Data      Dataset
	Embedding *Embedding
	Stable    *Softmax
}

// NewLab reads the data and trains the stable model.
func NewLab() (*Lab, error) {
	data, err := Load()
	if err != nil {
		return nil, err
	}
	e := NewEmbedding(modelSeed, 1)
	return &Lab{Data: data, Embedding: e, Stable: Train(e, data.Past[:stableRows])}, nil
}

// Better is the stable model, trained on a fifth more rows.
func (l *Lab) Better() *Softmax { return Train(l.Embedding, l.Data.Past) }

// Misscaled fits rows between 0 and 1 as well as stable fits them between 0
// and 16. Nothing is wrong with it but what it will be fed.
func (l *Lab) Misscaled() *Softmax {
	rows := make([]Row, len(l.Data.Past))
	for i, r := range l.Data.Past {
		rows[i].Truth = r.Truth
		for p, ink := range r.Pixels {
			rows[i].Pixels[p] = ink / MaxInk
		}
	}
	return Train(NewEmbedding(modelSeed, MaxInk), rows)
}
