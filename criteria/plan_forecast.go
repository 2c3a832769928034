package criteria

import (
	"cmp"
	"math"
)

// A forecast goes through a rollout step by step, with a candidate that is
// healthy, and asks in each what would become of one that is not.
type forecast struct {
	rollout  *Rollout
	streams  streams
	lookouts []*lookout
	proofs   []*prover
}

// A lookout is all that watches for one event in one part of the traffic.
type lookout struct {
	watch  *watch
	target target
	slice  string
	part   float64 // of the traffic that changes
	sights []sight
}

// A sight is one process that sees the change, in that part of the traffic or
// diluted in all of it.
type sight struct {
	walk  *walk
	of    float64 // the part of the traffic that it reads
	limit float64 // of its evidence, in nats
}

func newForecast(c *Config, r *Rollout, watches []*watch) *forecast {
	f := &forecast{rollout: r, streams: streams{rollout: r, lag: r.lag(watches)}}
	for i, w := range FeedbackWindows(c.Criteria) {
		f.streams.waits[i] = w.Within.Seconds()
	}
	if c.Sentinel {
		f.streams.epsilon = cmp.Or(r.Sentinel, assumedSentinel)
	}
	sections := r.sections(c)
	for _, w := range watches {
		f.watch(w, math.Log(1/c.alpha()), sections)
		if w.twin != nil {
			f.watch(w.twin, math.Log(1/c.alpha()), nil)
		}
		f.prove(c, w)
	}
	return f
}

// watch adds the lookouts of a criterion: all its events in all traffic, and the
// most telling one in each slice.
func (f *forecast) watch(w *watch, limit float64, sections []section) {
	targets := w.targets(f.rollout.base(w))
	limit -= w.logShare
	all := limit
	if w.sliced() {
		all -= math.Log(1 - sliceShare)
	}
	for i := range targets {
		l := f.lookout(w, &targets[i])
		l.part = 1
		l.look(all)
	}
	if len(targets) == 0 || !w.sliced() {
		return
	}
	for _, s := range sections {
		l := f.lookout(w, &targets[0])
		l.slice, l.part = s.name, s.part
		l.lookWithin(s.part, limit-math.Log(sliceShare*s.weight))
		l.look(all)
	}
}

func (f *forecast) lookout(w *watch, t *target) *lookout {
	l := &lookout{watch: w, target: *t}
	f.lookouts = append(f.lookouts, l)
	return l
}

// look adds what sees the change in all traffic.
func (l *lookout) look(limit float64) {
	for t := &l.target; t != nil; t = t.also {
		l.sights = append(l.sights, sight{newWalk(t, l.watch.group), 1, limit - math.Log(t.weight)})
	}
}

// lookWithin adds what sees the change in a slice.
func (l *lookout) lookWithin(part, limit float64) {
	t := &l.target
	walk := newWalk(t, l.watch.group).confined(part)
	l.sights = append(l.sights, sight{walk, part, limit - math.Log(cmp.Or(t.within.weight, t.weight))})
}

// delay is the median time until a change to a rate is found in a step that
// lasts so many seconds, +Inf if it is not.
func (l *lookout) delay(all stream, rate, seconds float64) float64 {
	soonest := math.Inf(1)
	for i := range l.sights {
		s := &l.sights[i]
		part := l.part / s.of // of what it reads, the part that changes
		mixed := part*rate + (1-part)*l.target.base
		seen := all.of(s.of * l.target.of(mixed).part)
		at := s.walk.clone().through(&seen, mixed, min(seconds-all.lag, soonest/(1-luck)), s.limit)
		soonest = min(soonest, at)
	}
	return soonest + all.lag
}

// row asks what a lookout finds in step i.
func (f *forecast) row(l *lookout, i int) Row {
	t, step := &l.target, f.rollout.Steps[i]
	row := Row{
		Step: i + 1, Criterion: l.watch.criterion.Name(), Role: l.watch.role, Slice: l.slice,
		Reads: f.reads(l.watch.group), Event: t.words, Mean: t.mean, Stable: t.shown(t.base), Assumed: t.assumed,
		Handicap: t.handicap(), HandicapAssumed: t.handicap() > 0 && t.missed,
	}
	allowed := t.allowed()
	row.Allowed = t.shown(min(allowed, 1))
	all := f.streams.group(l.watch.group, step.Share)
	references := t.references()
	for _, x := range references {
		c := Change{Change: x.name, Rate: t.shown(x.rate)}
		if x.rate > allowed && t.unfed == "" {
			c.find(l, &all, x.rate)
		}
		row.Changes = append(row.Changes, c)
	}
	if rate, ok := l.detectable(all, references, &row, step.soak().Seconds()); ok {
		row.Finds, row.Detectable = true, t.shown(rate)
	}
	row.Warning = f.warning(l, &row, references[len(references)-1], step)
	return row
}

// find fills in when a change is found.
func (c *Change) find(l *lookout, all *stream, rate float64) {
	at := l.delay(*all, rate, planHorizon.Seconds())
	if c.Time, c.Found = seconds(at); c.Found {
		c.Calls = int64(math.Round(all.calls*l.part*at + ahead))
	}
}

// detectable bisects for the smallest rate that is found in time, from the
// changes whose time is known.
func (l *lookout) detectable(all stream, references []reference, r *Row, soak float64) (rate float64, ok bool) {
	allowed := l.target.allowed()
	low, high := allowed, math.Inf(1)
	for i, c := range r.Changes {
		if c.Found && c.Time.Seconds() <= soak {
			high = references[i].rate
		} else {
			low = max(low, references[i].rate)
			break
		}
	}
	if math.IsInf(high, 1) {
		return 0, false
	}
	for high-low > 0.03*(high-allowed) {
		middle := math.Sqrt(max(low, 1e-6) * high)
		if high < 2*low {
			middle = (low + high) / 2
		}
		if l.delay(all, middle, soak/(1-luck)) <= soak {
			high = middle
		} else {
			low = middle
		}
		if high < 1e-5 {
			break
		}
	}
	return high, true
}

// pass goes through a step with a healthy candidate.
func (f *forecast) pass(s Step) {
	for _, l := range f.lookouts {
		all := f.streams.group(l.watch.group, s.Share)
		for i := range l.sights {
			seen := all.of(l.sights[i].of * l.target.of(l.target.base).part)
			l.sights[i].walk.through(&seen, l.target.base, s.soak().Seconds(), math.Inf(1))
		}
	}
	for _, p := range f.proofs {
		all := f.streams.group(p.watch.group, s.Share)
		p.pass(&all, s.soak().Seconds())
	}
	f.streams.next(s)
}

// exhausted is the part of the units whose testimony makes a step run dry.
const exhausted = 0.95

// step says what a step brings.
func (f *forecast) step(s Step) PlannedStep {
	soak := s.soak().Seconds()
	coins := f.streams.group(coinsGroup, s.Share)
	planned := PlannedStep{
		Step:  Step{Share: s.Share, Soak: s.soak()},
		Calls: int64(math.Round(coins.calls * soak)), Witnesses: int64(math.Round(coins.count(soak))),
	}
	if dry := coins.at(exhausted * coins.units); coins.units < 1 {
		planned.Warning = "all units have testified before it begins; only the backstop and a sentinel still see anything"
	} else if d, ok := seconds(dry); ok && d < s.soak() {
		planned.Warning = "runs out of units after " + spanText(d) +
			"; of a change that comes later only the backstop and a sentinel see anything"
	}
	return planned
}

// sticky reports whether a group counts a unit only once.
func (f *forecast) sticky(g group) bool {
	return f.rollout.Units > 0 && (g == coinsGroup || g == windowsGroup || g.waits())
}

const readsSentinel = "sentinel requests"

// reads words what a group counts.
func (f *forecast) reads(g group) string {
	switch {
	case g == callsGroup:
		return "candidate calls"
	case g == sentinelGroup:
		return readsSentinel
	case g == windowsGroup:
		return "sessions"
	case g == pairsGroup:
		return "pairs"
	case g.waits():
		return "units"
	case f.sticky(g):
		return "fresh units"
	}
	return "requests"
}
