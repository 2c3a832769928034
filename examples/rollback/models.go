package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

const (
	worseVersion  = "softmax-3"   // trained on pixels from 0 to 1, served pixels from 0 to 16
	mendedVersion = "softmax-3.1" // trained on what it is served
	fatalVersion  = "softmax-3x"  // as good as stable until it ends its process
)

const (
	fatalAnswer = 3 // the answer in which the fatal model does it
	fatalStatus = 7 // and the exit status that it leaves
)

// trained are the models by version, and the rows that none of them has seen.
type trained struct {
	models map[string]*digits.Softmax
	live   []digits.Row
}

// trainModels trains all models, once for all the processes that are to serve
// them.
func trainModels() (trained, error) {
	lab, err := digits.NewLab()
	if err != nil {
		return trained{}, err
	}
	return trained{live: lab.Data.Live, models: map[string]*digits.Softmax{
		digits.StableVersion: lab.Stable,
		worseVersion:         lab.Misscaled(),
		mendedVersion:        lab.Better(),
		fatalVersion:         lab.Stable,
	}}, nil
}

// write writes each model to a file of its own in dir.
func (t trained) write(dir string) error {
	for version, model := range t.models {
		file, err := model.MarshalBinary()
		if err != nil {
			return fmt.Errorf("rollback: write %s: %w", version, err)
		}
		if err := os.WriteFile(modelPath(dir, version), file, 0o600); err != nil {
			return fmt.Errorf("rollback: %w", err)
		}
	}
	return nil
}

func modelPath(dir, version string) string { return filepath.Join(dir, version+".model") }

// readModel reads a model that was written to dir.
func readModel(dir, version string) (model, error) {
	file, err := os.ReadFile(modelPath(dir, version))
	if err != nil {
		return model{}, fmt.Errorf("rollback: %w", err)
	}
	softmax := new(digits.Softmax)
	if err := softmax.UnmarshalBinary(file); err != nil {
		return model{}, err
	}
	m := model{Version: version, Predictor: softmax}
	if version == fatalVersion {
		m.Predictor = fatal(softmax)
	}
	return m, nil
}

// fatal is a model that ends its process in one of its answers, as a library
// in another language might, or the kernel when memory is short.
func fatal(inner *digits.Softmax) canary.Predictor[digits.Image, digits.Digit] {
	var answers atomic.Int64
	return canary.Func(func(ctx context.Context, in digits.Image) (digits.Digit, error) {
		if answers.Add(1) == fatalAnswer {
			os.Exit(fatalStatus)
		}
		return inner.Predict(ctx, in)
	})
}
