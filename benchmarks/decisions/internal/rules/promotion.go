package rules

import (
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// looksForPromotion is the number of requests between two looks at the proof.
const looksForPromotion = 20

// Promotion is a [criteria.Judge] that is asked whether the candidate may go on:
// its Observe reports a promotion, not a rollback.
//
//   - Assumes: the router's coins; see [criteria.Judge.Promotion].
//   - Guarantees: P(promotion ever in a step | beyond the margin all through it) <= beta.
//   - Source: package criteria.
type Promotion struct {
	judge    *criteria.Judge
	evidence *criteria.Evidence
	ask      Question
	reads    *Ours
	share    float64
	calls    int // of the candidate in the step
}

// A Question is what a [Promotion] asks and when.
type Question struct {
	// Proof asks for the proof of the criterion alone, not for everything that a
	// promotion needs: rollbacks and holds do not count.
	Proof bool
	// Step is the request with which a step at the same share begins; only the proof
	// of that step is asked for. Zero means that there is but one step.
	Step int
	// Carry carries what was proven before over into that step.
	Carry bool
}

// NewPromotion asks about one criterion on failed calls. It panics if
// [criteria.NewJudge] rejects the configuration, which is part of the program here.
func NewPromotion(c criteria.Config, ask Question) *Promotion {
	reads := NewOurs(c, true)
	return &Promotion{judge: reads.judge, evidence: reads.evidence, ask: ask, reads: reads}
}

// Observe implements [Rule].
func (p *Promotion) Observe(r *worlds.Request) bool {
	if r.Share != p.share || r.I == p.ask.Step && !p.ask.Carry {
		p.share = r.Share
		p.judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: r.Share})
	}
	if r.I == p.ask.Step {
		p.calls = 0
	}
	p.calls += int(r.Arm)
	p.evidence.Observe(criteria.Fresh, p.reads.read(r))
	if (r.I+1)%looksForPromotion != 0 {
		return false
	}
	p.judge.Fold(p.evidence, r.Time())
	p.evidence.Reset()
	return r.I >= p.ask.Step && p.calls >= criteria.DefaultMinCalls && p.promotes()
}

func (p *Promotion) promotes() bool {
	promotion := p.judge.Promotion()
	return promotion.Ready || p.ask.Proof && promotion.Gates[0].Proven
}
