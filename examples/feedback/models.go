package main

import (
	"context"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// models are what the acts try.
type models struct {
	live           []digits.Row
	stable, sloppy *digits.Softmax
}

// train makes stable, and a model of the same make from the same rows, but one
// label in nine is wrong: somebody has mixed up two exports.
func train() (models, error) {
	lab, err := digits.NewLab()
	if err != nil {
		return models{}, err //nolint:wrapcheck // it says what it is
	}
	rows := slices.Clone(lab.Data.Past)
	for i := range rows {
		if i%9 == 0 {
			rows[i].Truth = (rows[i].Truth + 1 + i%9) % digits.Classes
		}
	}
	return models{live: lab.Data.Live, stable: lab.Stable, sloppy: digits.Train(lab.Embedding, rows)}, nil
}

// exam is how a model does on the live rows.
type exam struct {
	right      float64 // part of the rows
	confidence float64 // on average
	took       time.Duration
}

func (m models) examine(model *digits.Softmax) (e exam) {
	began := time.Now()
	for i := range m.live {
		d, _ := model.Predict(context.Background(), digits.Image{Pixels: m.live[i].Pixels})
		if d.Value == m.live[i].Truth {
			e.right++
		}
		e.confidence += d.Confidence
	}
	n := float64(len(m.live))
	e.right, e.confidence, e.took = e.right/n, e.confidence/n, time.Since(began)/time.Duration(len(m.live))
	return e
}
