package digits

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// modelFile is what a softmax is on disk, big endian. The embedding is drawn
// again from its seed.
type modelFile struct {
	Seed  uint64
	Scale float64
	Head  Weights
}

// MarshalBinary writes a model, so that a process can serve it that has not
// trained it.
func (m *Softmax) MarshalBinary() ([]byte, error) {
	return binary.Append(nil, binary.BigEndian, modelFile{Seed: m.embedding.seed, Scale: m.embedding.scale, Head: m.Head})
}

// UnmarshalBinary reads what MarshalBinary has written.
func (m *Softmax) UnmarshalBinary(data []byte) error {
	var file modelFile
	if want := binary.Size(file); len(data) != want {
		return fmt.Errorf("digits: model of %d bytes, want %d", len(data), want)
	}
	if err := binary.Read(bytes.NewReader(data), binary.BigEndian, &file); err != nil {
		return fmt.Errorf("digits: read model: %w", err)
	}
	m.embedding, m.Head = NewEmbedding(file.Seed, file.Scale), file.Head
	return nil
}
