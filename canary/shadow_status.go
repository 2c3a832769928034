package canary

import (
	"github.com/modelcanary/go-sdk/shadow"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// Shadow is what the candidate does in the shadow of stable in this process, as plain data.
type Shadow struct {
	// Rate is the part of stable's requests that is asked to have a shadow, in [0, 1]; Effective is less where most of what was drawn could not run: see
	// [shadow.Config]. FlagError is why the flag is not believed; nil when it is, or there is none.
	Rate, Effective float64
	FlagError       error
	// Drawn requests had or were to have a shadow; Pairs of them became pairs, Reruns of these with a second answer of stable. Coverage is Pairs / Drawn, 0 without any.
	Drawn, Pairs, Reruns int64
	Coverage             float64
	// Quadrants are the pairs by who answered, indexed by [shadow.Quadrant].
	Quadrants [shadow.NumQuadrants]int64
	// Differ is the number of pairs whose answers differ, RerunsDiffer that of reruns that differ from stable's first answer.
	Differ, RerunsDiffer int64
	// Dropped are drawn requests that became no pairs, by the reason: "queue_full", "expired".
	Dropped map[string]int64
	// Waiting, Running and Abandoned are how many drawn requests wait at this moment, run, and hang in the candidate beyond the timeout.
	Waiting, Running, Abandoned int
	// Silent says why hardly any drawn request becomes a pair; empty while they do.
	Silent string
	// Slices are the counts of each slice that requests were drawn in, by dimension and in the order in which they appeared.
	Slices []ShadowSlice
	// LogDropped are the records that the pair log could not take, by the reason; nil without a log.
	LogDropped map[string]int64
	// Logged is how many records it has written.
	Logged int64
}

// ShadowSlice is the shadow of one slice of traffic. A slice whose coverage is far below that of the others is judged by what little was seen of it.
type ShadowSlice struct {
	// Dimension and Slice name it: "country" and "NZ".
	Dimension, Slice string
	// Drawn, Pairs, Reruns, Differ and RerunsDiffer are as in [Shadow].
	Drawn, Pairs, Reruns, Differ, RerunsDiffer int64
	// Coverage is Pairs / Drawn.
	Coverage float64
}

// status is what people are shown; nil without a shadow.
func (s *shade[In, Out]) status() *Shadow {
	if s == nil {
		return nil
	}
	c := s.runner.Counts()
	status := &Shadow{
		Effective: c.Effective, Drawn: c.Drawn, Pairs: c.Pairs, Reruns: c.Reruns, Coverage: part(c.Pairs, c.Drawn), Quadrants: c.Quadrants,
		Differ: c.Differ, RerunsDiffer: c.RerunsDiffer, Waiting: c.Waiting, Running: c.Running, Abandoned: c.Abandoned, Dropped: map[string]int64{},
	}
	status.Rate, status.FlagError = s.epoch.keeper.ShadowRate()
	for r, n := range c.Dropped {
		if n > 0 {
			status.Dropped[shadow.Reason(r).String()] = n
		}
	}
	status.Silent, _ = s.runner.Silent()
	for d := range s.epoch.slices {
		for cell := range s.coverage.slices[d] {
			x := &s.coverage.slices[d][cell]
			if n := x.draws.Load(); n > 0 {
				status.Slices = append(status.Slices, ShadowSlice{
					Dimension: s.epoch.slices[d].function.name, Slice: s.epoch.slices.text(d, uint8(cell)),
					Drawn: n, Pairs: x.pairs.Load(), Reruns: x.reruns.Load(), Differ: x.differ.Load(), RerunsDiffer: x.rerunsDiffer.Load(),
					Coverage: part(x.pairs.Load(), n),
				})
			}
		}
	}
	kept := logCounts(s.log)
	status.Logged, status.LogDropped = kept.Written, kept.Dropped
	return status
}

// logCounts is what became of the records. The sink may be the application's: a panic is no news here.
func logCounts(log pairlog.Sink) (c pairlog.Counts) {
	defer func() { _ = recover() }()
	if !isNil(log) {
		c = log.Counts()
	}
	return c
}

// comparisons yields the pairs by what their comparison says.
func (s *shade[In, Out]) comparisons(yield func(result, _ string, n int64)) {
	if s == nil {
		return
	}
	c := s.runner.Counts()
	failed := c.Quadrants[shadow.OnlyStableAnswered] + c.Quadrants[shadow.OnlyCandidateAnswered]
	mismatch := c.Differ - failed
	for result, n := range map[string]int64{
		"match": c.Quadrants[shadow.BothAnswered] - mismatch, "mismatch": mismatch,
		"candidate_error": c.Quadrants[shadow.OnlyStableAnswered], "stable_error": c.Quadrants[shadow.OnlyCandidateAnswered], "both_error": c.Quadrants[shadow.NeitherAnswered],
	} {
		if n > 0 {
			yield(result, "", n)
		}
	}
}

// failures yields how often each function of the shadow has failed.
func (s *shade[In, Out]) failures(yield func(name string, n int64)) {
	if s == nil {
		return
	}
	for name, n := range s.runner.Counts().Failures {
		yield("shadow:"+name, n)
	}
}

// drops yields the drawn requests that became no pair.
func (s *shade[In, Out]) drops(yield func(reason, _ string, n int64)) {
	if s == nil {
		return
	}
	for r, n := range s.runner.Counts().Dropped {
		if n > 0 {
			yield(shadow.Reason(r).String(), "", n)
		}
	}
}

func part(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
