package main

import (
	"context"
	"fmt"
)

const (
	strokeInk = maxInk / 2 // a column with this much ink in one pixel belongs to the digit
	narrowest = 4          // columns: below this, stretching makes mush of a stroke
)

// stretched is a softmax that first stretches the digit to the full width of
// the image. That cannot be done to a thin stroke, and so it refuses: nobody
// noticed in training, where such rows were dropped without a word.
type stretched struct {
	softmax *softmax
}

// Predict fails for digits narrower than narrowest.
func (m stretched) Predict(ctx context.Context, in Image) (Digit, error) {
	wide, err := stretch(&in.Pixels)
	if err != nil {
		return Digit{}, err
	}
	in.Pixels = wide
	return m.softmax.Predict(ctx, in)
}

func trainStretched(e *embedding, rows []row) stretched {
	var wide []row
	for _, r := range rows {
		if px, err := stretch(&r.Pixels); err == nil {
			wide = append(wide, row{Pixels: px, Truth: r.Truth})
		}
	}
	return stretched{softmax: trainSoftmax(e, wide)}
}

// stretch resamples the columns of the digit over the whole width.
func stretch(in *[pixels]float64) (out [pixels]float64, err error) {
	first, last := extent(in)
	if width := last - first + 1; width < narrowest {
		return out, fmt.Errorf("quickstart: digit %d columns wide, want at least %d", max(0, width), narrowest)
	}
	for x := range side {
		at := float64(first) + float64(x*(last-first))/(side-1)
		left := min(int(at), side-2)
		part := at - float64(left)
		for y := range side {
			out[y*side+x] = (1-part)*in[y*side+left] + part*in[y*side+left+1]
		}
	}
	return out, nil
}

// extent finds the first and the last column with a stroke in it; last is
// below first if there is none.
func extent(in *[pixels]float64) (first, last int) {
	first, last = side, -1
	for i, ink := range in {
		if ink >= strokeInk {
			first, last = min(first, i%side), max(last, i%side)
		}
	}
	return first, last
}
