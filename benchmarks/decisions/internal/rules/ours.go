package rules

import (
	"math"
	"time"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// roundsAlign is what the requests in a round are always a multiple of, unless a
// step ends: folding there lets rounds close where they would if each request
// were folded alone.
const roundsAlign = 64

// Ours is a [criteria.Judge] that peeks after every request.
//
// It folds less often than that, without missing a peek that could matter. One
// request multiplies the capital of a bet by at most 1/P(its arm): a bet pays on
// average at most 1 if both arms show the event alike, for that is within the
// tolerance, so no single payment exceeds 1 over its probability. Hence after a
// fold at ln E the evidence stays below the limit as long as
//
//	ln E + sum ln(1/P(arm)) < limit
//
// over the requests since, and within that the judge need not be asked. If every
// event is harm, requests that no bet against the candidate gains from - harmless
// ones of its own, harmful ones of stable's - add nothing to the sum. A judge of
// slices looks at some of them later than at others, so there each request is folded
// alone.
//
//   - Assumes: the router's coins; see package criteria.
//   - Guarantees: P(rollback ever | within tolerance) <= alpha.
//   - Cost: as a fold a request in what it decides; some tens of folds less in work.
//   - Source: package criteria; the bound on a payment is Markov's inequality.
type Ours struct {
	judge    *criteria.Judge
	evidence *criteria.Evidence
	harmOnly bool
	everyOne bool // fold each request alone

	observation criteria.Observation
	number      [1]float64
	label       [1]uint16
	cell        [1]uint8
	checks      bool // harm is the check that says no

	share float64
	gain  [2]float64 // the most that ln E can gain by a request of an arm
	held  int        // requests in the step so far
	bound float64    // on ln E, with what is not folded yet
	limit float64
}

// NewOurs watches with a judge of this configuration. Number signal 0 is the
// value, label signal 0 the label, slice dimension 0 the slice. With a check every
// call answers, and harm is that the check says no. harmOnly says that the criteria
// read nothing but harm, of which less is better. It panics if [criteria.NewJudge] rejects the
// configuration, which is part of the program here.
func NewOurs(c criteria.Config, harmOnly bool) *Ours {
	judge, err := criteria.NewJudge(c)
	if err != nil {
		panic(err)
	}
	o := &Ours{judge: judge, evidence: judge.NewEvidence(), harmOnly: harmOnly}
	o.checks, o.everyOne = len(c.Checks) > 0, len(c.Slices) > 0
	o.observation.Numbers, o.observation.Labels, o.observation.Slices = o.number[:], o.label[:], o.cell[:]
	return o
}

// Seed lets the judge learn thresholds and guesses from a request of stable.
func (o *Ours) Seed(r *worlds.Request) { o.judge.Seed(o.read(r)) }

// Observe implements [Rule].
func (o *Ours) Observe(r *worlds.Request) bool {
	if r.Share != o.share {
		o.begin(r)
	}
	o.evidence.Observe(criteria.Fresh, o.read(r))
	o.held++
	if !o.harmOnly || r.Harm == (r.Arm == criteria.Candidate) {
		o.bound += o.gain[r.Arm]
	}
	if o.bound < o.limit && o.held%roundsAlign != 0 && !o.everyOne {
		return false
	}
	return o.fold(r.Time())
}

// begin starts a step, after what belongs to the last one.
func (o *Ours) begin(r *worlds.Request) {
	o.fold(r.Time())
	o.share, o.held = r.Share, 0
	o.gain = [2]float64{criteria.Stable: -math.Log1p(-r.Share), criteria.Candidate: -math.Log(r.Share)}
	o.judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: r.Share})
}

func (o *Ours) fold(now time.Duration) bool {
	ruling := o.judge.Fold(o.evidence, now)
	o.evidence.Reset()
	o.bound, o.limit = ruling.LogE, ruling.Limit
	return ruling.RollBack
}

// read puts a request in the judge's words.
func (o *Ours) read(r *worlds.Request) *criteria.Observation {
	o.observation.Arm, o.observation.Outcome, o.observation.Checks = r.Arm, criteria.Fine, 1
	switch {
	case r.Harm && o.checks:
		o.observation.Checks = 0
	case r.Harm:
		o.observation.Outcome, o.observation.Class = criteria.Failed, r.Class
	}
	o.observation.Latency = time.Duration(r.Value * float64(time.Millisecond))
	o.number[0], o.label[0], o.cell[0] = r.Value, r.Label, r.Slice
	return &o.observation
}
