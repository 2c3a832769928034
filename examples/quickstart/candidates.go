package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/modelcanary/go-sdk/canary"
)

const (
	stableVersion = "softmax-1"
	stableRows    = 750 // how much history there was when it was trained
)

// predictor is what every model here is.
type predictor = canary.Predictor[Image, Digit]

// lab has what it takes to train a model. Read-only once made.
type lab struct {
	data      dataset
	embedding *embedding
	stable    *softmax
}

// newLab trains the stable model.
func newLab(data dataset) *lab {
	e := newEmbedding(modelSeed, 1)
	return &lab{data: data, embedding: e, stable: trainSoftmax(e, data.Past[:stableRows])}
}

// candidate is a model that asks for the place of the stable one.
type candidate struct {
	Name    string // what -candidate selects
	Version string // what the canary calls it
	Story   string // what its makers say of it
	train   func(*lab) predictor
}

// candidates lists all there are, the good one first.
func candidates() []candidate {
	return []candidate{
		{"better", "softmax-2", "the stable model, trained on a fifth more rows", (*lab).better},
		{"quantised", "softmax-2q", "the stable model with each weight rounded to -1, 0 or +1", (*lab).quantised},
		{"misscaled", "softmax-3", "trained on pixels from 0 to 1, served pixels from 0 to 16", (*lab).misscaled},
		{"stale", "softmax-0", "trained on a history in which nobody wrote an 8 or a 9", (*lab).stale},
		{"slow", "knn-1", "compares with every row it knows: accurate, and slow", (*lab).slow},
		{"broken", "stretch-1", "stretches digits to the full width, fails on thin ones", (*lab).broken},
	}
}

func candidateNames() []string {
	var names []string
	for _, c := range candidates() {
		names = append(names, c.Name)
	}
	return names
}

// findCandidate returns the candidate of that name.
func findCandidate(name string) (candidate, error) {
	for _, c := range candidates() {
		if c.Name == name {
			return c, nil
		}
	}
	return candidate{}, fmt.Errorf("quickstart: no candidate %q, want one of %s", name, strings.Join(candidateNames(), ", "))
}

func (l *lab) better() predictor { return trainSoftmax(l.embedding, l.data.Past) }

func (l *lab) stale() predictor { return trainSoftmax(l.embedding, without(l.data.Past, 8, 9)) }

func (l *lab) slow() predictor { return &knn{rows: l.data.Past} }

func (l *lab) broken() predictor { return trainStretched(l.embedding, l.data.Past) }

// misscaled fits rows between 0 and 1 as well as stable fits them between 0
// and 16. Nothing is wrong with it but what it will be fed.
func (l *lab) misscaled() predictor {
	rows := make([]row, len(l.data.Past))
	for i, r := range l.data.Past {
		rows[i].Truth = r.Truth
		for p, ink := range r.Pixels {
			rows[i].Pixels[p] = ink / maxInk
		}
	}
	return trainSoftmax(newEmbedding(modelSeed, maxInk), rows)
}

// quantised keeps of each weight whether it is large, and its sign.
func (l *lab) quantised() predictor {
	rounded := *l.stable
	for c := range rounded.head {
		weights := rounded.head[c][:features]
		largest := largestMagnitude(weights)
		for f, w := range weights {
			weights[f] = math.Round(w/largest) * largest
		}
	}
	return &rounded
}

func largestMagnitude(weights []float64) float64 {
	var largest float64
	for _, w := range weights {
		largest = max(largest, math.Abs(w))
	}
	return largest
}
