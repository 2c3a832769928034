package rules

import (
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// Argo measures the candidate's success rate every five minutes over the last
// five; below 95 % the measurement fails, and more failures than the limit of 3
// abort the rollout. A measurement without calls says nothing.
//
//   - Assumes: that 95 % parts good from bad, whatever stable does.
//   - Guarantees: none about false rollbacks; stable is not looked at.
//   - Source: Argo Rollouts documentation, Analysis & Progressive Delivery: the
//     success-rate template (interval 5m, result >= 0.95, failureLimit 3).
type Argo struct {
	minutes window
	failed  int
}

// ArgoSoonest is the number of requests before which it cannot roll back.
const ArgoSoonest = (argoFailureLimit + 1) * argoMinutes * worlds.PerMinute

const (
	argoMinutes      = 5
	argoSuccess      = 0.95
	argoFailureLimit = 3
)

// Observe implements [Rule].
func (a *Argo) Observe(r *worlds.Request) bool {
	if r.Arm == criteria.Candidate {
		a.minutes.calls++
		if r.Harm {
			a.minutes.harmed++
		}
	}
	if !ends(r, argoMinutes) {
		return false
	}
	if a.minutes.calls > 0 && 1-FailureRate(&a.minutes) < argoSuccess {
		a.failed++
	}
	a.minutes.reset()
	return a.failed > argoFailureLimit
}
