package main

import (
	"math"
	"strings"
	"testing"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// bar is full ink from column first to column last, on every line.
func bar(first, last int) (out [digits.Pixels]float64) {
	for i := range out {
		if i%digits.Side >= first && i%digits.Side <= last {
			out[i] = digits.MaxInk
		}
	}
	return out
}

func TestStretch(t *testing.T) {
	for name, tt := range map[string]struct {
		in  [digits.Pixels]float64
		err string
	}{
		"whole width":    {bar(0, 7), ""},
		"left half":      {bar(0, 3), ""},
		"right half":     {bar(4, 7), ""},
		"middle":         {bar(2, 5), ""},
		"three columns":  {bar(2, 4), "3 columns wide, want at least 4"},
		"last column":    {bar(7, 7), "1 columns wide"},
		"nothing at all": {[digits.Pixels]float64{}, "0 columns wide"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := stretch(&tt.in)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil || got != bar(0, 7) {
				t.Errorf("got %v, %v, want full ink", got, err)
			}
		})
	}
}

func TestStretchInterpolates(t *testing.T) {
	for _, first := range []int{0, 4} { // at the left edge, at the right edge
		in := bar(first, first+3)
		for y := range digits.Side {
			in[y*digits.Side+first+2] = 0 // a gap in the third column of four
		}
		got, err := stretch(&in)
		if err != nil {
			t.Fatal(err)
		}
		for x, want := range [digits.Side]float64{7, 7, 7, 5, 2, 1, 4, 7} { // sevenths of full ink
			if math.Abs(got[x]-want/7*digits.MaxInk) > 1e-9 {
				t.Errorf("from column %d: column %d holds %v, want %v", first, x, got[x], want/7*digits.MaxInk)
			}
		}
	}
}
