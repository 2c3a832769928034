package main

import (
	"context"
	"fmt"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

const (
	strokeInk = digits.MaxInk / 2 // a column with this much ink in one pixel belongs to the digit
	narrowest = 4                 // columns: below this, stretching makes mush of a stroke
)

// stretched is a softmax that first stretches the digit to the full width of
// the image. That cannot be done to a thin stroke, and so it refuses: nobody
// noticed in training, where such rows were dropped without a word.
type stretched struct {
	softmax *digits.Softmax
}

// Predict fails for digits narrower than narrowest.
func (m stretched) Predict(ctx context.Context, in digits.Image) (digits.Digit, error) {
	wide, err := stretch(&in.Pixels)
	if err != nil {
		return digits.Digit{}, err
	}
	in.Pixels = wide
	return m.softmax.Predict(ctx, in)
}

func trainStretched(e *digits.Embedding, rows []digits.Row) stretched {
	var wide []digits.Row
	for _, r := range rows {
		if px, err := stretch(&r.Pixels); err == nil {
			wide = append(wide, digits.Row{Pixels: px, Truth: r.Truth})
		}
	}
	return stretched{softmax: digits.Train(e, wide)}
}

// stretch resamples the columns of the digit over the whole width.
func stretch(in *[digits.Pixels]float64) (out [digits.Pixels]float64, err error) {
	first, last := extent(in)
	if width := last - first + 1; width < narrowest {
		return out, fmt.Errorf("quickstart: digit %d columns wide, want at least %d", max(0, width), narrowest)
	}
	for x := range digits.Side {
		at := float64(first) + float64(x*(last-first))/(digits.Side-1)
		left := min(int(at), digits.Side-2)
		part := at - float64(left)
		for y := range digits.Side {
			out[y*digits.Side+x] = (1-part)*in[y*digits.Side+left] + part*in[y*digits.Side+left+1]
		}
	}
	return out, nil
}

// extent finds the first and the last column with a stroke in it; last is
// below first if there is none.
func extent(in *[digits.Pixels]float64) (first, last int) {
	first, last = digits.Side, -1
	for i, ink := range in {
		if ink >= strokeInk {
			first, last = min(first, i%digits.Side), max(last, i%digits.Side)
		}
	}
	return first, last
}
