package main

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// script answers row after row what it is told; a negative value fails.
type script struct {
	digits []digits.Digit
	at     int
}

func (s *script) Predict(context.Context, digits.Image) (digits.Digit, error) {
	d := s.digits[s.at]
	s.at++
	if d.Value < 0 {
		return digits.Digit{}, errors.New("no answer")
	}
	return d, nil
}

func TestCompare(t *testing.T) {
	rows := []digits.Row{{Truth: 1}, {Truth: 2}, {Truth: 3}, {Truth: 4}}
	stable := &script{digits: []digits.Digit{{Value: 1, Confidence: 0.9}, {Value: 2, Confidence: 0.9}, {Value: 3, Confidence: 0.9}, {Value: 1, Confidence: 0.1}}}
	candidate := &script{digits: []digits.Digit{{Value: 1, Confidence: 1}, {Value: 1, Confidence: 1}, {Value: -1, Confidence: 0}, {Value: -1, Confidence: 0}}}
	got := compare(rows, stable, candidate)
	if got.StableAccuracy != 0.75 || got.CandidateAccuracy != 0.25 || got.Failures != 0.5 {
		t.Errorf("got %+v, want 3 of 4 right, 1 of 4 right, 2 of 4 failed", got)
	}
	if got.DigitShift != 0.5 { // 1, 2, 3 at 1/2, 1/4, 1/4 against 1 alone
		t.Errorf("digit shift %v, want 0.5", got.DigitShift)
	}
	if !math.IsInf(got.DigitRatio, 1) {
		t.Errorf("digit ratio %v, want infinite: the candidate never says 2", got.DigitRatio)
	}
	if got.ConfidenceShift != 1 {
		t.Errorf("confidence shift %v, want 1: every answer is surer", got.ConfidenceShift)
	}
}

func TestCompareWithItselfFindsNothing(t *testing.T) {
	l := trained(t)
	got := compare(l.Data.Live, l.Stable, l.Stable)
	if got.DigitShift != 0 || got.DigitRatio != 1 || got.ConfidenceShift != 0 || got.ConfidenceRatio != 1 {
		t.Errorf("got %+v, want no difference", got)
	}
}

func TestCompareWithACandidateThatNeverAnswers(t *testing.T) {
	rows := []digits.Row{{Truth: 1}}
	got := compare(rows, &script{digits: []digits.Digit{{Value: 1, Confidence: 0.5}}}, &script{digits: []digits.Digit{{Value: -1, Confidence: 0}}})
	if got.Failures != 1 || got.CandidateAccuracy != 0 || math.IsNaN(got.ConfidenceShift) || math.IsNaN(got.DigitShift) {
		t.Errorf("got %+v, want nothing but failures", got)
	}
}

func TestBin(t *testing.T) {
	for confidence, want := range map[float64]int{0: 0, 0.01: 0, 0.5: 32, 0.999: 63, 1: 63, 7: 63, -1: 0, math.Inf(1): 63, math.Inf(-1): 0} {
		if got := bin(confidence); got != want {
			t.Errorf("bin(%v) = %d, want %d", confidence, got, want)
		}
	}
	if got := bin(math.NaN()); got != 0 {
		t.Errorf("bin(NaN) = %d, want 0", got)
	}
}

func TestTailRatio(t *testing.T) {
	var even, low, high [confidenceBins]float64
	for i := range even {
		even[i] = 1.0 / confidenceBins
	}
	low[0], high[confidenceBins-1] = 1, 1
	for name, tt := range map[string]struct {
		a, b [confidenceBins]float64
		want float64
	}{
		"same":      {even, even, 1},
		"all above": {even, high, 64.0 / 6}, // the upper tenth begins at bin 58
		"all below": {even, low, 64.0 / 7},  // the lower tenth ends with bin 6
	} {
		t.Run(name, func(t *testing.T) {
			if got := tailRatio(tt.a, tt.b); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
