package main

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// confidenceBins over [0, 1] are the resolution at which confidence is
// compared, here and by the canary.
const confidenceBins = 64

// comparison is what a look at held-out rows says of a candidate before it
// meets a user.
type comparison struct {
	StableAccuracy    float64       // fraction of the rows answered, and rightly
	CandidateAccuracy float64       // fraction of the rows answered, and rightly
	Failures          float64       // fraction of the rows to which the candidate gave no answer
	DigitShift        float64       // total variation between the mixes of digits answered, in [0, 1]
	DigitRatio        float64       // how much more, or less, often some digit is answered; 1 is never, +Inf if one model never says it
	ConfidenceShift   float64       // largest gap between the distributions of confidence (Kolmogorov-Smirnov), in [0, 1]
	ConfidenceRatio   float64       // how much more often confidence is above, or below, some threshold; 1 is never
	StableTime        time.Duration // median call
	CandidateTime     time.Duration // median call
}

// compare runs both models over the rows, of which there must be some.
func compare(rows []digits.Row, stable, candidate predictor) comparison {
	s, c := examine(rows, stable), examine(rows, candidate)
	return comparison{
		StableAccuracy:    s.accuracy,
		CandidateAccuracy: c.accuracy,
		Failures:          c.failures,
		DigitShift:        totalVariation(s.digits, c.digits),
		DigitRatio:        largestRatio(s.digits, c.digits),
		ConfidenceShift:   kolmogorovSmirnov(s.confidence, c.confidence),
		ConfidenceRatio:   tailRatio(s.confidence, c.confidence),
		StableTime:        s.median,
		CandidateTime:     c.median,
	}
}

// examination is one model's answers to the rows.
type examination struct {
	accuracy   float64
	failures   float64
	digits     [digits.Classes]float64 // fraction of the answers
	confidence [confidenceBins]float64 // fraction of the answers
	median     time.Duration
}

func examine(rows []digits.Row, model predictor) examination {
	var e examination
	var answers, right int
	times := make([]time.Duration, len(rows))
	for i, r := range rows {
		start := time.Now()
		digit, err := model.Predict(context.Background(), digits.Image{Pixels: r.Pixels})
		times[i] = time.Since(start)
		if err != nil {
			continue
		}
		answers++
		if digit.Value == r.Truth {
			right++
		}
		e.digits[digit.Value]++
		e.confidence[bin(digit.Confidence)]++
	}
	e.accuracy = float64(right) / float64(len(rows))
	e.failures = 1 - float64(answers)/float64(len(rows))
	normalise(e.digits[:])
	normalise(e.confidence[:])
	slices.Sort(times)
	e.median = times[len(times)/2]
	return e
}

// bin places a confidence; what is no number goes to the lowest bin.
func bin(confidence float64) int {
	if !(confidence > 0) {
		return 0
	}
	return int(min(confidence*confidenceBins, confidenceBins-1))
}

// normalise turns counts into fractions; nothing counted stays nothing.
func normalise(counts []float64) {
	total := sum(counts)
	for i := range counts {
		counts[i] /= max(1, total)
	}
}

func totalVariation(a, b [digits.Classes]float64) float64 {
	var sum float64
	for d := range a {
		sum += math.Abs(a[d] - b[d])
	}
	return sum / 2
}

func largestRatio(a, b [digits.Classes]float64) float64 {
	largest := 1.0
	for d := range a {
		largest = max(largest, ratio(a[d], b[d]), ratio(b[d], a[d]))
	}
	return largest
}

// ratio is a/b, and 1 where there is neither.
func ratio(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}

func kolmogorovSmirnov(a, b [confidenceBins]float64) float64 {
	var gap float64
	for cut := range confidenceBins {
		gap = max(gap, math.Abs(above(a, cut)-above(b, cut)))
	}
	return gap
}

// tailRatio is how much more often b is above, or below, the threshold that
// a tenth, a quarter, half ... of a does not reach.
func tailRatio(a, b [confidenceBins]float64) float64 {
	largest := 1.0
	for _, u := range []float64{0.1, 0.25, 0.5, 0.75, 0.9} {
		cut := 1
		for cut < confidenceBins-1 && above(a, cut) > 1-u {
			cut++
		}
		largest = max(largest, ratio(above(b, cut), above(a, cut)), ratio(below(b, cut), below(a, cut)))
	}
	return largest
}

// above is the fraction in the bins from cut on.
func above(bins [confidenceBins]float64, cut int) float64 { return sum(bins[cut:]) }

// below is the fraction in the bins before cut.
func below(bins [confidenceBins]float64, cut int) float64 { return sum(bins[:cut]) }

func sum(fractions []float64) float64 {
	var total float64
	for _, fraction := range fractions {
		total += fraction
	}
	return total
}
