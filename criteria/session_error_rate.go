package criteria

import (
	"fmt"
	"time"
)

const (
	// DefaultWindowCalls is what [SessionErrorRate] Calls of 0 stands for.
	DefaultWindowCalls = 10
	// DefaultWindow is what [SessionErrorRate] Within of 0 stands for.
	DefaultWindow = time.Minute
)

// SessionErrorRate demands that sessions go wrong no more often on the candidate
// than on stable, within the tolerance. A session is the window of a unit: its first
// Calls calls of a step, as far as they begin Within of the first. It goes wrong when
// any of them fails, as in [ErrorRate]. The zero value is a guardrail at 10 % on
// windows of 10 calls and one minute.
//
// The other criteria read a unit's coin at its first call only, and a defect that
// shows from the second call on - a cache, a context that grows, a session that is
// resumed - is invisible to them. A window is one observation however many calls it
// holds, and both outcomes count: counting a unit from its first failure on would
// convict a candidate that is better than stable.
//
// Windows are judged in a group of their own, on [Evidence.ObserveWindow] and with
// [Judge.BeginWindows]; a configuration has at most one such criterion. Windows are
// in no slice.
//
//   - Assumes: as [ErrorRate], of windows; how many calls a unit makes may depend on
//     how it is served.
//   - Guarantees: P(Fail ever reported | P(any failure in a window | candidate) <= (1 +
//     Tolerance) P(any failure in a window | stable) for every unit) <= its part of alpha.
//   - Cost: one increment a window, 9 bets a fold, no allocation.
//   - Source: as [ErrorRate].
type SessionErrorRate struct {
	// Calls is how many calls of a unit are looked at, at least 1. Zero means
	// [DefaultWindowCalls].
	Calls int
	// Within is how long after its first call a window ends at the latest. Zero
	// means [DefaultWindow].
	Within time.Duration
	// Tolerance is the relative excess allowed, in [0, 100]: 0.2 is a fifth more
	// windows with a failure than stable. Zero means [DefaultTolerance]; [Strict]
	// none.
	Tolerance float64
	// Margin is the further absolute excess that promotion has to rule out, in
	// (0, 1). Zero means [DefaultMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Window returns the length of a window in calls and in time, with the defaults put
// in for zeros.
func (c SessionErrorRate) Window() (calls int, within time.Duration) {
	calls, within = c.Calls, c.Within
	if calls == 0 {
		calls = DefaultWindowCalls
	}
	if within == 0 {
		within = DefaultWindow
	}
	return calls, within
}

// Name returns "session_error_rate".
func (c SessionErrorRate) Name() string { return "session_error_rate" }

// String says what is demanded.
func (c SessionErrorRate) String() string {
	calls, within := c.Window()
	return fmt.Sprintf("session_error_rate of the first %d calls within %v at most %s", calls, within, times(c.Tolerance))
}

func (c SessionErrorRate) plan(_ *Config, p *problems) plan {
	if c.Calls < 0 {
		p.add("calls %d is negative", c.Calls)
	}
	if c.Within < 0 {
		p.add("within %v is negative", c.Within)
	}
	x := excess{Tolerance: c.Tolerance, Margin: c.Margin, Role: c.Role, Weight: c.Weight}
	plan := x.plan(p, harmMeter{}, "failed within a session")
	plan.group = windowsGroup
	return plan
}
