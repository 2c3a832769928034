package report

import (
	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// How many of what is told apart.
const (
	maxSignals     = 32
	maxTexts       = 256
	maxDimensions  = 16
	maxSliceValues = 1000
	maxFailures    = 200
)

const answered = "ok"

// A place is a line of a file.
type place struct {
	file string
	line int64
}

// A tally sums up the pairs of one trial, one after the other, in bounded memory.
type tally struct {
	cfg       Config
	pairs     int64
	drawn     float64 // requests that the pairs with a known rate stand for
	rated     int64
	cut       int64
	quadrants Quadrants
	differing int64
	reruns    pairTable // the candidate differs, the rerun does
	failing   pairTable // the candidate failed, stable did
	numbers   registry[numberTally]
	labels    registry[labelTally]
	checks    registry[checkTally]
	failures  registry[Failure]
	slices    registry[dimensionTally]
	latency   struct{ stable, candidate sketch }
	examples  examples
	replay    *replay
}

func newTally(cfg Config) *tally {
	return &tally{
		cfg: cfg, numbers: newRegistry[numberTally](maxSignals), labels: newRegistry[labelTally](maxSignals), checks: newRegistry[checkTally](maxSignals),
		failures: newRegistry[Failure](maxFailures), slices: newRegistry[dimensionTally](maxDimensions),
		examples: newExamples(cfg),
	}
}

func (t *tally) add(r *pairlog.Record, at place) {
	t.pairs++
	if r.Rate > 0 && r.Rate <= 1 {
		t.rated++
		t.drawn += 1 / r.Rate
	}
	if r.Cut {
		t.cut++
	}
	t.outcomes(r)
	t.examples.begin(r, at, t.pairs)
	t.signals(r)
	t.segments(r)
	t.examples.end()
	if len(t.cfg.Criteria) > 0 {
		t.rejudge(r, at)
	}
}

func (t *tally) outcomes(r *pairlog.Record) {
	stable, candidate := r.Stable.Outcome == answered, r.Candidate.Outcome == answered
	switch {
	case stable && candidate:
		t.quadrants.Both++
	case stable:
		t.quadrants.OnlyStable++
	case candidate:
		t.quadrants.OnlyCandidate++
	default:
		t.quadrants.Neither++
	}
	t.failing.add(!candidate, !stable)
	if r.Differs {
		t.differing++
	}
	if r.Rerun != nil {
		t.reruns.add(r.Differs, r.RerunDiffers)
	}
	if stable {
		t.latency.stable.add(r.Stable.Duration.Seconds())
	} else if f := t.failure(&r.Stable); f != nil {
		f.Stable++
	}
	if candidate {
		t.latency.candidate.add(r.Candidate.Duration.Seconds())
	} else if f := t.failure(&r.Candidate); f != nil {
		f.Candidate++
	}
}

func (t *tally) failure(a *pairlog.Answer) *Failure {
	f := t.failures.of(clip(a.Outcome, maxName) + "\x00" + a.Class)
	if f == nil {
		return nil
	}
	f.Outcome, f.Class = clip(a.Outcome, maxName), clip(a.Class, maxName)
	return f
}

func (t *tally) signals(r *pairlog.Record) {
	admit(&t.numbers, r.Stable.Numbers, r.Candidate.Numbers)
	for _, name := range t.numbers.names {
		t.numbers.byName[name].add(r, name)
	}
	admit(&t.labels, r.Stable.Labels, r.Candidate.Labels)
	for _, name := range t.labels.names {
		t.labels.byName[name].add(r, name, &t.examples)
	}
	admit(&t.checks, r.Stable.Checks, r.Candidate.Checks)
	for _, name := range t.checks.names {
		t.checks.byName[name].add(r, name)
	}
}

func (t *tally) segments(r *pairlog.Record) {
	admit(&t.slices, r.Slices)
	for _, name := range t.slices.names {
		if value, ok := r.Slices[name]; ok {
			t.slices.byName[name].add(value, r)
		}
	}
}
