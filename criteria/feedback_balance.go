package criteria

import (
	"fmt"
	"time"
)

const (
	// balance is how much more often one arm may be heard of than the other.
	balance = 10
	// hardlyHeard units are too few to say that an arm can be heard of at all.
	hardlyHeard = 5
	// lateMost is the part of what is reported that may come too late.
	lateMost = 0.01
)

// feedbackBalance demands that one arm is heard of at least a tenth as often as the
// other. It is declared for each [FeedbackWindow] by itself.
type feedbackBalance struct {
	Within time.Duration
	Window int
	Silent Arm // that may be
}

func (c feedbackBalance) Name() string {
	return fmt.Sprintf("feedback_balance(%v, %s)", c.Silent, spanText(c.Within))
}

func (c feedbackBalance) String() string {
	return fmt.Sprintf("%s: units of %v are heard of at least a tenth as often as those of %v; if not it is rather a client that is broken", c.Name(), c.Silent, c.Silent.other())
}

func (a Arm) other() Arm { return Candidate - a }

func (c feedbackBalance) plan(_ *Config, p *problems) plan {
	want, x := Lower, balance-1.0
	if c.Silent == Candidate {
		want, x = Higher, 1-1.0/balance
	}
	b := newRateBook("heard of", want.line(x), meanPrior)
	b.complement = c.Silent == Candidate
	plan := excess{Role: Hold}.bet(p, x, balanceMeter{silence: c.Silent == Candidate}, b)
	plan.group, plan.safe = feedbackGroup+group(c.Window), line{}
	return plan
}

// clientFeedback is a [Feedback] on what clients report as well, which may only hold.
type clientFeedback struct {
	Of             Feedback
	Window, Signal int
}

func (c clientFeedback) Name() string   { return "client_" + c.Of.Name() }
func (c clientFeedback) String() string { return "client_" + c.Of.String() }

func (c clientFeedback) plan(_ *Config, p *problems) plan {
	of := c.Of
	of.Role, of.Weight = Hold, 0
	plan := of.bet(p, c.Window, c.Signal, fromClients)
	plan.safe = line{}
	return plan
}

// implied are the criteria that come with those on feedback.
func implied(declared []Criterion) (more []Criterion) {
	windows := FeedbackWindows(declared)
	if len(windows) > MaxFeedbackWindows {
		return nil
	}
	watched := make([]bool, len(windows))
	for _, criterion := range declared {
		c, is := criterion.(Feedback)
		if !is || c.Role == Observe {
			continue
		}
		window, signal := find(windows, &c)
		watched[window] = true
		if !c.Clients && signal < MaxFeedbackSignals {
			more = append(more, clientFeedback{c, window, signal})
		}
	}
	for i, w := range windows {
		if watched[i] {
			more = append(more, feedbackBalance{w.Within, i, Candidate}, feedbackBalance{w.Within, i, Stable})
		}
	}
	return more
}

// doubt says why what the units of a window tell must not decide, "" if nothing does.
func (s *session) doubt() string {
	if !s.group.waits() {
		return ""
	}
	for _, arm := range []Arm{Stable, Candidate} {
		if a := s.arrived[arm]; float64(a[1]) > lateMost*float64(a[0]+a[1]) {
			return fmt.Sprintf("%s of the reports on %v came after their window, so a slower way back looks like a lower rate", percent(float64(a[1])/float64(a[0]+a[1])), arm)
		}
	}
	stable, candidate := s.heard(Stable), s.heard(Candidate)
	for _, x := range []struct {
		of, beside tallied
		arm        Arm
	}{{candidate, stable, Candidate}, {stable, candidate, Stable}} {
		if x.of.events < hardlyHeard && x.beside.rate() > balance*x.of.rate() {
			return fmt.Sprintf("%.0f of %.0f units of %v were heard of and %.0f of %.0f of %v, so it may be a client that does not report", x.of.events, x.of.calls, x.arm, x.beside.events, x.beside.calls, x.arm.other())
		}
	}
	return ""
}

// heard is how many units of an arm were heard of, of how many, in the epoch.
func (s *session) heard(arm Arm) (t tallied) {
	for _, w := range s.watches {
		if m, is := w.meter.(balanceMeter); is && !m.silence {
			return w.estimate(&event{stable: []span{{1, 2}}}, s, arm)
		}
	}
	return t
}

// unheard says that a criterion has nobody to rest on, "" if it has: one that trusts
// somebody has to have heard of them on both arms.
func (w *watch) unheard(s *session) string {
	m, is := w.meter.(feedbackMeter)
	if !is {
		return ""
	}
	who := "no server has"
	if m.from == fromAll {
		who = "nobody has"
	}
	for _, arm := range []Arm{Stable, Candidate} {
		if w.estimate(&event{stable: []span{{fineHeard, harmSilent}}}, s, arm).events == 0 {
			return fmt.Sprintf("%s reported on a unit of %v: silence proves nothing", who, arm)
		}
	}
	return ""
}

// mute reports whether the criterion repeats another one as long as no client is heard.
func (w *watch) mute(s *session) bool {
	m, is := w.meter.(feedbackMeter)
	if !is || m.from != fromClients {
		return false
	}
	heard := event{stable: []span{{fineHeard, harmSilent}}}
	return w.estimate(&heard, s, Stable).events+w.estimate(&heard, s, Candidate).events == 0
}
