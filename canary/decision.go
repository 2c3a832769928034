package canary

import (
	"context"
	"fmt"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
)

// Arm is the side of the comparison a request was assigned to.
type Arm = criteria.Arm

// The arms.
const (
	Stable    = criteria.Stable
	Candidate = criteria.Candidate
)

// Reason says why a request was assigned to its arm. The set is closed.
type Reason string

// The reasons. Every reason but [ReasonSplit], and [ReasonFlagError] while the last good share is held, gives the request to stable.
const (
	// ReasonSplit: by the bucket of the unit and the share.
	ReasonSplit Reason = "split"
	// ReasonSentinel: the unit is the candidate's, and [Config.Sentinel] gave this request to stable.
	ReasonSentinel Reason = "sentinel"
	// ReasonStarting: state or flag are not known yet.
	ReasonStarting Reason = "starting"
	// ReasonFlagError: the flag cannot be believed at the moment.
	ReasonFlagError Reason = "flag_error"
	// ReasonStateUnknown: the stored state cannot be read.
	ReasonStateUnknown Reason = "state_unknown"
	// ReasonRolledBack: the epoch was rolled back.
	ReasonRolledBack Reason = "rolled_back"
	// ReasonRoutingBroken: the split between the arms was not as declared.
	ReasonRoutingBroken Reason = "routing_broken"
	// ReasonEmptyKey: Config.Key returned an empty key.
	ReasonEmptyKey Reason = "empty_key"
	// ReasonKeyFailed: Config.Key panicked.
	ReasonKeyFailed Reason = "key_failed"
	// ReasonCarved: the request is in a slice that was given to stable, see [Config.SliceAction].
	ReasonCarved Reason = "carved"
	// ReasonPreflight: stable serves, as both arms, to see how it compares with itself; see [Config.Preflight].
	ReasonPreflight Reason = "preflight"
	// ReasonPreflightFailed: it did not compare well.
	ReasonPreflightFailed Reason = "preflight_failed"
	// ReasonLoading: the candidate is not loaded yet, see [Model.Load].
	ReasonLoading Reason = "loading"
	// ReasonPromoted: the candidate was promoted and is the stable model now, see [Canary.Promote].
	ReasonPromoted Reason = "promoted"
	// ReasonNoCandidate: there is none until somebody calls [Canary.Begin].
	ReasonNoCandidate Reason = "no_candidate"
	// ReasonClosed: the canary was shut down.
	ReasonClosed Reason = "closed"
)

// Decision is what became of one request. Its fields are plain data; beside them it knows how to name itself, see [Decision.Token], so two decisions are never equal.
type Decision struct {
	// Canary is the canary's name.
	Canary string
	// Arm is the arm the request was assigned to.
	Arm Arm
	// Version is the version of the model that answered.
	Version string
	// Epoch is the epoch it was assigned in; 0 while it is not known.
	Epoch uint64
	// Share was the candidate's share, in [0, 1].
	Share float64
	// Reason is why the arm was chosen.
	Reason Reason
	// Fallback says that the candidate failed and stable answered in its place.
	Fallback bool

	desk   desk // nil: the decision was made by nobody
	ticket ticket
}

// String describes the decision in one line.
func (d Decision) String() string {
	fallback := ""
	if d.Fallback {
		fallback = ", stable answered after the candidate had failed"
	}
	return fmt.Sprintf("%s: %s %s (%s, share %.4g %%, epoch %d%s)", d.Canary, d.Arm, d.Version, d.Reason, 100*d.Share, d.Epoch, fallback)
}

// Decide is [Canary.Predict] and says what was decided.
func (c *Canary[In, Out]) Decide(ctx context.Context, in In) (Out, Decision, error) {
	e := c.current.Load()
	var v visit
	out, err := e.serve(ctx, &in, &v)
	d := Decision{Canary: e.name, Version: e.versions[Stable], Epoch: v.plan.Epoch, Share: v.plan.Share, Reason: reasonOf(keeper.Reason(v.mark.Reason())), Fallback: v.fallback}
	if v.plan.Closed {
		d.Reason = ReasonClosed
	}
	if v.plan.Promoted {
		d.Version = e.versions[Candidate]
	}
	if v.candidate() {
		d.Arm = Candidate
		if !v.fallback {
			d.Version = e.versions[Candidate]
		}
	}
	d.desk, d.ticket = c, c.ticketOf(e, &v)
	return out, d, err
}

func reasonOf(r keeper.Reason) Reason { return Reason(r.String()) }
