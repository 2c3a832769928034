package rules

import (
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// Flagger checks the candidate alone, once a minute over the last minute: a
// success rate below 99 % or a p99 above the limit is a failed check, and so is a
// minute without calls. Failed checks add up; the fifth rolls back.
//
//   - Assumes: that somebody knows absolute limits that a healthy candidate keeps.
//   - Guarantees: none about false rollbacks; stable is not looked at.
//   - Source: Flagger documentation, Metrics Analysis (request-success-rate min 99,
//     request-duration max, interval 1m) and its examples (threshold 5).
type Flagger struct {
	limit  float64
	minute window
	failed int
}

// FlaggerSoonest is the number of requests before which it cannot roll back.
const FlaggerSoonest = flaggerThreshold * worlds.PerMinute

const (
	flaggerSuccess   = 0.99
	flaggerThreshold = 5
)

// NewFlagger checks success rates, and the p99 against a limit unless that is 0.
func NewFlagger(limit float64) *Flagger { return &Flagger{limit: limit} }

// Observe implements [Rule].
func (f *Flagger) Observe(r *worlds.Request) bool {
	if r.Arm == criteria.Candidate {
		f.minute.add(r)
	}
	if !ends(r, 1) {
		return false
	}
	if !f.healthy() {
		f.failed++
	}
	f.minute.reset()
	return f.failed >= flaggerThreshold
}

func (f *Flagger) healthy() bool {
	w := &f.minute
	if w.calls == 0 || 1-FailureRate(w) < flaggerSuccess {
		return false
	}
	return f.limit == 0 || P99(w) <= f.limit
}
