package canary

import (
	"maps"
	"slices"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// NewPlan says what a canary of this configuration would find in a rollout, and how soon, before the first request is at risk: see [criteria.Plan]. It checks the
// configuration as [New] does, adds what New adds - the backstop, the allowance of latency, the signals of the type, the sentinel - and starts nothing. Shares above
// 0.95 are planned as the 0.95 that a canary gives at most. A [Config.Preflight] is before the first step and none itself; of [Config.Reassign] the plan knows nothing:
// it takes the coins of units to be drawn once. With a Key the rollout should say how many [criteria.Rollout] Units there are; without them each request is
// taken to have a coin of its own, which is too good for keys that come back, and sessions are refused.
//
// The error joins a [*ConfigError] for all that is wrong with the configuration, or, if that is in order, a [*criteria.ConfigError] for all that is wrong with the
// rollout and for each criterion that cannot fire in it.
func NewPlan[In, Out any](cfg Config[In, Out], r criteria.Rollout) (*criteria.Plan, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	e := prepare(cfg)
	if _, err := e.judge(); err != nil {
		return nil, err
	}
	return e.plan(r)
}

// enoughCalls of stable make its failures worth planning with.
const enoughCalls = 100

// Plan is [NewPlan] for a canary that is there already. How often stable fails is taken from what it has done so far, if that is at least 100 calls and r does not
// say it. It may be called at any time, by many goroutines at once; it takes some milliseconds a criterion and slice and delays no request.
func (c *Canary[In, Out]) Plan(r criteria.Rollout) (*criteria.Plan, error) {
	e := c.current.Load()
	name := criteria.ErrorRate{}.Name()
	fails := slices.ContainsFunc(e.judged.Criteria, func(x criteria.Criterion) bool { return x.Name() == name })
	stable := c.Snapshot().Requests[Stable]
	if base := r.Base[name]; fails && base.Rate == 0 && stable.Calls >= enoughCalls {
		failed := 0.5 // none so far is not never
		for _, n := range stable.Failed {
			failed += float64(n)
		}
		base.Rate = failed / float64(stable.Calls+1)
		r.Base = maps.Clone(r.Base)
		if r.Base == nil {
			r.Base = map[string]criteria.Base{}
		}
		r.Base[name] = base
	}
	return e.plan(r)
}

func (e *epoch[In, Out]) plan(r criteria.Rollout) (*criteria.Plan, error) {
	r.Steps = slices.Clone(r.Steps)
	for i, s := range r.Steps {
		if s.Share <= 1 {
			r.Steps[i].Share = min(s.Share, 1-rollback.Holdback)
		}
	}
	if r.Sentinel == 0 {
		r.Sentinel = e.sentinel
	}
	return criteria.NewPlan(e.judged, r)
}
