package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/modelcanary/go-sdk/canary"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// predictor is what every model here is.
type predictor = canary.Predictor[digits.Image, digits.Digit]

// candidate is a model that asks for the place of the stable one.
type candidate struct {
	Name    string // what -candidate selects
	Version string // what the canary calls it
	Story   string // what its makers say of it
	train   func(*digits.Lab) predictor
}

// candidates lists all there are, the good one first.
func candidates() []candidate {
	return []candidate{
		{"better", "softmax-2", "the stable model, trained on a fifth more rows", better},
		{"quantised", "softmax-2q", "the stable model with each weight rounded to -1, 0 or +1", quantised},
		{"misscaled", "softmax-3", "trained on pixels from 0 to 1, served pixels from 0 to 16", misscaled},
		{"stale", "softmax-0", "trained on a history in which nobody wrote an 8 or a 9", stale},
		{"slow", "knn-1", "compares with every row it knows: accurate, and slow", slow},
		{"broken", "stretch-1", "stretches digits to the full width, fails on thin ones", broken},
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

func better(l *digits.Lab) predictor { return l.Better() }

func misscaled(l *digits.Lab) predictor { return l.Misscaled() }

func stale(l *digits.Lab) predictor { return digits.Train(l.Embedding, without(l.Data.Past, 8, 9)) }

func slow(l *digits.Lab) predictor { return &knn{rows: l.Data.Past} }

func broken(l *digits.Lab) predictor { return trainStretched(l.Embedding, l.Data.Past) }

// quantised keeps of each weight whether it is large, and its sign.
func quantised(l *digits.Lab) predictor {
	rounded := *l.Stable
	for c := range rounded.Head {
		weights := rounded.Head[c][:digits.Features]
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

// without returns the rows whose truth is none of those given.
func without(rows []digits.Row, truths ...int) []digits.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r digits.Row) bool {
		return slices.Contains(truths, r.Truth)
	})
}
