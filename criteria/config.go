package criteria

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// A Config declares what one epoch is judged by. It is plain data, read once by
// [NewJudge].
type Config struct {
	// Criteria, at least one. No two may share both name and role, or want a signal
	// in opposite directions, and at most one may be a [Backstop] and one a
	// [SessionErrorRate].
	Criteria []Criterion
	// Alpha, in (0, 1), bounds the probability that a candidate within every
	// tolerance is ever rolled back in this epoch, over all guardrails
	// together. Criteria with role Hold have a second budget of the same size,
	// those with role Observe a third that decides nothing. Zero means
	// [DefaultAlpha].
	Alpha float64
	// Beta, in (0, 1), bounds the probability that promotion is ever proven in a
	// step for a candidate that is beyond the margin of a criterion; see
	// [Judge.Promotion]. Zero means [DefaultBeta].
	Beta float64
	// MinCalls is how many calls of the candidate a step needs at least before
	// promotion, not negative. Zero means [DefaultMinCalls].
	MinCalls int
	// Numbers and Labels name the signals in the order of
	// [Observation.Numbers] and [Observation.Labels]; at most [MaxSignals] each.
	Numbers, Labels []string
	// LabelText names a label id of label signal i in verdicts and encodings. It is
	// called by [Judge.Verdicts], by AppendBinary and [RestoreJudge], and, when a
	// criterion fails, by [Judge.Fold]. Nil means "label 7", and that encodings
	// do not say what their ids stand for.
	LabelText func(signal int, id uint16) string
	// LabelID is the way back, for [Evidence.UnmarshalBinary]: the id that a text of
	// another process has here, given to it there and then if need be. An id of
	// MaxLabels or more stands for no label. Nil means that all processes number
	// labels alike: ids are taken as they are.
	LabelID func(signal int, text string) uint16
	// Checks name the yes/no signals in the order of [Observation.Checks]; at
	// most [MaxSignals].
	Checks []string
	// ClassText names a failure class, see [Observation.Class]. It is called as
	// LabelText is. Nil means "class 7". It is what processes know a class by, so it gives
	// the name and nothing else.
	ClassText func(id uint16) string
	// ClassExample says what a class is like, for people: what verdicts put behind "for
	// example", as it is, so the caller quotes what comes from outside. It is called by
	// [Judge.Verdicts] and, when a criterion fails, by [Judge.Fold], never for encodings.
	// Nil, and "" for a class, mean that there is no example.
	ClassExample func(id uint16) string
	// ClassID is the way back, as LabelID is.
	ClassID func(text string) uint16
	// Slices name the dimensions along which traffic is sliced, in the order of
	// [Observation.Slices] and [Pair.Slices]; at most [MaxDimensions]. With any, half
	// of the weight of every criterion that reads the router's coins or pairs is on
	// its slices.
	Slices []string
	// SliceText names a cell of a dimension. It is called as LabelText is. Nil
	// means "7".
	SliceText func(dimension int, cell uint8) string
	// SliceCell is the way back, as LabelID is. A cell of SliceCells or more is in no
	// slice of that dimension.
	SliceCell func(dimension int, text string) uint8
	// SliceAction is what a breach within a slice does.
	SliceAction SliceAction
	// Sentinel says that some requests are in the [Sentinel] stratum. Half of the
	// weight of every criterion that reads the router's coins is on them.
	Sentinel bool
	// Rounding seeds the random numbers with which [Mean] rounds. Evidence made in
	// the same order by judges with the same seed is rounded alike, so that a run can
	// be repeated; the replicas of a fleet, and the lives of a process that resumes,
	// should each have a seed of their own, or they draw the same numbers; a judge that
	// is restored goes on with others than it had drawn when it was saved. It is no
	// part of what evidence means: that of different seeds may be merged.
	Rounding uint64
}

// A SliceAction is what a breach within a slice does.
type SliceAction uint8

// The actions.
const (
	// RollBackAll takes a slice's evidence into the sum of its criterion; the
	// zero value.
	RollBackAll SliceAction = iota
	// CarveOut gives the slice to stable while the rest of the traffic goes on,
	// whether a criterion on requests or one on pairs was breached in it. The slices
	// of guardrails are then in no sum, each is judged alone.
	CarveOut
)

const numSliceActions = 2

// String returns "roll back all" or "carve out".
func (a SliceAction) String() string {
	switch a {
	case RollBackAll:
		return "roll back all"
	case CarveOut:
		return "carve out"
	}
	return "slice action(?)"
}

// A ConfigError is one thing wrong with a [Config]. [NewJudge] joins them all.
type ConfigError struct {
	// Field is the name of the criterion, or of the field of the Config.
	Field string
	// Problem says what was seen and what is allowed.
	Problem string
}

// Error returns the problem with its field and the package's name.
func (e *ConfigError) Error() string { return "criteria: " + e.Field + ": " + e.Problem }

// problems collects what is wrong with a configuration, all of it.
type problems struct {
	field string
	found []error
}

func (p *problems) add(format string, args ...any) {
	p.found = append(p.found, &ConfigError{Field: p.field, Problem: fmt.Sprintf(format, args...)})
}

func (p *problems) join() error { return errors.Join(p.found...) }

func (p *problems) checkTolerance(x float64) {
	if x != Strict && !(x >= 0 && x <= maxTolerance) {
		p.add("tolerance %v is neither in [0, %d] nor Strict", x, maxTolerance)
	}
}

func (p *problems) checkMargin(x float64) {
	if !(x >= 0 && x < 1) {
		p.add("margin %v is outside [0, 1)", x)
	}
}

func (p *problems) checkWeight(x float64) {
	if !(x >= 0 && x <= maxWeight) {
		p.add("weight %v is outside [0, %.0f]", x, maxWeight)
	}
}

func (p *problems) checkRole(r Role) {
	if r >= numRoles {
		p.add("role %d is not Guardrail, Hold or Observe", uint8(r))
	}
}

// checkSignal returns the position of a signal among the declared ones.
func (p *problems) checkSignal(kind, name string, declared []string) int {
	i := slices.Index(declared, name)
	if i < 0 {
		p.add("unknown %s signal %q, declared are %q", kind, name, declared)
	}
	return i
}

// checkNames reports too many, nameless and repeated signals.
func (p *problems) checkNames(names []string) {
	if len(names) > MaxSignals {
		p.add("%d signals, at most %d are allowed", len(names), MaxSignals)
	}
	for i, name := range names {
		if name == "" {
			p.add("signal %d has no name", i)
		} else if slices.Index(names, name) < i {
			p.add("signal %q is declared twice", name)
		}
	}
}

// watches checks everything and puts the criteria to work.
func (c *Config) watches(p *problems) []*watch {
	p.field = "config"
	if alpha := c.alpha(); !(alpha > 0 && alpha < 1) {
		p.add("alpha %v is outside (0, 1)", alpha)
	}
	if beta := c.beta(); !(beta > 0 && beta < 1) {
		p.add("beta %v is outside (0, 1)", beta)
	}
	if c.MinCalls < 0 {
		p.add("min calls %d is negative", c.MinCalls)
	}
	if len(c.Criteria) == 0 {
		p.add("no criteria")
	}
	p.field = "numbers"
	p.checkNames(c.Numbers)
	p.field = "labels"
	p.checkNames(c.Labels)
	p.field = "checks"
	p.checkNames(c.Checks)
	p.field = "slices"
	p.checkNames(c.Slices)
	if len(c.Slices) > MaxDimensions {
		p.add("%d dimensions, at most %d are allowed", len(c.Slices), MaxDimensions)
	}
	if c.SliceAction >= numSliceActions {
		p.add("action %d is not RollBackAll or CarveOut", uint8(c.SliceAction))
	}
	var watches []*watch
	for i, criterion := range c.Criteria {
		if t := reflect.TypeOf(criterion); t == nil || t.Kind() != reflect.Struct {
			p.field = "config"
			p.add("criterion %d is a %v, want a struct such as ErrorRate{}", i, t)
			continue
		}
		p.field = criterion.Name()
		w := c.watch(criterion, p)
		switch {
		case slices.ContainsFunc(watches, w.repeats):
			p.add("declared twice as %v", w.role)
		case w.group == windowsGroup && slices.ContainsFunc(watches, func(o *watch) bool { return o.group == windowsGroup }):
			p.add("declared twice: a unit has one window")
		}
		watches = append(watches, w)
	}
	for _, criterion := range implied(c.Criteria) {
		watches = append(watches, c.watch(criterion, &problems{}))
	}
	p.checkDirections(watches)
	shareBudget(watches)
	return watches
}

// watch puts one criterion to work, and its twin if there is a sentinel.
func (c *Config) watch(criterion Criterion, p *problems) *watch {
	one := func(plan plan) *watch {
		w := newWatch(criterion, plan, len(c.Slices))
		w.carvable = w.sliced() && c.SliceAction == CarveOut && w.role == Guardrail
		return w
	}
	w := one(criterion.plan(c, p))
	if c.Sentinel && w.group == coinsGroup {
		again := criterion.plan(c, &problems{}) // bets of its own
		again.group = sentinelGroup
		w.twin = one(again)
	}
	return w
}

// shareBudget turns relative weights into fractions of the budget of each role.
func shareBudget(watches []*watch) {
	var sum [numRoles]float64
	rest := 1.0 // what the backstop leaves to the other guardrails
	for _, w := range watches {
		if w.group == callsGroup {
			rest = 1 - w.weight
		} else if w.role < numRoles {
			sum[w.role] += w.weight
		}
	}
	for _, w := range watches {
		switch {
		case w.group == callsGroup && sum[Guardrail] == 0:
			w.setShare(1)
		case w.group == callsGroup:
			w.setShare(w.weight)
		case w.role == Guardrail:
			w.setShare(rest * w.weight / sum[Guardrail])
		case w.role < numRoles:
			w.setShare(w.weight / sum[w.role])
		}
		if w.twin != nil {
			w.twin.setShare(w.share * sentinelShare)
			w.setShare(w.share * (1 - sentinelShare))
		}
	}
}

// sentinelShare is the part of a criterion's weight that is on the sentinel's
// requests, if there are any.
const sentinelShare = 0.5

// alpha resolves the zero of Alpha.
func (c *Config) alpha() float64 {
	if c.Alpha == 0 {
		return DefaultAlpha
	}
	return c.Alpha
}

// beta resolves the zero of Beta.
func (c *Config) beta() float64 {
	if c.Beta == 0 {
		return DefaultBeta
	}
	return c.Beta
}

// minCalls resolves the zero of MinCalls.
func (c *Config) minCalls() uint64 {
	if c.MinCalls == 0 {
		return DefaultMinCalls
	}
	return uint64(c.MinCalls)
}
