//go:build !race

package canary

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
)

// Equal models keep their places, whoever asks how often and whatever is measured.
func TestSimEqualModels(t *testing.T) {
	for _, percent := range []float64{5, 50} {
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			t.Parallel()
			requireKept(t, func(seed uint64) ending {
				tr := newTrial(seed, setup{percent: percent, every: 50, change: withSignals})
				p := newPeople(tr, 5000)
				for i := 0; i < 20_000 && !tr.over(); i++ {
					tr.ask(p.next([2]float64{1, 1}))
				}
				return tr.end()
			})
		})
	}
}

func withSignals(cfg *Config[question, answer]) {
	cfg.Signals.Numbers = Numbers[question, answer]{"score": func(_ question, a answer) float64 { return a.score }}
	cfg.Signals.Labels = Labels[question, answer]{"class": func(_ question, a answer) string { return a.class }}
	cfg.Criteria = append(cfg.Criteria,
		criteria.Distribution{Signal: "score", Tolerance: criteria.Strict}, criteria.Categories{Signal: "class", Tolerance: criteria.Strict})
}

// A person who moves the share up, down and up again is not misunderstood.
func TestSimRamp(t *testing.T) {
	t.Parallel()
	requireKept(t, func(seed uint64) ending {
		shares := []float64{1, 5, 20, 5, 20, 50}
		tr := newTrial(seed, setup{percent: shares[0], every: 50})
		p := newPeople(tr, 3000)
		for _, percent := range shares {
			must(tr.flags.Set(rollout, percent))
			tr.await(percent / 100)
			for i := 0; i < 3000 && !tr.over(); i++ {
				tr.ask(p.next([2]float64{1, 1}))
			}
		}
		return tr.end()
	})
}

// A candidate that is better in all things, and one that stays good through an incident of stable's, keep their places.
func TestSimBetterCandidate(t *testing.T) {
	for name, factors := range map[string]func(i int) [2]float64{
		"half the errors": func(int) [2]float64 { return [2]float64{1, 0.5} },
		"incident on stable": func(i int) [2]float64 {
			if i >= 500 && i < 2500 {
				return [2]float64{5, 1}
			}
			return [2]float64{1, 1}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireKept(t, func(seed uint64) ending {
				tr := newTrial(seed, setup{percent: 50, every: 50})
				p := newPeople(tr, 5000)
				for i := 0; i < 15_000 && !tr.over(); i++ {
					tr.ask(p.next(factors(i)))
				}
				return tr.end()
			})
		})
	}
}

// From 1 % to 5 % errors, every request a unit of its own: by a key that is never seen again, or without keys.
func TestSimDetection(t *testing.T) {
	keyless := func(cfg *Config[question, answer]) { cfg.Key = nil }
	for name, change := range map[string]func(*Config[question, answer]){"a key a request": nil, "no keys": keyless} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endings := repeat(400, func(seed uint64) ending {
				tr := newTrial(seed, setup{percent: 50, change: change})
				for i := 0; i < 40_000 && !tr.over(); i++ {
					tr.ask(tr.stranger(seed, i, 0.01, 0.05))
				}
				return tr.end()
			})
			median, p90 := delays(endings)
			t.Logf("median %d, 90th percentile %d candidate calls", median, p90)
			require.LessOrEqual(t, median, 450)
			require.LessOrEqual(t, p90, 850)
		})
	}
}

// stranger is a question of somebody who never asks again.
func (tr *trial) stranger(seed uint64, i int, stable, candidate float64) question {
	return question{
		user: strconv.FormatUint(seed, 36) + "/" + strconv.Itoa(i),
		harm: [2]bool{tr.fails(stable), tr.fails(candidate)},
	}
}

// A dead candidate is out after three calls at a share of 5 %, and no request that starts after the verdict meets it, whoever else is on the way.
func TestSimTotalFailure(t *testing.T) {
	t.Parallel()
	var met atomic.Int64
	endings := repeat(100, func(seed uint64) ending {
		tr := newTrial(seed, setup{percent: 5, change: func(cfg *Config[question, answer]) { cfg.CandidateTimeout = 0 }})
		for i := 0; i < 20_000 && !tr.over(); i++ {
			tr.ask(tr.stranger(seed, i, 0.01, 1))
		}
		before := tr.served.Load()
		for i := range 500 {
			tr.ask(tr.stranger(seed, -1-i, 0.01, 1))
		}
		met.Add(tr.served.Load() - before)
		return tr.end()
	})
	median, p90 := delays(endings)
	statistic := count(endings, func(e ending) bool { return e.cause == "error_rate" })
	t.Logf("median %d, 90th percentile %d candidate calls; by the error rate in %d of %d; %d calls after the verdict", median, p90, statistic, len(endings), met.Load())
	require.LessOrEqual(t, median, 3)
	require.LessOrEqual(t, p90, 9)
	require.Greater(t, statistic, len(endings)*9/10)
	require.Zero(t, met.Load())
}

func TestSimNoCandidateAfterTheVerdict(t *testing.T) {
	t.Parallel()
	tr := newTrial(1, setup{percent: 50})
	defer tr.close()
	var verdict atomic.Bool
	var met, early atomic.Int64
	var callers sync.WaitGroup
	for caller := range uint64(4) {
		callers.Go(func() {
			for i, after := 0, 0; after < 2000; i++ {
				late := verdict.Load()
				if late {
					after++
				}
				in := question{user: fmt.Sprint(caller, "/", i), harm: [2]bool{false, true}}
				_, d, _ := tr.c.Decide(context.Background(), in)
				switch {
				case d.Arm == Candidate && late:
					met.Add(1)
				case d.Arm == Candidate:
					early.Add(1)
				}
			}
		})
	}
	for !tr.over() {
		tr.step(pace)
	}
	verdict.Store(true)
	callers.Wait()
	t.Logf("%d calls of the candidate before the verdict, %d after", early.Load(), met.Load())
	require.True(t, tr.rolledBack())
	require.Positive(t, early.Load())
	require.Zero(t, met.Load())
}

// A router that does not do what the keeper wrote down is found out before it can look like a difference of the models. The rollout is held, nobody is blamed.
func TestSimBrokenSplit(t *testing.T) {
	for _, c := range []struct {
		name   string
		really float64
		risk   [2]float64
	}{
		{"40 for 50", 0.4, [2]float64{0.01, 0.01}},
		{"60 for 50", 0.6, [2]float64{0.01, 0.01}},
		{"60 for 50, worse candidate", 0.6, [2]float64{0.01, 0.02}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const runs = 200
			endings := repeat(runs, func(seed uint64) ending {
				tr := newTrial(seed, setup{percent: 50, forge: func(p *keeper.Plan) {
					if p.Share > 0 {
						p.Threshold = route.Threshold(c.really)
					}
				}})
				for i := 0; i < 20_000 && !tr.over(); i++ {
					tr.ask(tr.stranger(seed, i, c.risk[Stable], c.risk[Candidate]))
				}
				held, calls := tr.broken(), tr.served.Load()
				for i := range 500 { // a candidate that dies afterwards is not blamed either: it gets no requests
					tr.ask(tr.stranger(seed, -1-i, 0, 1))
				}
				e := tr.end()
				e.broken = held && e.broken && tr.served.Load() == calls && tr.c.Snapshot().State.Cause.Reason == ""
				return e
			})
			held, blamed := count(endings, wasBroken), count(endings, wasRolledBack)
			t.Logf("routing held the rollout first in %d of %d, the candidate was blamed in %d", held, runs, blamed)
			require.GreaterOrEqual(t, held, runs*95/100)
			require.LessOrEqual(t, blamed, runs-held)
		})
	}
}
