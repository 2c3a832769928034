package canary

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
)

// Report is one thing that came back about a decision: a conversion, a correction, a failure of whoever used the answer.
type Report struct {
	// Token is that of the decision, see [Decision.Token]. Empty: the one in the context, see [ContextWithToken].
	Token string
	// Signal is what is reported, the Signal of a [criteria.Feedback].
	Signal string
	// Value is how much of it, from 0 to the Max of the criterion: 1 for yes and 0 for no. That something did not happen need not be reported.
	Value float64
	// Client says that it comes from a browser, an app, a user: from somebody who may lie. Such feedback can hold the rollout; it rolls back or promotes only where
	// [criteria.Feedback] Clients says so.
	Client bool
}

// Feedback takes what came back about a decision, seconds to days after it, on any goroutine: signal is that of a [criteria.Feedback], value how much, 1 for yes. It is
// what a server that is trusted reports; for what clients report there are [FeedbackHandler] and [Canary.FeedbackBatch].
//
// Of a decision, signal and source one report is taken, so it may be repeated when it is not known whether it has arrived. What is judged is the unit: all reports on a
// unit's decisions in one step add up until its window ends, see [criteria.Feedback]; a unit of which nothing comes counts with 0. What is taken survives a restart
// with the evidence, see Config.Store; a process that is killed loses what came after the last save.
//
// The error is a [*FeedbackError] that says why the report was refused, and nothing has changed then; what is refused is counted by reason. A report may be taken and be no
// evidence: of a unit whose coin did not count, or of a decision made outside of the split. Feedback never waits for I/O or the application's code; it costs some
// microseconds (BenchmarkFeedback).
func (c *Canary[In, Out]) Feedback(ctx context.Context, token, signal string, value float64) error {
	return c.report(ctx, &Report{Token: token, Signal: signal, Value: value})
}

// FeedbackBatch is [Canary.Feedback] for many reports, for a job that joins decisions with what a warehouse knows. It returns nil if all were taken; otherwise the errors
// of the reports in their places, nil for those that were taken. Once ctx is done the rest is not taken, with the error of ctx.
func (c *Canary[In, Out]) FeedbackBatch(ctx context.Context, reports []Report) []error {
	var failed []error
	for i := range reports {
		err := c.report(ctx, &reports[i])
		if err != nil && failed == nil {
			failed = make([]error, len(reports))
		}
		if err != nil {
			failed[i] = err
		}
	}
	return failed
}

// Refusal is why feedback was refused. The set is closed.
type Refusal string

// The refusals.
const (
	// RefusedMalformed: the token is none.
	RefusedMalformed Refusal = "malformed"
	// RefusedVersion: the token is of a later release.
	RefusedVersion Refusal = "version"
	// RefusedUnknownKey: the token was made with a key that is not, or no longer, among [Tokens] Keys; or without one, in another process.
	RefusedUnknownKey Refusal = "unknown_key"
	// RefusedForged: the token was changed, or made by somebody else.
	RefusedForged Refusal = "forged"
	// RefusedExpired: the token is older than [Tokens] Valid.
	RefusedExpired Refusal = "expired"
	// RefusedFuture: the token, or the decision, is from the future by more than a minute.
	RefusedFuture Refusal = "future"
	// RefusedOtherCanary: the decision is of another canary.
	RefusedOtherCanary Refusal = "other_canary"
	// RefusedOtherEpoch: the decision was made in another epoch, whose verdict this feedback must not touch.
	RefusedOtherEpoch Refusal = "other_epoch"
	// RefusedUnknownSignal: no criterion asks for the signal.
	RefusedUnknownSignal Refusal = "unknown_signal"
	// RefusedValue: the value is not a number from 0 to the Max of the criterion.
	RefusedValue Refusal = "value"
	// RefusedDuplicate: the signal was reported for this decision already; the first report counts.
	RefusedDuplicate Refusal = "duplicate"
	// RefusedLate: the window of the signal has ended.
	RefusedLate Refusal = "late"
	// RefusedCapped: there is as much feedback of this unit as may be in an epoch, see [FeedbackLimits].
	RefusedCapped Refusal = "capped"
	// RefusedFull: more has come back than can be remembered, so that it might be counted twice.
	RefusedFull Refusal = "full"
	// RefusedClosed: the canary was shut down.
	RefusedClosed Refusal = "closed"
)

// FeedbackError says why a report was refused.
type FeedbackError struct {
	// Reason is why, in a word; Signal is that of the report.
	Reason Refusal
	Signal string
	// Err is what was found wrong with the token; nil where it is not that.
	Err error
	// Problem says what was seen and what is allowed.
	Problem string
}

// Error returns the problem with the package's name.
func (e *FeedbackError) Error() string {
	return fmt.Sprintf("canary: feedback %.64q refused (%s): %s", e.Signal, e.Reason, e.Problem)
}

// Unwrap returns what was found wrong with the token.
func (e *FeedbackError) Unwrap() error { return e.Err }

// FeedbackLimits bound what feedback may cost and what one unit may say. The zero value has the defaults.
type FeedbackLimits struct {
	// MaxOpen is how many units may be waited for at once, for each length of [criteria.Feedback] Within that is declared; 0 means 262,144, at most 2^24. Each takes
	// some 30 bytes, so by default it is about 8 MB a length. With more units than that, a part is drawn at random, evenly over time and whatever their arm is, and only
	// those count.
	MaxOpen int
	// MaxPerUnit is how many reports on one unit are taken in an epoch, signals together, 1 to 255; 0 means 100. What counts of them is one value a step, signal and window.
	MaxPerUnit int
	// MaxReports is how many reports can be told apart within [Tokens] Valid, all signals and sources together; 0 means 600,000, at most 500,000,000. Each 600,000 of
	// them take 2 MiB, and of new reports at most one in a hundred is taken for a duplicate. Beyond that further ones are refused: rather too little is counted
	// than anything twice.
	MaxReports int
}

const (
	defaultMaxOpen    = 1 << 18
	maxMaxOpen        = 1 << 24
	defaultMaxPerUnit = 100
	maxMaxPerUnit     = 255
	defaultMaxReports = 600_000
	maxMaxReports     = 500_000_000
)

// report takes one report.
func (c *Canary[In, Out]) report(ctx context.Context, r *Report) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("canary: feedback: %w", context.Cause(ctx))
	}
	token := r.Token
	if token == "" {
		token = TokenFromContext(ctx)
	}
	now := c.now()
	of, refused := c.tokens.parse(token, now)
	if refused == nil {
		refused = c.take(&of, r, now)
	}
	if refused == nil {
		return nil
	}
	refused.Signal = r.Signal
	return c.reception.refuse(refused)
}

// now is the clock on the wall.
func (c *Canary[In, Out]) now() time.Time {
	if c.settings.now != nil {
		return c.settings.now()
	}
	return time.Now()
}

// take takes a report on a decision.
func (c *Canary[In, Out]) take(of *ticket, r *Report, now time.Time) *FeedbackError {
	k := c.current.Load().keeper
	if refused := c.check(of, r, k); refused != nil {
		return refused
	}
	switch k.Report(of.report(r, now)) {
	case keeper.Duplicate:
		return refuse(RefusedDuplicate, "it was reported for this decision already")
	case keeper.Late:
		return refuse(RefusedLate, "its window has ended")
	case keeper.Capped:
		return refuse(RefusedCapped, "there are %d reports of this unit in this epoch", c.cfg.Feedback.maxPerUnit())
	case keeper.Full:
		return refuse(RefusedFull, "more has come back than can be remembered")
	}
	c.reception.signals[r.Signal].count(of.arm, r.Client)
	return nil
}

// check refuses what cannot be taken whatever was heard before.
func (c *Canary[In, Out]) check(of *ticket, r *Report, k *keeper.Keeper) *FeedbackError {
	signal := c.reception.signals[r.Signal]
	plan := k.Plan()
	switch {
	case of.canary != c.tokens.canary:
		return refuse(RefusedOtherCanary, "the decision is of another canary")
	case plan.Closed:
		return refuse(RefusedClosed, "the canary was shut down")
	case of.epoch != plan.Epoch:
		return refuse(RefusedOtherEpoch, "the decision was made in epoch %d, it is epoch %d now", of.epoch, plan.Epoch)
	case signal == nil:
		return refuse(RefusedUnknownSignal, "no criteria.Feedback asks for it")
	case !(r.Value >= 0 && r.Value <= signal.most):
		return refuse(RefusedValue, "%v is not from 0 to %v", r.Value, signal.most)
	}
	return nil
}

// report is a report on the decision, for the keeper.
func (t *ticket) report(r *Report, now time.Time) *keeper.Report {
	return &keeper.Report{
		Unit: t.unit, Cohort: t.cohort, ID: t.id, Arm: t.arm, Signal: r.Signal, Value: r.Value, Client: r.Client, Age: max(0, now.Sub(t.at)),
	}
}

func refuse(why Refusal, format string, args ...any) *FeedbackError {
	return &FeedbackError{Reason: why, Problem: fmt.Sprintf(format, args...)}
}

func (l *FeedbackLimits) maxOpen() int {
	if l.MaxOpen == 0 {
		return defaultMaxOpen
	}
	return l.MaxOpen
}

func (l *FeedbackLimits) maxPerUnit() int {
	if l.MaxPerUnit == 0 {
		return defaultMaxPerUnit
	}
	return l.MaxPerUnit
}

func (l *FeedbackLimits) maxReports() int {
	if l.MaxReports == 0 {
		return defaultMaxReports
	}
	return l.MaxReports
}

// refusals are all of them, in the order in which they are counted.
var refusals = [...]Refusal{
	RefusedMalformed, RefusedVersion, RefusedUnknownKey, RefusedForged, RefusedExpired, RefusedFuture, RefusedOtherCanary, RefusedOtherEpoch,
	RefusedUnknownSignal, RefusedValue, RefusedDuplicate, RefusedLate, RefusedCapped, RefusedFull, RefusedClosed,
}

// awaits reports whether a criterion waits for feedback.
func awaits(c criteria.Criterion) bool {
	_, is := c.(criteria.Feedback)
	return is
}

// feedbackOf is what the keeper waits for.
func (cfg *Config[In, Out]) feedbackOf(judged []criteria.Criterion) (f keeper.Feedback) {
	f.Windows = criteria.FeedbackWindows(judged)
	f.Trusting = make([]bool, len(f.Windows))
	f.MaxOpen, f.MaxPerUnit = cfg.Feedback.maxOpen(), cfg.Feedback.maxPerUnit()
	f.MaxReports = cfg.Feedback.maxReports()
	f.Remember = cfg.Tokens.valid(f.Windows)
	for i, w := range f.Windows {
		f.Trusting[i] = slices.ContainsFunc(judged, func(c criteria.Criterion) bool {
			x, is := c.(criteria.Feedback)
			return is && x.Clients && x.Window() == w.Within
		})
	}
	return f
}

// validateFeedback checks the bounds, the tokens and the names of signals.
func (cfg *Config[In, Out]) validateFeedback(p *problems) {
	if n := cfg.Feedback.MaxOpen; n < 0 || n > maxMaxOpen {
		p.add("Feedback.MaxOpen", "%d is neither 0 nor 1 to %d", n, maxMaxOpen)
	}
	if n := cfg.Feedback.MaxPerUnit; n < 0 || n > maxMaxPerUnit {
		p.add("Feedback.MaxPerUnit", "%d is neither 0 nor 1 to %d", n, maxMaxPerUnit)
	}
	if n := cfg.Feedback.MaxReports; n < 0 || n > maxMaxReports {
		p.add("Feedback.MaxReports", "%d is neither 0 nor 1 to %d", n, maxMaxReports)
	}
	for _, c := range cfg.Criteria {
		if f, is := c.(criteria.Feedback); is && !namePattern.MatchString(f.Signal) {
			p.add("Criteria", "feedback %q is not 1 to 64 of a-z, 0-9, '.', '_', '-'", f.Signal)
		}
	}
	windows := criteria.FeedbackWindows(cfg.Criteria)
	for _, w := range windows {
		if cfg.Tokens.Valid != 0 && cfg.Tokens.Valid < w.Within {
			p.add("Tokens.Valid", "%v is less than the %v that feedback is waited for", cfg.Tokens.Valid, w.Within)
			break
		}
	}
	if _, err := cfg.Tokens.codec(windows); err != nil {
		for _, err := range unjoin(err) {
			p.add("Tokens", "%v", err)
		}
	}
}
