package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// shutdownTime bounds the end of a process; it takes milliseconds.
const shutdownTime = 5 * time.Second

// process is one life of the serving process: a canary, and the state file
// through which it knows what happened in earlier lives.
type process struct {
	canary   *canary.Canary[digits.Image, digits.Digit]
	store    *rollback.File
	timeline *screen.Timeline

	tripping sync.Once
	tripped  chan struct{} // closed when the canary has said that it rolled back
}

// startProcess opens the state file and puts the candidate beside stable.
func startProcess(stable predictor, c contest, flags *digits.Flags, state string, t *screen.Timeline) (*process, error) {
	store, err := rollback.OpenFile(state)
	if err != nil {
		return nil, fmt.Errorf("quickstart: %w", err)
	}
	p := &process{store: store, timeline: t, tripped: make(chan struct{})}
	p.canary, err = newCanary(stable, c, flags.Client(), store, p.tell)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("quickstart: %w", err), store.Close())
	}
	return p, nil
}

// tell passes on what the canary has to say.
func (p *process) tell(e canary.Event) {
	switch e.Kind {
	case canary.StateMissing, canary.StateResumed, canary.Barred: // shows in the status
	case canary.EvidenceResumed, canary.ShareChanged:
		p.timeline.Say("canary", "%s", e.Message)
	case canary.RolledBack:
		stored := "and has stored that"
		if e.NotDurable != nil {
			stored = fmt.Sprintf("but could not store that yet (%v)", e.NotDurable)
		}
		p.timeline.Say("canary", "rolls back, %s: %s", stored, e.Message)
		p.tripping.Do(func() { close(p.tripped) })
	default:
		p.timeline.Say("canary", "%s: %s", e.Kind, e.Message)
	}
}

// ask is one request.
func (p *process) ask(ctx context.Context, in digits.Image) answer {
	digit, decision, err := p.canary.Decide(ctx, in)
	return answer{Digit: digit, Err: err, Candidate: decision.Arm == canary.Candidate, Fallback: decision.Fallback}
}

// status is the canary's account of itself.
func (p *process) status() status {
	s := p.canary.Snapshot()
	st := status{
		Epoch:      s.State.Epoch,
		Highest:    s.State.HighestShare,
		RolledBack: s.State.Epoch > 0 && s.State.Tripped(), // epoch 0: nothing is known
		Cause:      s.State.Cause.Reason,
		LogE:       s.LogE,
		Limit:      s.Limit,
		Blind:      s.Blind,
	}
	if v := culprit(s.Verdicts); v != nil {
		st.Culprit, st.Verdict = v.Name, v.String()
	}
	return st
}

// culprit is the failed verdict that weighs most, nil if there is none.
func culprit(verdicts []criteria.Verdict) *criteria.Verdict {
	var worst *criteria.Verdict
	weighed := func(v *criteria.Verdict) float64 { return v.LogE + math.Log(v.Weight) }
	for i := range verdicts {
		v := &verdicts[i]
		if v.Result == criteria.Fail && (worst == nil || weighed(v) > weighed(worst)) {
			worst = v
		}
	}
	return worst
}

// stop ends the process as a deployment would: in order, whatever became of
// the context it ran in.
func (p *process) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	err := p.canary.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("quickstart: shut down: %w", err)
	}
	return errors.Join(err, p.store.Close())
}
