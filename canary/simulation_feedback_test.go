//go:build !race

package canary

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// audience is a trial whose people report later, on virtual time: one of them comes every interval.
type audience struct {
	*trial
	every, clock time.Duration
	due          backlog
	began        time.Time
}

// late is a report on its way.
type late struct {
	at time.Duration
	Report
}

// backlog is what is on its way, the next first.
type backlog []late

func (b backlog) Len() int           { return len(b) }
func (b backlog) Less(i, j int) bool { return b[i].at < b[j].at }
func (b backlog) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func (b *backlog) Push(x any)        { *b = append(*b, x.(late)) }
func (b *backlog) Pop() any {
	last := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return last
}

func newAudience(seed uint64, every time.Duration, s setup) *audience {
	w := &audience{every: every, began: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	change := s.change
	s.change = func(cfg *Config[question, answer]) {
		change(cfg)
		cfg.OperationalOnly = false
		cfg.Tokens.Keys = []TokenKey{{ID: "k", Secret: []byte(fmt.Sprintf("%032d", 12345))}}
	}
	s.now = func() time.Time { return w.began.Add(w.clock) }
	w.trial = newTrial(seed, s)
	return w
}

// visit is a request of somebody new, and what becomes of it.
func (w *audience) visit(then func(d Decision)) {
	w.visitAs("u"+strconv.FormatUint(w.rng.Uint64(), 36), then)
}

func (w *audience) visitAs(user string, then func(d Decision)) {
	_, d, err := w.c.Decide(context.Background(), question{user: user})
	must(err)
	then(d)
	w.asked++
	w.pass(w.every)
}

// pass lets time pass; what is due is reported.
func (w *audience) pass(d time.Duration) {
	w.clock += d
	for len(w.due) > 0 && w.due[0].at <= w.clock {
		r := heap.Pop(&w.due).(late).Report
		_ = w.c.FeedbackBatch(context.Background(), []Report{r})
	}
	if w.asked%w.trial.every == 0 {
		w.step(time.Duration(w.trial.every) * w.every)
	}
}

// report has something reported after a while.
func (w *audience) report(d Decision, signal string, after time.Duration, client bool) {
	heap.Push(&w.due, late{w.clock + after, Report{Token: d.Token(), Signal: signal, Value: 1, Client: client}})
}

// delay is lognormal.
func (w *audience) delay(median time.Duration) time.Duration {
	return time.Duration(float64(median) * math.Exp(w.rng.NormFloat64()))
}

func converting(within time.Duration) setup {
	return setup{percent: 50, every: 50, change: func(cfg *Config[question, answer]) {
		cfg.Criteria = []criteria.Criterion{criteria.Feedback{Signal: "converted", Want: criteria.Higher, Within: within}}
	}}
}

// A candidate that costs a fifth of the conversions is found by them, hours late or not.
func TestSimFeedbackConversion(t *testing.T) {
	t.Parallel()
	const (
		every  = 10 * time.Second
		window = 24 * time.Hour
		most   = 120_000
		rounds = 15
	)
	play := func(within, median time.Duration) (found []time.Duration) {
		took := make([]time.Duration, rounds)
		repeat(rounds, func(seed uint64) ending {
			w := newAudience(seed, every, converting(within))
			for i := 0; i < most && !w.over(); i++ {
				w.visit(func(d Decision) {
					if rate := [2]float64{0.1, 0.08}[d.Arm]; w.rng.Float64() < rate {
						w.report(d, "converted", w.delay(median), false)
					}
				})
			}
			took[seed] = math.MaxInt64
			if w.rolledBack() {
				took[seed] = w.clock
			}
			return w.end()
		})
		slices.SortFunc(took, cmp.Compare)
		return took
	}
	prompt, delayed := play(10*time.Minute, time.Second), play(window, 2*time.Hour)
	t.Logf("found after %v, with a median delay of 2 h and a window of %v after %v (medians); slowest %v and %v",
		prompt[rounds/2], window, delayed[rounds/2], prompt[rounds-1], delayed[rounds-1])
	require.Less(t, prompt[rounds-1], time.Duration(math.MaxInt64), "all are found")
	require.Less(t, delayed[rounds-1], time.Duration(math.MaxInt64), "all are found")
	require.Less(t, float64(delayed[rounds/2]), 1.3*float64(prompt[rounds/2])+float64(window))
}

// Equal models, but the candidate's users take four times as long to say so, and one in seven too long.
func TestSimFeedbackSlower(t *testing.T) {
	t.Parallel()
	const runs = 50
	endings := repeat(runs, func(seed uint64) ending {
		w := newAudience(seed, 10*time.Second, converting(24*time.Hour))
		for i := 0; i < 25_000 && !w.over(); i++ {
			w.visit(func(d Decision) {
				if w.rng.Float64() < 0.1 {
					w.report(d, "converted", w.delay([2]time.Duration{2 * time.Hour, 8 * time.Hour}[d.Arm]), false)
				}
			})
		}
		return w.end()
	})
	t.Logf("%d of %d rolled back, routing broken in %d", count(endings, wasRolledBack), runs, count(endings, wasBroken))
	require.LessOrEqual(t, count(endings, wasRolledBack), falseMost)
}

// The client of one arm reports nothing: nobody is blamed for it.
func TestSimFeedbackOfOneArm(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]Arm{"candidate": Candidate, "stable": Stable} {
		for want, direction := range map[string]criteria.Want{"higher": criteria.Higher, "lower": criteria.Lower} {
			endings := repeat(10, func(seed uint64) ending {
				s := converting(time.Hour)
				s.change = func(cfg *Config[question, answer]) {
					cfg.Criteria = []criteria.Criterion{criteria.Feedback{Signal: "converted", Want: direction, Within: time.Hour}}
				}
				w := newAudience(seed, time.Second, s)
				for i := 0; i < 15_000 && !w.over(); i++ {
					w.visit(func(d Decision) {
						if d.Arm != silent && w.rng.Float64() < 0.1 {
							w.report(d, "converted", w.delay(5*time.Minute), false)
						}
					})
				}
				e := w.end()
				e.broken = e.broken || !w.c.Snapshot().State.Hold.Held() // not noticed is wrong, too
				return e
			})
			t.Logf("%s silent, %s is better: %d of %d rolled back or not held", name, want, count(endings, wasFalse), len(endings))
			require.Zero(t, count(endings, wasFalse), "%s silent, %s is better", name, want)
		}
	}
}

// Somebody owns one unit in a hundred and says of the candidate what they like, as often as they like.
func TestSimFeedbackAttack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		worse  float64 // the rate of corrections of the candidate beside stable's 5 %
		sealed bool
		trust  bool
		runs   int
		says   func(d Decision) bool
	}{
		"to have a good one rolled back":           {worse: 0.05, runs: 500, says: func(d Decision) bool { return d.Arm == Candidate }},
		"to have a bad one promoted":               {worse: 0.15, runs: 500, says: func(d Decision) bool { return d.Arm == Stable }},
		"with sealed tokens, where clients decide": {worse: 0.05, runs: 100, sealed: true, trust: true, says: func(Decision) bool { return true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var promoted, tripped int
			done := make([]bool, tt.runs)
			endings := repeat(tt.runs, func(seed uint64) ending {
				w := newAudience(seed, time.Second, setup{percent: 100, every: 50, change: func(cfg *Config[question, answer]) {
					cfg.Criteria = []criteria.Criterion{criteria.Feedback{Signal: "corrected", Want: criteria.Lower, Within: 10 * time.Minute, Clients: tt.trust}}
					cfg.Ramp = rollback.Ramp{Steps: []float64{0.2, 0.5, 1}, Soak: time.Minute, Auto: true}
					cfg.Tokens.Sealed = tt.sealed
				}})
				for i := 0; i < 2000 && !w.over(); i++ {
					attacks := w.rng.IntN(100) == 0
					user := strconv.FormatUint(w.rng.Uint64(), 36)
					n := 1
					if attacks {
						n = 20 // unlimited tokens of their own
					}
					for range n {
						w.visitAs(user, func(d Decision) {
							rate := [2]float64{0.05, tt.worse}[d.Arm]
							switch {
							case attacks && tt.says(d):
								for range 5 {
									w.report(d, "corrected", time.Second, true)
								}
							case !attacks && w.rng.Float64() < rate:
								w.report(d, "corrected", w.delay(time.Minute), tt.trust)
							}
						})
					}
				}
				state := w.c.Snapshot().State
				done[seed] = state.Step > 0.2
				return w.end()
			})
			for i, e := range endings {
				if e.rolledBack {
					tripped++
				}
				if done[i] && tt.worse > 0.05 {
					promoted++
				}
			}
			t.Logf("%s: %d of %d tripped, %d promoted", name, tripped, tt.runs, promoted)
			if tt.worse <= 0.05 {
				require.Zero(t, tripped)
			}
			require.Zero(t, promoted)
		})
	}
}
