package canary

import (
	"context"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
)

// ErrRefused means that the state of the rollout does not allow what was asked for; nothing has changed and nothing will. The text of the error says why.
var ErrRefused = keeper.ErrRefused

// Approve agrees to the next step of the ramp, where [rollback.Ramp] Auto is not set. The step is taken as soon as its soak is over and the candidate is proven not to be
// worse; the approval waits for that, and survives restarts. who is kept in the audit trail.
//
// Like all that lets the candidate have more, it is written to the audit trail and the store before it takes effect. An error that does not wrap [ErrRefused] says that
// one of them failed or that ctx has ended; what was not stored yet takes effect when it is.
func (c *Canary[In, Out]) Approve(ctx context.Context, who string) error {
	return c.current.Load().keeper.Approve(ctx, who)
}

// Hold keeps the share from rising beyond what it is, whatever flag and ramp say, until somebody calls [Canary.Resume] or [Canary.Jump]. It takes effect at once; an error that
// does not wrap [ErrRefused] says that it is not stored durably yet.
func (c *Canary[In, Out]) Hold(ctx context.Context, who, why string) error {
	return c.current.Load().keeper.Hold(ctx, who, why)
}

// Resume lifts the hold of a person or a criterion. A criterion whose breach was answered with a hold once does not hold again in this epoch. Errors are those of
// [Canary.Approve].
func (c *Canary[In, Out]) Resume(ctx context.Context, who string) error {
	return c.current.Load().keeper.Resume(ctx, who)
}

// Jump moves the ramp to the step with a share, one of [rollback.Ramp] Steps, without soak and proof. Up, it lifts a hold, and errors are those of [Canary.Approve]. Down, it takes
// effect at once and holds the ramp there until somebody calls [Canary.Resume]; errors are those of [Canary.Hold].
func (c *Canary[In, Out]) Jump(ctx context.Context, who, why string, share float64) error {
	return c.current.Load().keeper.Jump(ctx, who, why, share)
}

// Promote makes the candidate the stable model: from the next request on it serves everybody, on the callers' goroutines and untouched, and the model of before stays
// loaded as the way back that [Canary.Rollback] takes at once. It is refused until the candidate has had its full share for [rollback.Ramp] Bake and is proven not to be worse at
// that share. A promotion survives restarts with the same configuration. It ends the comparison: nothing is judged any more, and only a person rolls back.
// Errors are those of [Canary.Approve].
func (c *Canary[In, Out]) Promote(ctx context.Context, who string) error {
	return c.current.Load().keeper.Promote(ctx, who)
}
