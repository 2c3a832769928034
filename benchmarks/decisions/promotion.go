package main

import (
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/rules"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// promotionMargin is what promotion rules out: five failures more in a thousand calls.
const promotionMargin = 0.005

// promotionSpan is how long is asked.
const promotionSpan = 200_000

// atTheMargin are the promotions of a candidate that is worse by just the margin.
func atTheMargin(s scale) section {
	bad := constant(0.01, 0.01+promotionMargin)
	sec := section{
		title:       "Worse by the margin, 1% and 1.5%: promoted in %",
		number:      barPromotion,
		contestants: []contestant{promotes(ours, rules.Question{Proof: true})},
	}
	for _, share := range []float64{0.05, 0.2, 0.5} {
		sec.rows = append(sec.rows, s.proof("from the start", share, bad, promotionSpan))
	}
	return sec
}

// proof plays a candidate that must not be promoted.
func (s scale) proof(name string, share float64, w worlds.World, requests int) row {
	return row{
		name: name, share: share, world: w, equal: true, trials: s.proofs, requests: requests,
		bars: []bar{keepsRate(ours, criteria.DefaultBeta, s.proofs)},
	}
}

// promotions are how long an equal candidate takes to be promoted.
func promotions(s scale) section {
	sec := section{
		title:  "Equal, 1%: candidate calls until promotion",
		number: barPromotion, contestants: []contestant{promotes(ours, rules.Question{})},
	}
	for _, share := range []float64{0.05, 0.2, 0.5} {
		r := row{name: "from the start", share: share, world: constant(0.01, 0.01), trials: s.proofs, requests: promotionSpan}
		if share == 0.2 {
			r.bars = []bar{found(0.95), median(4500)}
		}
		sec.rows = append(sec.rows, r)
	}
	return sec
}
