package main

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// sharedModel trains a candidate once for all tests.
func sharedModel(t *testing.T, name string) predictor {
	t.Helper()
	train, ok := sharedModels[name]
	if !ok {
		t.Fatalf("no candidate %q", name)
	}
	return train()
}

var sharedModels = func() map[string]func() predictor {
	models := map[string]func() predictor{}
	for _, c := range candidates() {
		models[c.Name] = sync.OnceValue(func() predictor {
			l, err := sharedLab()
			if err != nil {
				panic(err)
			}
			return c.train(l)
		})
	}
	return models
}()

// span is a closed range of what a figure may be.
type span struct{ low, high float64 }

func (s span) holds(x float64) bool { return s.low <= x && x <= s.high }

// TestCandidatesAreWhatTheyClaim pins, on rows that no model saw, both the
// truth about each candidate and the marks by which a canary can tell without
// the truth. The spans leave room for processors that round otherwise.
func TestCandidatesAreWhatTheyClaim(t *testing.T) {
	l := trained(t)
	const never = 1e300
	for name, want := range map[string]struct {
		accuracy        span // measured .9554 .9052 .1014 .7748 .9788 .9041; stable .9454
		failures        span // measured 0 but for broken: .0368
		digitRatio      span // measured 1.05 1.31 2.90 +Inf 1.12 1.64
		confidenceRatio span // measured 1.04 1.89 9.74 1.66 1.15 1.10
	}{
		"better":    {span{0.950, 0.965}, span{0, 0}, span{1, 1.09}, span{1, 1.08}},
		"quantised": {span{0.880, 0.925}, span{0, 0}, span{1.15, 1.6}, span{1.5, 2.5}},
		"misscaled": {span{0.050, 0.200}, span{0, 0}, span{1.5, never}, span{5, never}},
		"stale":     {span{0.740, 0.800}, span{0, 0}, span{never, 2 * never}, span{1.3, 2.5}},
		"slow":      {span{0.965, 0.990}, span{0, 0}, span{1, 1.35}, span{1, 1.35}},
		"broken":    {span{0.880, 0.930}, span{0.030, 0.045}, span{1.4, 2}, span{1, 1.3}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := l.Data.Live
			if name == "slow" {
				rows = everyThird(rows)
			}
			got := compare(rows, l.Stable, sharedModel(t, name))
			if !(span{0.935, 0.950}).holds(got.StableAccuracy) {
				t.Errorf("stable accuracy %.4f", got.StableAccuracy)
			}
			if !want.accuracy.holds(got.CandidateAccuracy) {
				t.Errorf("accuracy %.4f, want %v", got.CandidateAccuracy, want.accuracy)
			}
			if !want.failures.holds(got.Failures) {
				t.Errorf("failures %.4f, want %v", got.Failures, want.failures)
			}
			if !want.digitRatio.holds(min(got.DigitRatio, never)) {
				t.Errorf("digit ratio %.4f, want %v", got.DigitRatio, want.digitRatio)
			}
			if !want.confidenceRatio.holds(got.ConfidenceRatio) {
				t.Errorf("confidence ratio %.4f, want %v", got.ConfidenceRatio, want.confidenceRatio)
			}
		})
	}
}

func everyThird(rows []digits.Row) (out []digits.Row) {
	for i := 0; i < len(rows); i += 3 {
		out = append(out, rows[i])
	}
	return out
}

func TestBetterIsBetter(t *testing.T) {
	l := trained(t)
	got := compare(l.Data.Live, l.Stable, sharedModel(t, "better"))
	if gain := got.CandidateAccuracy - got.StableAccuracy; gain < 0.005 {
		t.Errorf("gains %.4f, want at least 0.005", gain)
	}
}

func TestStaleNeverSaysEightOrNine(t *testing.T) {
	l := trained(t)
	answers := examine(l.Data.Live, sharedModel(t, "stale")).digits
	if answers[8] != 0 || answers[9] != 0 {
		t.Errorf("says 8 in %.3f and 9 in %.3f of the answers, want never", answers[8], answers[9])
	}
}

func TestFindCandidate(t *testing.T) {
	for _, c := range candidates() {
		found, err := findCandidate(c.Name)
		if err != nil || found.Version != c.Version {
			t.Errorf("found %q, %v, want %q", found.Version, err, c.Version)
		}
	}
	_, err := findCandidate("worse")
	if err == nil || !strings.Contains(err.Error(), `"worse"`) || !strings.Contains(err.Error(), "better, quantised") {
		t.Errorf("got %v, want an error with the name and what there is", err)
	}
}

func TestCandidateVersionsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range candidates() {
		if seen[c.Version] {
			t.Errorf("version %q is there twice: the canary would take one for the other", c.Version)
		}
		seen[c.Version] = true
	}
}

func TestNoModelPanics(t *testing.T) {
	inputs := map[string]float64{
		"blank": 0, "full": digits.MaxInk, "negative": -1, "huge": math.MaxFloat64, "infinite": math.Inf(1), "not a number": math.NaN(),
	}
	for _, c := range candidates() {
		model := sharedModel(t, c.Name)
		for name, ink := range inputs {
			var in digits.Image
			for i := range in.Pixels {
				in.Pixels[i] = ink
			}
			if d, err := model.Predict(context.Background(), in); err == nil && (d.Value < 0 || d.Value >= digits.Classes) {
				t.Errorf("%s, %s: answered %d, want a digit", c.Name, name, d.Value)
			}
		}
	}
}

func TestWithoutLeavesTheRestInOrder(t *testing.T) {
	rows := []digits.Row{{Truth: 8}, {Truth: 1}, {Truth: 9}, {Truth: 2}, {Truth: 8}}
	got := without(rows, 8, 9)
	if len(got) != 2 || got[0].Truth != 1 || got[1].Truth != 2 {
		t.Errorf("got %d rows, want a 1 and a 2", len(got))
	}
	if rows[1].Truth != 1 || rows[2].Truth != 9 {
		t.Error("the rows themselves were changed")
	}
}
