// Package scenes plays the rules of evidence, each kept and broken: what may be
// counted, in which order, under which coin. The models are equal in each scene,
// or the candidate is the better one, so every rollback is wrong; and what differs
// between two trials is nothing but the rule.
package scenes

import (
	"math/rand/v2"
	"time"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// A Scene plays one trial, with the rule kept or not, and reports whether the
// candidate was rolled back.
type Scene func(rng *rand.Rand, kept bool) bool

// share is that of the candidate in all scenes.
const share = 0.5

var shares = [criteria.NumStrata]float64{criteria.Fresh: share}

// A court is a judge of failed calls that looks after everything it is shown.
type court struct {
	judge       *criteria.Judge
	evidence    *criteria.Evidence
	observation criteria.Observation
}

func newCourt() *court {
	judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}}})
	if err != nil {
		panic(err) // the configuration is part of the program
	}
	judge.BeginStep(shares)
	return &court{judge: judge, evidence: judge.NewEvidence(), observation: criteria.Observation{Latency: -1}}
}

// hear counts a call.
func (c *court) hear(arm criteria.Arm, failed bool) {
	c.observation.Arm, c.observation.Outcome = arm, criteria.Fine
	if failed {
		c.observation.Outcome = criteria.Failed
	}
	c.evidence.Observe(criteria.Fresh, &c.observation)
}

// rolls back, on what was heard so far.
func (c *court) rolls(now time.Duration) bool {
	defer c.evidence.Reset()
	return c.judge.Fold(c.evidence, now).RollBack
}

// at is when the i-th request comes.
func at(i int) time.Duration { return time.Duration(i) * (time.Second / worlds.PerSecond) }

// toss is the router's coin.
func toss(rng *rand.Rand) criteria.Arm {
	if rng.Float64() < share {
		return criteria.Candidate
	}
	return criteria.Stable
}
