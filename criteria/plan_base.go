package criteria

import (
	"cmp"
	"math"
	"time"
)

const (
	assumedRate       = 0.01 // of whatever a criterion counts
	assumedConversion = 0.1  // of what should happen more often
)

// assumedLabels is how often stable gives its labels when nothing is said of them.
var assumedLabels = []float64{0.4, 0.3, 0.15, 0.1, 0.05}

// known is a base without zero fields.
type known struct {
	Base
	assumedRate, assumedLabels, assumedMissing bool

	rerun float64 // part of the pairs with a rerun
	ties  float64 // and of those without a difference
	unfed string  // why nothing reaches the criterion
}

// base resolves the zero fields of what is said about a criterion.
func (r *Rollout) base(w *watch) known {
	k := known{Base: r.Base[w.criterion.Name()], rerun: r.RerunFraction}
	k.ties = k.Missing
	if k.assumedRate = k.Rate == 0; k.assumedRate {
		k.Rate, k.assumedRate = r.usual(w)
		if l := w.book.null(); k.assumedRate && l.m == 0 && w.group != pairsGroup {
			k.Rate = min(k.Rate, l.d/2)
		}
	}
	if k.assumedLabels = len(k.Labels) == 0; k.assumedLabels {
		k.Labels = assumedLabels
	}
	if k.assumedMissing = k.Missing == 0; k.assumedMissing {
		k.Missing = r.failing()
	}
	k.unfed = r.unfed(w)
	return k
}

// failing is how often stable's calls fail.
func (r *Rollout) failing() float64 { return cmp.Or(r.Base[ErrorRate{}.Name()].Rate, assumedRate) }

// usual is how often stable shows what a criterion counts when nobody says it, and
// whether that is assumed: it is not where "error_rate" says it.
func (r *Rollout) usual(w *watch) (rate float64, assumed bool) {
	switch m := w.meter.(type) {
	case harmMeter:
		if w.group == windowsGroup {
			return -math.Expm1(r.sessionCalls(w) * math.Log1p(-r.failing())), true
		}
		return r.failing(), r.Base[ErrorRate{}.Name()].Rate == 0
	case rescueMeter:
		return r.failing(), true
	case classMeter:
		return r.failing(), r.Base[ErrorRate{}.Name()].Rate == 0
	case checkMeter:
		if m.want == Higher {
			return assumedConversion, true
		}
	case feedbackMeter:
		if m.want == Higher {
			return assumedConversion, true
		}
	}
	return assumedRate, true
}

// sessionCalls is how many calls there are in a session.
func (r *Rollout) sessionCalls(w *watch) float64 {
	most, within := windowOf(w)
	if r.Units == 0 {
		return 1
	}
	return 1 + min(float64(most-1), r.RequestsPerSecond/r.Units*within.Seconds())
}

// A windowed criterion looks at the sessions of units.
type windowed interface {
	Window() (calls int, within time.Duration)
}

func windowOf(w *watch) (calls int, within time.Duration) {
	if c, ok := w.criterion.(windowed); ok {
		return c.Window()
	}
	return 0, 0
}

// lag is how long after its first call a session counts: sessions count in the order
// in which they began, so the short ones wait for the long ones.
func (r *Rollout) lag(watches []*watch) (seconds float64) {
	for _, w := range watches {
		_, within := windowOf(w)
		seconds = max(seconds, within.Seconds())
	}
	return seconds
}

// unfed says why nothing reaches a criterion, "" if something does.
func (r *Rollout) unfed(w *watch) string {
	if w.group != pairsGroup {
		return ""
	}
	if _, ok := w.meter.(signMeter); r.PairsPerSecond == 0 {
		return "nothing feeds it: no input is seen by both models"
	} else if !ok && r.RerunFraction == 0 {
		return "nothing feeds it: stable runs on no input again"
	}
	return ""
}
