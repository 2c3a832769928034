package rules

import (
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// Once is the book of [Ours] on failed calls placed once, at the start, and never
// anew: what the restarts with fresh capital are worth is the difference. Every look
// is that of a new judge at everything so far, as one round.
//
//   - Assumes: as [Ours]; a seed, for there is no later guess of stable's rate.
//   - Guarantees: as [Ours]. Half of the capital is never staked, the price of ln 2
//     that [Ours] pays at the start, too.
//   - Source: as [Ours].
type Once struct {
	config criteria.Config
	seed   []criteria.Observation
	all    *criteria.Evidence
	reads  *Ours
}

// NewOnce makes the rule; see [NewOurs]. The share must not change.
func NewOnce(c criteria.Config) *Once {
	reads := NewOurs(c, true)
	return &Once{config: c, all: reads.evidence, reads: reads}
}

// Seed remembers a request of stable for all judges to come.
func (o *Once) Seed(r *worlds.Request) { o.seed = append(o.seed, *o.reads.read(r)) }

// Observe implements [Rule]. Only a failed call of the candidate's can be the last.
func (o *Once) Observe(r *worlds.Request) bool {
	o.all.Observe(criteria.Fresh, o.reads.read(r))
	return r.Harm && r.Arm == criteria.Candidate && o.look(r)
}

func (o *Once) look(r *worlds.Request) bool {
	judge, err := criteria.NewJudge(o.config)
	if err != nil {
		panic(err) // NewOnce has made one
	}
	for i := range o.seed {
		judge.Seed(&o.seed[i])
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: r.Share})
	return judge.Fold(o.all, r.Time()).RollBack
}
