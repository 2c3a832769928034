package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
	"github.com/modelcanary/go-sdk/shadow"
)

// ours is a canary that gives its candidate no share, and a shadow at its defaults.
type ours struct {
	canary   *canary.Canary[input, float64]
	flags    interface{ Shutdown(context.Context) error }
	rate     float64
	requests atomic.Int64
}

func newOurs(stable, candidate *model, rate float64) (mode, error) {
	flags := local.New()
	api := isolated.NewAPI()
	err := errors.Join(flags.Set("rollout", 0), flags.Set("shadow", 100*rate), api.SetProviderAndWait(context.Background(), flags))
	if err != nil {
		return nil, err
	}
	o := &ours{rate: rate, flags: api}
	o.canary, err = canary.New(canary.Config[input, float64]{
		Name:      "shadow",
		Stable:    canary.Model[input, float64]{Version: "1", Predictor: stable},
		Candidate: canary.Model[input, float64]{Version: "2", Predictor: candidate},
		Flags:     canary.Flags{Client: api.NewClient(), Rollout: "rollout", Shadow: "shadow"},
		Criteria:  []criteria.Criterion{criteria.Disagreement{}, criteria.Difference{Signal: "value"}},
		Store:     rollback.NewMemory(),
		Logger:    slog.New(slog.DiscardHandler),
		Shadow:    shadow.Config[input, float64]{Tolerance: 1e-9},
	})
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(settleTimeout); o.canary.Snapshot().Shadow.Rate != rate; { // the flag is read beside
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("the shadow has a rate of %v, and not of %v", o.canary.Snapshot().Shadow.Rate, rate)
		}
		time.Sleep(time.Millisecond)
	}
	return o, nil
}

func (o *ours) Predict(ctx context.Context, in input) (float64, error) {
	o.requests.Add(1)
	return o.canary.Predict(ctx, in)
}

// settleTimeout is far more than a shadow of a model that answers may take.
const settleTimeout = 5 * time.Second

func (o *ours) Settle() tally {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	for ctx.Err() == nil {
		if s := o.canary.Snapshot().Shadow; s.Waiting+s.Running == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s := o.canary.Snapshot().Shadow
	if o.canary.Shutdown(ctx) != nil || o.flags.Shutdown(ctx) != nil {
		return tally{}
	}
	return tally{Asked: int64(o.rate * float64(o.requests.Load())), Drawn: s.Drawn, Done: s.Pairs, Lost: s.Dropped}
}
