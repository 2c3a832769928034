package flags

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/open-feature/go-sdk/openfeature"
)

// Client is what a [Reader] needs of an OpenFeature client; *openfeature.Client and openfeature.IClient have it. A
// client that also has the method State() openfeature.State is asked for it: a value read while the provider is in
// another state than READY is not good.
type Client interface {
	FloatValueDetails(ctx context.Context, flag string, defaultValue float64, evalCtx openfeature.EvaluationContext,
		options ...openfeature.Option) (openfeature.FloatEvaluationDetails, error)
	IntValueDetails(ctx context.Context, flag string, defaultValue int64, evalCtx openfeature.EvaluationContext,
		options ...openfeature.Option) (openfeature.IntEvaluationDetails, error)
	AddHandler(eventType openfeature.EventType, callback openfeature.EventCallback)
	RemoveHandler(eventType openfeature.EventType, callback openfeature.EventCallback)
}

// Config says what to read and how patiently. Client and Flag are required.
type Config struct {
	// Client evaluates the flag. The reader calls it from goroutines of its own only, and never has two evaluations
	// under way.
	Client Client

	// Flag is the key of the flag: a number in percent, 0 to 100. Not empty, valid UTF-8.
	Flag string

	// Poll is the time from the start of one evaluation to the next without any event: 1 s to 5 s; 0 means 2 s.
	Poll time.Duration

	// Hold is how long the last good value is applied after it was last confirmed: at least Poll + Budget, so that a
	// slow but healthy provider does not make the share flicker, at most 10 min; 0 means 30 s.
	Hold time.Duration

	// Budget is how long one evaluation may take before it counts as hung: 10 ms to 30 s; 0 means 5 s.
	Budget time.Duration

	// Changed is called after a reading was stored that differs from the one before in share, kind, reason or variant; a
	// mere confirmation is silent. It runs on the reader's goroutine: while it does not return, the hold time is not
	// watched. It must be quick and must not wait for Close. A panic is recovered and counted as [Callback]. Optional.
	Changed func()

	// Warn is called on the reader's goroutine, after Changed, with an [*Error] when trouble begins or changes its
	// kind, and with [OK] once for each value strictly between 0 and 1: it is read as percent, where a fraction may
	// have been meant. The same rules as for Changed hold. Optional.
	Warn func(kind Kind, err error)
}

// Validate returns nil or all problems of the configuration, joined.
func (c Config) Validate() error {
	c = c.withDefaults()
	return errors.Join(
		problem(c.Client == nil, "Client is nil, needs an OpenFeature client"),
		problem(c.Flag == "", "Flag is empty, needs the key of a number flag"),
		problem(!utf8.ValidString(c.Flag), "Flag %q is not valid UTF-8", c.Flag),
		problem(c.Poll < time.Second || c.Poll > 5*time.Second, "Poll %v outside [1s, 5s]", c.Poll),
		problem(c.Budget < 10*time.Millisecond || c.Budget > 30*time.Second, "Budget %v outside [10ms, 30s]", c.Budget),
		problem(c.Hold < c.Poll+c.Budget || c.Hold > 10*time.Minute,
			"Hold %v outside [Poll + Budget, 10m], with Poll %v and Budget %v", c.Hold, c.Poll, c.Budget),
	)
}

func (c Config) withDefaults() Config {
	c.Poll = orDefault(c.Poll, 2*time.Second)
	c.Hold = orDefault(c.Hold, 30*time.Second)
	c.Budget = orDefault(c.Budget, 5*time.Second)
	return c
}

func orDefault(d, byDefault time.Duration) time.Duration {
	if d == 0 {
		return byDefault
	}
	return d
}

func problem(found bool, format string, args ...any) error {
	if !found {
		return nil
	}
	return fmt.Errorf("flags: "+format, args...)
}
