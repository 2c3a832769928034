package canary

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// Canary serves requests with two models and takes the worse one away. It is a [Predictor]; all its methods are safe for concurrent use. Make it with [New], end
// it with [Canary.Shutdown].
type Canary[In, Out any] struct {
	current     atomic.Pointer[epoch[In, Out]]
	cfg         Config[In, Out]
	settings    settings
	turn        chan struct{} // has a token while an epoch is begun
	storing     chan struct{} // has a token while the store works for that
	ending      chan struct{} // closed when the canary is shut down
	herald      *keeper.Herald
	books       books[In, Out]
	instruments *telemetry.Instruments
	tokens      tokens
	reception   *reception

	mu       sync.Mutex
	isClosed bool
}

// New makes a canary and starts its goroutines. It returns every problem of the configuration at once, joined [*ConfigError]s. What the world does - a state
// file that cannot be read, a flag provider that is not ready - is not an error: the canary serves stable, says why in an event, and tries again. New waits for
// the first state and the first flag, at most a second.
func New[In, Out any](cfg Config[In, Out]) (*Canary[In, Out], error) {
	return start(cfg, settings{})
}

func start[In, Out any](cfg Config[In, Out], set settings) (*Canary[In, Out], error) {
	invalid := cfg.validate()
	_, err := prepare(cfg).judge()
	if err := errors.Join(invalid, err); err != nil {
		return nil, err
	}
	c := &Canary[In, Out]{
		cfg: cfg.own(), settings: set, turn: make(chan struct{}, 1), storing: make(chan struct{}, 1), ending: make(chan struct{}),
		herald: keeper.NewHerald(hook(cfg.OnEvent, cfg.Name), logger(cfg)),
	}
	if cfg.Store == nil {
		c.cfg.Store = rollback.NewMemory()
		c.herald.Tell(keeper.Event{Kind: keeper.MemoryOnly, Message: "no store: a restart forgets a rollback"})
	}
	c.reception = newReception(criteria.FeedbackWindows(cfg.Criteria))
	if c.tokens, err = newTokens(&cfg); err != nil {
		return nil, errors.Join(err, c.herald.Close(context.Background()))
	}
	if c.tokens.codec.Local() && len(c.reception.signals) > 0 {
		c.herald.Tell(keeper.Event{Kind: keeper.TokensLocal, Message: "no token keys: feedback is taken by this process only, and not after a restart; set Config.Tokens"})
	}
	c.settings.herald = c.herald
	e, err := startEpoch(c.cfg, c.settings)
	if err != nil {
		return nil, errors.Join(err, c.herald.Close(context.Background()))
	}
	c.books.open(e)
	c.current.Store(e)
	c.startTelemetry()
	return c, nil
}

// own is a copy that whoever made the configuration cannot change: it is read again when an epoch begins.
func (cfg Config[In, Out]) own() Config[In, Out] {
	cfg.Criteria, cfg.Ramp.Steps, cfg.Candidate.Warm = slices.Clone(cfg.Criteria), slices.Clone(cfg.Ramp.Steps), slices.Clone(cfg.Candidate.Warm)
	cfg.Tokens.Keys = nil // they were read
	s := &cfg.Signals
	s.Numbers, s.Labels, s.Checks, s.Slices = maps.Clone(s.Numbers), maps.Clone(s.Labels), maps.Clone(s.Checks), maps.Clone(s.Slices)
	return cfg
}

// ErrNoCandidate means that there is none yet, see [Config.Candidate].
var ErrNoCandidate = errors.New("canary: there is no candidate; begin an epoch with one")

// Rollback takes the candidate out for good: every request that starts after it returns - also with an error - is stable's, now and after restarts, until another
// version is deployed or somebody calls [Canary.Begin]. Of a candidate that was promoted it takes the service, and the model of before has it back. who and why are kept
// with the state. The result says whether the rollback is stored durably, and if not why, or that ctx ended first; storing is tried again in the background.
func (c *Canary[In, Out]) Rollback(ctx context.Context, who, why string) rollback.Trip {
	e := c.current.Load()
	if e.versions[Candidate] == "" {
		return rollback.Trip{Err: ErrNoCandidate}
	}
	return e.keeper.Rollback(ctx, who, why)
}

// Shutdown ends the canary. Afterwards Predict serves the stable model, without recording anything. Shutdown waits for calls under way, folds them, saves the state and
// the evidence, and delivers waiting events, at most until ctx is done; then it returns what still hangs, by number. Once it returns nil no goroutine of the canary is left.
// It may be called again, to wait again, and concurrently. Called from OnEvent it waits for itself: there, give it a context that ends, or a goroutine.
func (c *Canary[In, Out]) Shutdown(ctx context.Context) error {
	e := c.last()
	err := e.shutdown(ctx, true)
	err = errors.Join(err, c.unstored(ctx), c.books.wait(ctx), e.loader.close(ctx), e.inherited.close(ctx))
	c.stopTelemetry()
	return err
}
