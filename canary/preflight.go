package canary

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
	"github.com/modelcanary/go-sdk/shadow"
)

// Preflight is how stable compared with itself before the candidate was exposed, see [Config.Preflight]. It is plain data.
type Preflight struct {
	// Wanted is how many requests it takes; Requests how many have been served as one arm or the other.
	Wanted   int
	Requests int64
	// Stage is how far it is.
	Stage PreflightStage
	// Problem is what went wrong; empty unless Stage is PreflightStopped.
	Problem string
	// Verdicts are the criteria with stable in both arms: their evidence is the noise of the comparison itself. Where no [criteria.Latency] was declared one that
	// only observes is added.
	Verdicts []criteria.Verdict
	// Overhead compares the latency of stable's own calls with that of the same model called as a candidate is, by quantile, in seconds; nil without calls.
	Overhead []criteria.Quantile
}

// PreflightStage is how far a preflight is.
type PreflightStage string

// The stages.
const (
	// PreflightWaiting: the flag has not asked for a share yet.
	PreflightWaiting PreflightStage = "waiting"
	// PreflightRunning: requests are being compared.
	PreflightRunning PreflightStage = "running"
	// PreflightDone: it has passed.
	PreflightDone PreflightStage = "passed"
	// PreflightStopped: it has failed.
	PreflightStopped PreflightStage = "failed"
	// PreflightSkipped: the candidate had been exposed before this process started.
	PreflightSkipped PreflightStage = "skipped"
)

// String is one line, and a line for each verdict.
func (p Preflight) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "preflight %s: %d of %d requests", p.Stage, p.Requests, p.Wanted)
	if p.Problem != "" {
		s.WriteString(": " + p.Problem)
	}
	for _, q := range p.Overhead {
		fmt.Fprintf(&s, "\n  p%g: %v as stable, %v as candidate", 100*q.Level, seconds(q.Stable), seconds(q.Candidate))
	}
	for _, v := range p.Verdicts {
		s.WriteString("\n  " + v.String())
	}
	return s.String()
}

func seconds(x float64) time.Duration { return time.Duration(x * float64(time.Second)).Round(10) }

// preflight is a canary with stable in both arms, which serves before the one it belongs to.
type preflight[In, Out any] struct {
	canary *Canary[In, Out]
	wanted int
	ctx    context.Context //nolint:containedctx // of the goroutine that ends it
	cancel context.CancelFunc
	ended  chan struct{} // closed when that goroutine has ended
	ending sync.Once

	mu      sync.Mutex
	stage   PreflightStage
	problem string
}

// preflightShare is the part that goes the candidate's way: what tells most in the fewest requests.
const preflightShare = 0.5

// newPreflight starts the canary of a preflight; records are what it records its requests in as stable's.
func newPreflight[In, Out any](cfg Config[In, Out], set settings, records *telemetry.Recorder) (*preflight[In, Out], error) {
	wanted := cfg.Preflight
	cfg.Candidate = Model[In, Out]{Version: cfg.Stable.Version + " again", Predictor: cfg.Stable.Predictor}
	cfg.Criteria = withLatency(slices.DeleteFunc(slices.Clone(cfg.Criteria), func(c criteria.Criterion) bool { return judgesPairs(c) || awaits(c) }))
	cfg.Shadow, cfg.Flags.Shadow = shadow.Config[In, Out]{}, ""
	cfg.Name += ".preflight" // other buckets than those of the trial
	cfg.Store, cfg.Audit = rollback.NewMemory(), nil
	cfg.Preflight, cfg.Sentinel, cfg.Reassign, cfg.SliceAction, cfg.Ramp = 0, 0, 0, criteria.RollBackAll, rollback.Ramp{}
	e, err := startEpoch(cfg, settings{manual: set.manual, slots: set.slots, rehearsal: records})
	if err != nil {
		return nil, err
	}
	c := new(Canary[In, Out])
	c.current.Store(e)
	ctx, cancel := context.WithCancel(context.Background()) //nolint:gosec // close cancels it
	return &preflight[In, Out]{canary: c, wanted: wanted, ctx: ctx, cancel: cancel, ended: make(chan struct{}), stage: PreflightWaiting}, nil
}

// withLatency is the criteria with one that measures latency.
func withLatency(declared []criteria.Criterion) []criteria.Criterion {
	for _, c := range declared {
		if _, ok := c.(criteria.Latency); ok {
			return declared
		}
	}
	return append(slices.Clip(declared), criteria.Latency{Role: criteria.Observe})
}

// look is asked by the keeper of the trial in each of its passes until the preflight is done. It never waits.
func (p *preflight[In, Out]) look(needed bool) (done bool, problem string) {
	if p.canary.current.Load().keeper.Manual() {
		p.canary.current.Load().keeper.Step(0)
	}
	served, trouble := p.canary.current.Load().keeper.Ended(), p.canary.current.Load().keeper.Trouble()
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !needed:
		p.stage = PreflightSkipped
	case trouble != "":
		p.stage, p.problem = PreflightStopped, trouble
	case served >= int64(p.wanted):
		p.stage = PreflightDone
	default:
		if served > 0 {
			p.stage = PreflightRunning
		}
		return false, ""
	}
	p.end()
	return true, p.problem
}

// end lets a goroutine wait for the calls under way and end the canary: until it has, who still finds it is served.
func (p *preflight[In, Out]) end() {
	p.ending.Do(func() {
		go func() {
			defer close(p.ended)
			_ = p.canary.current.Load().shutdown(p.ctx, true)
		}()
	})
}

// close waits until nothing of it is left, or ctx is done.
func (p *preflight[In, Out]) close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.cancel()
	p.end()
	<-p.ended
	if err := p.canary.current.Load().shutdown(ctx, true); err != nil {
		return fmt.Errorf("canary: preflight: %w", err)
	}
	return nil
}

// report is what people are shown; nil when there is no preflight.
func (p *preflight[In, Out]) report() *Preflight {
	if p == nil {
		return nil
	}
	k := p.canary.current.Load().keeper.Snapshot()
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &Preflight{Wanted: p.wanted, Requests: p.canary.current.Load().keeper.Ended(), Stage: p.stage, Problem: p.problem, Verdicts: k.Verdicts}
	for _, v := range k.Verdicts {
		if _, ok := v.Criterion.(criteria.Latency); ok {
			r.Overhead = v.Quantiles
		}
	}
	return r
}

// inRehearsal makes a keeper one of a preflight.
func inRehearsal(cfg keeper.Config, records *telemetry.Recorder) keeper.Config {
	if records != nil {
		cfg.Share, cfg.Rehearsal, cfg.Memory = preflightShare, records, nil
	}
	return cfg
}
