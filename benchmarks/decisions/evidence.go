package main

import (
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/rules"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/scenes"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// rulesOfEvidence are the wrong verdicts with each rule and without it: rollbacks of
// candidates that are equal or better, and a promotion of one that has become worse.
func rulesOfEvidence(s scale) section {
	sec := section{title: "Rules of evidence: wrong verdicts in %", contestants: ruleOfEvidence()}
	add := func(name string, number int, scene scenes.Scene, most float64) {
		r := row{name: name, share: 0.5, scene: scene, equal: true, trials: s.scenes}
		r.bars = []bar{keepsRate(withRule, most, s.scenes), breaksRate(withoutRule, 0.1, s.scenes)}
		for i := range r.bars {
			r.bars[i].number = number
		}
		sec.rows = append(sec.rows, r)
	}
	users := func(n int, risk func(float64, criteria.Arm, int) float64) scenes.Users {
		return scenes.Users{Number: n, Requests: n, Risk: risk}
	}
	add("a coin is read once: sticky users", barCoins, users(20_000, nil).Fresh, alpha)
	add("in the order of assignment: slow candidate", barCoins, scenes.SlowCandidate, alpha)
	add("a broken split is no evidence: 40% for 50%", barRouting, scenes.WrongShare, 0.05)
	add("by assignment, not by outcome: half the errors", barRules, users(20_000, halfTheRisk).ByAssignment, alpha)
	add("by assignment, not by outcome: incident on stable", barRules, users(20_000, incidentOnStable).ByAssignment, alpha)
	add("what has no coin is no evidence: carved slice", barRules, scenes.Carved, alpha)
	add("a prefix of the fleet: slow candidate", barRules, scenes.SlowFleet, alpha)
	add("a coin is read once in the fleet: sticky users", barRules, scenes.StickyFleet, alpha)
	add("a step is proven anew: worse from its start", barRules, provenAnew, criteria.DefaultBeta)
	return sec
}

func halfTheRisk(risk float64, arm criteria.Arm, _ int) float64 {
	if arm == criteria.Candidate {
		return risk / 2
	}
	return risk
}

func incidentOnStable(risk float64, arm criteria.Arm, i int) float64 {
	if arm == criteria.Stable && i >= 500 && i < 2500 {
		return 0.5
	}
	return risk
}

// provenAnew plays a candidate that is equal for a step, and worse by the margin from
// the next one on. Broken, what was proven in the first counts in the second.
func provenAnew(rng *rand.Rand, kept bool) bool {
	const (
		step  = 50_000
		share = 0.5
	)
	p := promotes(ours, rules.Question{Proof: true, Step: step, Carry: !kept}).make(nil)
	w := worlds.Rates{Stable: worlds.Constant(0.01), Candidate: worlds.Late(0.01, 0.01+promotionMargin, step)}
	for i := range 2 * step {
		r := worlds.Request{I: i, Share: share}
		if rng.Float64() < share {
			r.Arm = criteria.Candidate
		}
		if w.Draw(rng, &r); p.Observe(&r) {
			return true
		}
	}
	return false
}
