package criteria

import "fmt"

// A panel is the criteria whose weighted evidence is summed against the limit:
// they have one role and are folded together. An average of e-values of the same
// fold is an e-value, however they depend on each other; of different folds it
// need not be, hence the panels.
type panel struct {
	role    Role
	watches []*watch
	terms   []float64 // scratch of len(watches)
	logE    float64
	culprit string // once the limit was reached
	doubt   string // why it must not decide; then it holds
	held    string // the culprit of that
}

type panels []*panel

// newPanels makes the panels that have anybody in them.
func newPanels(sessions []*session) (all panels) {
	for role := range Role(numRoles) {
		for _, s := range sessions {
			if w := pick(s.watches, func(w *watch) bool { return w.role == role }); len(w) > 0 {
				all = append(all, &panel{role: role, watches: w, terms: make([]float64, len(w))})
			}
		}
	}
	return all
}

// judge lets the panels of a role look at the evidence and returns the largest
// sum, 0 without a panel, and the culprit, "" as long as there is none.
func (ps panels) judge(role Role, limit float64, explain func(*watch) Verdict) (logE float64, culprit string) {
	first := true
	for _, p := range ps {
		if p.role != role {
			continue
		}
		p.judge(limit, explain)
		if first || p.logE > logE {
			logE, first = p.logE, false
		}
	}
	return logE, ps.culprit(role)
}

// culprit is that of the first panel of a role that has one.
func (ps panels) culprit(role Role) string {
	for _, p := range ps {
		if p.role == role && p.culprit != "" {
			return p.culprit
		}
		if role == Hold && p.held != "" {
			return p.held
		}
	}
	return ""
}

// judge sums the evidence and fails who has reached the limit, alone or as the
// one that weighs most in the sum.
func (p *panel) judge(limit float64, explain func(*watch) Verdict) {
	most := p.watches[0]
	for i, w := range p.watches {
		p.terms[i] = w.weighed()
		if p.terms[i] > most.weighed() {
			most = w
		}
	}
	p.logE = logSum(p.terms)
	if p.doubt != "" && p.culprit == "" {
		if p.logE >= limit && p.held == "" {
			p.held = most.criterion.Name()
		}
		return
	}
	for i, w := range p.watches {
		if p.terms[i] >= limit && w.failed == nil {
			w.fail(explain, "its evidence reached the limit")
		}
	}
	if p.role == Observe || p.culprit != "" || p.logE < limit {
		return
	}
	p.culprit = most.criterion.Name()
	if most.failed == nil {
		most.fail(explain, fmt.Sprintf("it weighed most when the %ss' evidence together reached the limit", p.role))
	}
}

// pick returns the watches that a condition holds for.
func pick(watches []*watch, is func(*watch) bool) (picked []*watch) {
	for _, w := range watches {
		if is(w) {
			picked = append(picked, w)
		}
	}
	return picked
}
