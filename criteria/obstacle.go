package criteria

import (
	"fmt"
	"math"
	"strconv"
)

// obstacle says what is missing for promotion, "" if nothing is.
func (j *Judge) obstacle(p *Promotion) string {
	r := &j.ruling
	switch {
	case r.RollBack:
		return "rolled back because of " + r.Culprit
	case r.Hold:
		return "held because of " + r.HoldCulprit
	case len(p.Gates) == 0:
		return "no criterion gates: nothing can be proven"
	}
	if why := j.unproven(p.Gates); why != "" {
		return why
	}
	switch {
	case p.Calls < p.MinCalls:
		return fmt.Sprintf("%d candidate calls in this step needed, %d seen", p.MinCalls, p.Calls)
	case r.LogE >= r.Limit/2:
		return fmt.Sprintf("the evidence against the candidate is above half of the limit: %.2f of %.2f", r.LogE, r.Limit)
	}
	return ""
}

// unproven says what the gate needs that needs most, "" if all are proven.
func (j *Judge) unproven(gates []Gate) string {
	var worst *Gate
	for i := range gates {
		if g := &gates[i]; !g.Proven && (worst == nil || g.Needs > worst.Needs) {
			worst = g
		}
	}
	if worst == nil {
		return ""
	}
	w := j.watchOf(worst)
	if worst.Needs != NoForecast {
		return fmt.Sprintf("%s needs about %s more %s", worst.Name, rounded(worst.Needs), w.group.calls())
	}
	return fmt.Sprintf("%s: %s", worst.Name, j.unforeseen(w, worst))
}

// watchOf is the watch that a gate is about.
func (j *Judge) watchOf(g *Gate) *watch {
	return pick(j.watches, func(w *watch) bool { return w.role == g.Role && w.criterion.Name() == g.Name })[0]
}

// unforeseen says why there is no forecast.
func (j *Judge) unforeseen(w *watch, g *Gate) string {
	s := j.sessions[w.group]
	switch {
	case s.shares == [NumStrata]float64{} || s.behind:
		return "nothing counts now: no share is between 0 and 1"
	case s.doubt() != "":
		return s.doubt()
	case w.unheard(s) != "":
		return w.unheard(s)
	case w.book.starved():
		return fmt.Sprintf("no bets before %d values are known", valuesForBets)
	case g.Finding == "":
		return "no bets yet"
	case !w.proof.compares(s):
		return "no call of stable counted in this step"
	}
	why := "as both arms do now it will not be proven: " + g.Finding
	if missing := w.missing(s); missing > 0 {
		why += fmt.Sprintf("; %s of calls have no value, which counts against the candidate", percent(missing))
	}
	return why
}

// missing is the part of the epoch's calls that had no value.
func (w *watch) missing(s *session) float64 {
	var none, all float64
	for i := range s.closed.strata {
		for arm := range numArms {
			for _, c := range []*counts{&s.closed, &s.round} {
				none += float64(c.row(i, arm)[w.offset+w.meter.cells()])
				all += float64(c.seen[i*numArms+arm])
			}
		}
	}
	return none / max(all, 1)
}

// calls is what the group counts of the candidate.
func (g group) calls() string {
	switch g {
	case windowsGroup:
		return "windows of the candidate"
	case pairsGroup:
		return "pairs"
	}
	if g.waits() {
		return "units of the candidate"
	}
	return "candidate calls"
}

// rounded writes a number with two digits that mean something: "2,300".
func rounded(n uint64) string {
	unit := 1.0
	for x := float64(n); x >= 100; x /= 10 {
		unit *= 10
	}
	digits := strconv.FormatFloat(math.Ceil(float64(n)/unit)*unit, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
