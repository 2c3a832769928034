package rollback

import (
	"slices"
	"time"
)

// Holdback is the part of the traffic that stays on the old model while the candidate has "all" of it, so that there is always a concurrent control.
const Holdback = 0.05

// fullShare is the effective share at which the candidate has all it gets before it is [Finished].
const fullShare = 1 - Holdback

// Ramp declares how the candidate's share may grow. The share of the flag is a person's hand and can always lower it; the ramp says how far it may rise.
// Plain data; the zero value declares no steps: then the flag alone decides.
type Ramp struct {
	// Steps are the shares of the steps, in (0, 1], each greater than the one before. At 1 the candidate gets all but the [Holdback].
	Steps []float64
	// Soak is how long the candidate has to have had the share of a step before the next one may be taken, in time that the process was awake.
	Soak time.Duration
	// MinCalls is how many calls of the candidate a step needs before the next one may be taken; 0 means the default of package criteria.
	MinCalls int
	// Bake is how long the candidate has to have had its full share before it may be promoted; 0 means Soak.
	Bake time.Duration
	// Auto takes the next step without asking, once it is proven that the candidate is not worse. Otherwise a person has to approve each step.
	Auto bool
}

// Ceiling is the share that the ramp allows at a step, see [State.Step]; 1 if it has no steps.
func (r Ramp) Ceiling(step float64) float64 {
	switch {
	case len(r.Steps) == 0:
		return 1
	case step == 0:
		return normalStep(r.Steps[0])
	default:
		return normalStep(step)
	}
}

// After is the share of the step that follows the one with a share; false if that is the last.
func (r Ramp) After(step float64) (next float64, ok bool) {
	for _, share := range r.Steps {
		if share > r.Ceiling(step) {
			return share, true
		}
	}
	return 0, false
}

// Has reports whether share is that of a declared step.
func (r Ramp) Has(share float64) bool { return slices.Contains(r.Steps, share) }

// MinTime is how long the candidate needs at a step before more may be decided.
func (r Ramp) MinTime(step float64) time.Duration {
	if r.Ceiling(step) >= fullShare && r.Bake > 0 {
		return r.Bake
	}
	return r.Soak
}
