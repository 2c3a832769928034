package report

import "time"

// latencyLevels are those of a [Latency].
var latencyLevels = []float64{0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999}

// summary is what came of the pairs.
func (t *tally) summary(trial Trial, log Facts) *Summary {
	log.Cut = t.cut
	trial.First, trial.Last = inUTC(trial.First), inUTC(trial.Last)
	s := &Summary{
		Trial: trial, Quadrants: t.quadrants, Log: log, Agreement: rateOf(t.pairs-t.differing, t.pairs), Excess: t.reruns.excess(), Failing: t.failing.excess(),
		SelfAgreement: rateOf(t.reruns.first+t.reruns.neither, t.reruns.of()), Examples: t.exampleList(),
	}
	if t.rated > 0 {
		s.Rate = float64(t.rated) / t.drawn
	}
	if t.rated == t.pairs {
		s.Requests = t.drawn
	}
	for _, name := range t.numbers.sorted() {
		s.Numbers = append(s.Numbers, t.numbers.byName[name].summary(name))
	}
	for _, name := range t.labels.sorted() {
		s.Labels = append(s.Labels, t.labels.byName[name].summary(name))
	}
	for _, name := range t.checks.sorted() {
		s.Checks = append(s.Checks, t.checks.byName[name].summary(name))
	}
	for _, name := range t.failures.sorted() {
		s.Failures = append(s.Failures, *t.failures.byName[name])
	}
	s.Latency = Latency{
		Levels: latencyLevels, Stable: t.latency.stable.quantiles(latencyLevels...), Candidate: t.latency.candidate.quantiles(latencyLevels...),
		StableCalls: t.latency.stable.count, CandidateCalls: t.latency.candidate.count,
	}
	floor := rateOf(t.reruns.both+t.reruns.second, t.reruns.of())
	s.Slices, s.SlicesSeen = slicesOf(&t.slices, floor)
	if t.replay != nil {
		s.Judgement = t.replay.judgement()
	}
	s.Headline = headlineOf(s, t.cfg)
	return s
}

func inUTC(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}
