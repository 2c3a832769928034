package criteria

import (
	"fmt"
	"slices"
	"time"
)

const (
	// DefaultWithin is what a [Feedback] Within of 0 stands for.
	DefaultWithin = 24 * time.Hour
	// MaxFeedbackWindows is how many different lengths of [Feedback] Within a
	// configuration may have.
	MaxFeedbackWindows = 4
	// MaxFeedbackSignals is how many signals each of them may have.
	MaxFeedbackSignals = 8

	maxWithin90Days = 90 * 24 * time.Hour
)

// Feedback demands that what comes back after an answer is as good as with stable: a
// correction or an escalation no more often (Want Lower), a conversion or a finished
// task no less often (Higher), within the tolerance. Without a Want it is refused.
//
// It is judged by units. A unit has a window of Within from its first request of a
// step; what is reported on its requests meanwhile adds up, to at most Max. Then it is
// one observation, whether or not anything was reported: silence counts as 0. A value
// between 0 and Max counts as 1 with that probability, which leaves the mean as it is.
// All criteria of one Within are judged in a group of their own, on
// [Evidence.ObserveFeedback] and with [Judge.BeginFeedback], in the order in which the
// windows were opened.
//
// Feedback has a source. Servers are trusted, clients are not: what they report can
// hold the ramp, by a further criterion "client_feedback(signal)" of role [Hold] that
// begins to count when a client is heard, and neither rolls back nor promotes unless
// Clients says so.
//
// A client that is broken must not look like a worse model. So for each Within there
// are two criteria of role Hold, "feedback_balance(...)", that neither arm is heard of
// less than a tenth as often as the other; and while hardly anything - fewer than five
// units - is heard of one arm but much more often of the other, or more than 1 % of
// what servers report on either arm comes too late ([Evidence.ObserveArrivals]), no
// criterion of that Within rolls back, it holds, and none is proven. Nor is one proven
// as long as nobody whom it trusts was heard of both arms.
//
//   - Assumes: as [ErrorRate], of units; how many requests a unit makes may depend on
//     how it is served.
//   - Guarantees: P(Fail ever reported | at every unit the mean on the candidate is at
//     most (1 + Tolerance) times, or where higher is better at least (1 - Tolerance)
//     times, the one on stable) <= its part of alpha.
//   - Cost: one increment a unit, 9 bets a fold, no allocation.
//   - Source: as [Rate]; on units whose outcomes are delayed, Howard, Ramdas,
//     McAuliffe, Sekhon, arXiv 1810.08240, section 6: a prefix of the assignments.
type Feedback struct {
	// Signal is the name of what is reported. It needs no other declaration.
	Signal string
	// Want is the direction that is better: Higher or Lower.
	Want Want
	// Within is how long a unit is waited for, the attribution window, at most 90
	// days. Zero means [DefaultWithin].
	Within time.Duration
	// Max is the largest value of a unit, positive. Zero means 1, as for yes and no.
	Max float64
	// Clients says that what clients report may roll back and promote, too.
	Clients bool
	// Tolerance is the relative change to the worse allowed: where lower is better
	// in [0, 100], zero means [DefaultTolerance]; where higher is better in [0, 1),
	// zero means [DefaultShortfall]. [Strict] means none.
	Tolerance float64
	// Margin is the further absolute change to the worse that promotion has to rule
	// out, as a fraction of Max, in (0, 1). Zero means [DefaultMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "feedback(signal)".
func (c Feedback) Name() string { return "feedback(" + c.Signal + ")" }

// String says what is demanded.
func (c Feedback) String() string {
	return fmt.Sprintf("%s within %s %s", c.Name(), spanText(c.Window()), c.Want.demand(c.Tolerance))
}

// Window is Within, with the default put in for zero.
func (c Feedback) Window() time.Duration {
	if c.Within == 0 {
		return DefaultWithin
	}
	return c.Within
}

// Top is Max, with the default put in for zero.
func (c Feedback) Top() float64 {
	if c.Max == 0 {
		return 1
	}
	return c.Max
}

func (c Feedback) direction() (signal string, want Want) { return "feedback " + c.Signal, c.Want }

func (c Feedback) plan(cfg *Config, p *problems) plan {
	p.checkFeedback(&c)
	windows := FeedbackWindows(cfg.Criteria)
	window, signal := find(windows, &c)
	switch {
	case window >= MaxFeedbackWindows:
		p.add("within %v is the fifth length that is declared, at most %d are allowed", c.Window(), MaxFeedbackWindows)
		window = 0
	case signal >= MaxFeedbackSignals:
		p.add("%d signals within %v, at most %d are allowed", len(windows[window].Signals), c.Window(), MaxFeedbackSignals)
	case windows[window].Signals[signal].Max != c.Top():
		p.add("max %v, and another criterion on the signal within %v has %v", c.Top(), c.Window(), windows[window].Signals[signal].Max)
	}
	source := fromServers
	if c.Clients || c.Role == Observe {
		source = fromAll
	}
	return c.bet(p, window, signal, source)
}

// bet bets on what comes from a source.
func (c Feedback) bet(p *problems, window, signal int, from source) plan {
	p.checkWant(c.Want, c.Tolerance)
	x := c.Want.tolerance(c.Tolerance)
	prior := ratePrior
	if c.Want == Higher {
		prior = meanPrior // silence need not be rare
	}
	b := newRateBook(c.Signal, c.Want.line(x), prior)
	b.complement = c.Want == Higher
	harm := []span{{harmHeard, harmSilent + 1}}
	b.events[0].stable, b.events[0].candidate = harm, harm
	plan := excess{Margin: c.Margin, Role: c.Role, Weight: c.Weight}.bet(p, x, feedbackMeter{signal, c.Want, from}, b)
	plan.group = feedbackGroup + group(window)
	return plan
}

func (p *problems) checkFeedback(c *Feedback) {
	if c.Signal == "" {
		p.add("no signal")
	}
	if within := c.Window(); within < 0 || within > maxWithin90Days {
		p.add("within %v is neither 0 nor up to %v", c.Within, maxWithin90Days)
	}
	if most := c.Top(); !(most > 0 && most <= maxFinite) {
		p.add("max %v is not a positive number", c.Max)
	}
}

// maxFinite is the largest value that can be declared.
const maxFinite = 1e300

// FeedbackWindow is the feedback with one Within. It is plain data.
type FeedbackWindow struct {
	Within  time.Duration
	Signals []FeedbackSignal
}

// FeedbackSignal is a signal with its largest value.
type FeedbackSignal struct {
	Name string
	Max  float64
}

// FeedbackWindows are the windows that criteria declare, and their signals, in the order
// in which they are declared first: the numbers of [Evidence.ObserveFeedback],
// [Judge.BeginFeedback] and [Response]. Other criteria are passed over.
func FeedbackWindows(declared []Criterion) (windows []FeedbackWindow) {
	for _, criterion := range declared {
		c, is := criterion.(Feedback)
		if !is {
			continue
		}
		window, signal := find(windows, &c)
		if window == len(windows) {
			windows = append(windows, FeedbackWindow{Within: c.Window()})
		}
		if w := &windows[window]; signal == len(w.Signals) {
			w.Signals = append(w.Signals, FeedbackSignal{c.Signal, c.Top()})
		}
	}
	return windows
}

// find returns where a criterion's window and signal are, or would be.
func find(windows []FeedbackWindow, c *Feedback) (window, signal int) {
	window = slices.IndexFunc(windows, func(w FeedbackWindow) bool { return w.Within == c.Window() })
	if window < 0 {
		return len(windows), 0
	}
	signals := windows[window].Signals
	signal = slices.IndexFunc(signals, func(s FeedbackSignal) bool { return s.Name == c.Signal })
	if signal < 0 {
		return window, len(signals)
	}
	return window, signal
}
