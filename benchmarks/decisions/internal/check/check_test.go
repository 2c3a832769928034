package check

import (
	"errors"
	"math"
	"testing"
)

// A recorder takes note of a failure instead of stopping.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()      {}
func (r *recorder) Fatal(...any) { r.failed = true }

// Each assertion holds where it should and fails where it should.
func TestChecks(t *testing.T) {
	err := errors.New("rules: too few")
	for _, c := range []struct {
		name       string
		good, evil func(testing.TB)
	}{
		{"True", func(t testing.TB) { True(t, true) }, func(t testing.TB) { True(t, false, "of %d", 3) }},
		{"False", func(t testing.TB) { False(t, false) }, func(t testing.TB) { False(t, true) }},
		{"Equal", func(t testing.TB) { Equal(t, []int{1}, []int{1}) }, func(t testing.TB) { Equal(t, []int{1}, []int{2}) }},
		{"NotEqual", func(t testing.TB) { NotEqual(t, 1, 2) }, func(t testing.TB) { NotEqual(t, 1, 1) }},
		{"Near", func(t testing.TB) { Near(t, 1, 1.1, 0.2) }, func(t testing.TB) { Near(t, 1, 1.3, 0.2) }},
		{"Near NaN", func(t testing.TB) { Near(t, 1, 1, 0) }, func(t testing.TB) { Near(t, 1, math.NaN(), 1) }},
		{"AllNear", func(t testing.TB) { AllNear(t, []float64{1}, []float64{1}, 0) }, func(t testing.TB) { AllNear(t, []float64{1}, nil, 9) }},
		{"AtMost", func(t testing.TB) { AtMost(t, 2, 2) }, func(t testing.TB) { AtMost(t, 3, 2) }},
		{"Below", func(t testing.TB) { Below(t, 1, 2) }, func(t testing.TB) { Below(t, 2, 2) }},
		{"Contains", func(t testing.TB) { Contains(t, "abc", "b") }, func(t testing.TB) { Contains(t, "abc", "d") }},
		{"ErrorSays", func(t testing.TB) { ErrorSays(t, err, "few") }, func(t testing.TB) { ErrorSays(t, nil, "few") }},
		{"ErrorIs", func(t testing.TB) { ErrorIs(t, nil, nil) }, func(t testing.TB) { ErrorIs(t, err, nil) }},
	} {
		good, evil := &recorder{TB: t}, &recorder{TB: t}
		if c.good(good); good.failed {
			t.Errorf("%s fails where it should hold", c.name)
		}
		if c.evil(evil); !evil.failed {
			t.Errorf("%s holds where it should fail", c.name)
		}
	}
}
