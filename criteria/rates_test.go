package criteria

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// signals are the signals that the criteria of these tests read.
func signals(list ...Criterion) Config {
	return Config{
		Criteria: list, Numbers: []string{"other", "value"}, Labels: []string{"class"}, Checks: []string{"other", "done"},
	}
}

// cellCounted observes one call and returns the cell of the criterion it is in.
func cellCounted(t *testing.T, c Criterion, o Observation) int {
	t.Helper()
	j := mustJudge(t, signals(c))
	e := j.NewEvidence()
	g := j.watches[0].group
	if g == windowsGroup {
		e.ObserveWindow(Band, &o)
	} else {
		e.Observe(Band, &o)
	}
	for cell, n := range e.tables[g].row(int(Band), int(o.Arm)) {
		if n == 1 {
			return cell
		}
	}
	t.Fatal("not counted")
	return 0
}

func TestRateCells(t *testing.T) {
	const fine, harm, missing, cancelled = 0, 1, 2, cancelledCell
	done, undone := Rate{Signal: "done", Want: Higher}, Rate{Signal: "done", Want: Lower}
	within := LatencyObjective{Quantile: 0.9, Limit: time.Second}
	for _, c := range []struct {
		name      string
		criterion Criterion
		o         Observation
		cell      int
	}{
		{"in time", TimeoutRate{}, Observation{}, fine},
		{"an error is in time", TimeoutRate{}, Observation{Outcome: Failed}, fine},
		{"a cancellation is in time", TimeoutRate{}, Observation{Outcome: Cancelled}, fine},
		{"timed out", TimeoutRate{}, Observation{Outcome: TimedOut}, harm},
		{"overdue", TimeoutRate{}, Observation{Outcome: Overdue}, harm},
		{"waited for", CancelRate{}, Observation{Outcome: Failed}, fine},
		{"cancelled", CancelRate{}, Observation{Outcome: Cancelled}, harm},
		{"valid", InvalidRate{}, Observation{}, fine},
		{"invalid", InvalidRate{}, Observation{Invalid: true}, harm},
		{"no answer to validate", InvalidRate{}, Observation{Outcome: Failed, Invalid: true}, missing},
		{"left before it could be validated", InvalidRate{}, Observation{Outcome: Cancelled}, missing},
		{"done, as wanted", done, Observation{Checks: 2}, fine},
		{"not done", done, Observation{Checks: 1}, harm},
		{"done is not known", done, Observation{Checks: 2, Unchecked: 2}, missing},
		{"another check is not known", done, Observation{Checks: 2, Unchecked: 1}, fine},
		{"done and failed", done, Observation{Checks: 2, Outcome: Failed}, missing},
		{"done, as feared", undone, Observation{Checks: 2}, harm},
		{"not done, as wanted", undone, Observation{}, fine},
		{"no objection", ErrorObjective{Limit: 0.1}, Observation{Outcome: Cancelled}, cancelled},
		{"failed", ErrorObjective{Limit: 0.1}, Observation{Outcome: TimedOut}, harm},
		{"at the limit", within, Observation{Latency: time.Second}, fine},
		{"just beyond the limit", within, Observation{Latency: time.Second + 1}, harm},
		{"overdue is slower", within, Observation{Outcome: Overdue, Latency: -1}, harm},
		{"no latency", within, Observation{Latency: -1}, missing},
		{"latency of a failure", within, Observation{Outcome: Failed, Latency: time.Hour}, missing},
		{"latency of a timeout", within, Observation{Outcome: TimedOut, Latency: time.Hour}, missing},
		{"good window", SessionErrorRate{}, Observation{}, fine},
		{"bad window", SessionErrorRate{}, Observation{Outcome: Failed}, harm},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.cell, cellCounted(t, c.criterion, c.o)) })
	}
}

func TestRatesRefuse(t *testing.T) {
	nan := math.NaN()
	for want, c := range map[string]Criterion{
		"timeout_rate: tolerance -0.5 is neither in [0, 100] nor Strict":                       TimeoutRate{Tolerance: -0.5},
		"cancel_rate: margin -0.1 is outside [0, 1)":                                           CancelRate{Margin: -0.1},
		"invalid_rate: margin -1 is outside [0, 1)":                                            InvalidRate{Margin: Strict},
		"invalid_rate: margin NaN is outside [0, 1)":                                           InvalidRate{Margin: nan},
		"cancel_rate: margin 1 is outside [0, 1)":                                              CancelRate{Margin: 1},
		"timeout_rate: weight NaN is outside [0, 1000000]":                                     TimeoutRate{Weight: nan},
		"timeout_rate: role 4 is not Guardrail, Hold or Observe":                               TimeoutRate{Role: 4},
		`rate(gone): unknown check signal "gone", declared are ["other" "done"]`:               Rate{Signal: "gone", Want: Lower},
		"rate(done): want unsaid is neither Higher nor Lower":                                  Rate{Signal: "done"},
		"rate(done): want want(?) is neither Higher nor Lower":                                 Rate{Signal: "done", Want: 7},
		"rate(done): tolerance 1 is neither in [0, 1), as it must be where higher is better":   Rate{Signal: "done", Want: Higher, Tolerance: 1},
		"rate(done): tolerance NaN is neither in [0, 1), as it must be where higher is better": Rate{Signal: "done", Want: Higher, Tolerance: nan},
		"rate(done): tolerance 101 is neither in [0, 100] nor Strict":                          Rate{Signal: "done", Want: Lower, Tolerance: 101},
		"error_objective: limit 0 is outside (0, 1)":                                           ErrorObjective{},
		"error_objective: limit 1 is outside (0, 1)":                                           ErrorObjective{Limit: 1},
		"error_objective: limit NaN is outside (0, 1)":                                         ErrorObjective{Limit: nan},
		"error_objective: weight -1 is outside":                                                ErrorObjective{Limit: 0.1, Weight: -1},
		"latency_objective(0): quantile 0 is outside (0, 1)":                                   LatencyObjective{Limit: 1},
		"latency_objective(1): quantile 1 is outside (0, 1)":                                   LatencyObjective{Quantile: 1, Limit: 1},
		"latency_objective(NaN): quantile NaN is outside (0, 1)":                               LatencyObjective{Quantile: nan, Limit: 1},
		"latency_objective(0.5): limit 0s is not positive":                                     LatencyObjective{Quantile: 0.5},
		"latency_objective(0.5): limit -1s is not positive":                                    LatencyObjective{Quantile: 0.5, Limit: -time.Second},
		"session_error_rate: calls -1 is negative":                                             SessionErrorRate{Calls: -1},
		"session_error_rate: within -1s is negative":                                           SessionErrorRate{Within: -time.Second},
	} {
		_, err := NewJudge(signals(c))
		require.ErrorContains(t, err, "criteria: "+want)
	}
}

func TestContradictionsAreRefused(t *testing.T) {
	for want, list := range map[string][]Criterion{
		"rate(done): wants check done lower, which rate(done) wants higher": {
			Rate{Signal: "done", Want: Higher}, ErrorRate{}, Rate{Signal: "done", Want: Lower, Role: Observe},
		},
		"session_error_rate: declared twice: a unit has one window": {
			SessionErrorRate{}, SessionErrorRate{Role: Hold, Calls: 3},
		},
		"latency_objective(0.5): declared twice as guardrail": {
			LatencyObjective{Quantile: 0.5, Limit: 1}, LatencyObjective{Quantile: 0.5, Limit: 2},
		},
		"config: criterion 1 is a *criteria.Rate": {Rate{Signal: "done", Want: Higher}, (*Rate)(nil)},
	} {
		_, err := NewJudge(signals(list...))
		require.ErrorContains(t, err, want)
	}
	mustJudge(t, signals(
		Rate{Signal: "done", Want: Higher}, Rate{Signal: "done", Want: Higher, Role: Hold}, Rate{Signal: "other", Want: Lower},
		LatencyObjective{Quantile: 0.5, Limit: 1}, LatencyObjective{Quantile: 0.99, Limit: 2},
	))
}

// What is demanded, what rolls back and what promotion has to prove.
func TestLinesOfTheRates(t *testing.T) {
	for _, c := range []struct {
		criterion  Criterion
		text       string
		null, safe line
	}{
		{TimeoutRate{}, "timeout_rate at most 1.1 x stable's", line{1.1, 0}, line{1.1, 0.005}},
		{CancelRate{Tolerance: Strict, Margin: 0.01}, "cancel_rate at most stable's", line{1, 0}, line{1, 0.01}},
		{InvalidRate{Tolerance: 1}, "invalid_rate at most 2 x stable's", line{2, 0}, line{2, 0.005}},
		{Rate{Signal: "done", Want: Lower}, "rate(done) at most 1.1 x stable's", line{1.1, 0}, line{1.1, 0.005}},
		{Rate{Signal: "done", Want: Higher}, "rate(done) at least 0.95 x stable's", line{0.95, 0.05}, line{0.95, 0.055}},
		{Rate{Signal: "done", Want: Higher, Tolerance: 0.2}, "rate(done) at least 0.8 x stable's", line{0.8, 0.2}, line{0.8, 0.205}},
		{Rate{Signal: "done", Want: Higher, Tolerance: Strict}, "rate(done) at least stable's", line{1, 0}, line{1, 0.005}},
		{ErrorObjective{Limit: 0.01}, "error_objective: at most 1 % of candidate calls failed", line{0, 0.01}, line{0, 0.01}},
		{
			LatencyObjective{Quantile: 0.75, Limit: 50 * time.Millisecond},
			"latency_objective(0.75): 75 % of candidate calls within 50.0 ms", line{0, 0.25}, line{0, 0.25},
		},
		{
			SessionErrorRate{Calls: 5}, "session_error_rate of the first 5 calls within 1m0s at most 1.1 x stable's",
			line{1.1, 0}, line{1.1, 0.005},
		},
	} {
		require.Equal(t, c.text, c.criterion.String())
		require.Contains(t, c.text, c.criterion.Name())
		w := mustJudge(t, signals(c.criterion)).watches[0]
		null := w.book.null()
		require.InDeltaSlice(t, []float64{c.null.m, c.null.d}, []float64{null.m, null.d}, 1e-12, "%v", c.criterion)
		require.InDeltaSlice(t, []float64{c.safe.m, c.safe.d}, []float64{w.safe.m, w.safe.d}, 1e-12, "%v", c.criterion)
	}
}

// A candidate that is worse is found, one within the tolerance and a better one are not.
func TestRatesSeeWhatIsWorse(t *testing.T) {
	type call func(i int, o *Observation)
	every := func(n int, f func(o *Observation)) call {
		return func(i int, o *Observation) {
			if i%n == 0 {
				f(o)
			}
		}
	}
	end := func(as Outcome) func(o *Observation) { return func(o *Observation) { o.Outcome = as } }
	done := func(o *Observation) { o.Checks = 2 }
	slow := func(o *Observation) { o.Latency = time.Minute }
	for _, c := range []struct {
		name              string
		criterion         Criterion
		stable, candidate call
		found             string
	}{
		{"timeouts", TimeoutRate{}, every(50, end(TimedOut)), every(4, end(TimedOut)), "ran out of time: 25 % of candidate, 2 % of stable calls"},
		{"other failures", TimeoutRate{}, every(50, end(TimedOut)), every(4, end(Failed)), ""},
		{"cancellations", CancelRate{}, every(50, end(Cancelled)), every(4, end(Cancelled)), "cancelled by the caller: 25 % of candidate, 2 % of stable calls"},
		{"fewer cancellations", CancelRate{}, every(4, end(Cancelled)), every(50, end(Cancelled)), ""},
		{"invalid", InvalidRate{}, every(50, func(*Observation) {}), every(5, func(o *Observation) { o.Invalid = true }), "invalid: 20 % of candidate, 0 % of stable calls"},
		{"fewer done", Rate{Signal: "done", Want: Higher}, every(1, done), every(2, done), "done: 50 % of candidate, 100 % of stable calls"},
		{"more done", Rate{Signal: "done", Want: Higher}, every(2, done), every(1, done), ""},
		{"more done that should not", Rate{Signal: "done", Want: Lower}, every(2, done), every(1, done), "done: 100 % of candidate, 50 % of stable calls"},
		{"done as often", Rate{Signal: "done", Want: Lower}, every(2, done), every(2, done), ""},
		{"beyond the objective", ErrorObjective{Limit: 0.05}, every(5, end(Failed)), every(5, end(Failed)), "failed: 20 % of candidate calls"},
		{"within the objective", ErrorObjective{Limit: 0.05}, every(500, end(Failed)), every(25, end(Failed)), ""},
		{"slower than the limit", LatencyObjective{Quantile: 0.95, Limit: time.Second}, every(1, slow), every(5, slow), "slower than 1.00 s: 20 % of candidate calls"},
		{"within the limit", LatencyObjective{Quantile: 0.95, Limit: time.Second}, every(500, slow), every(25, slow), ""},
		{"sessions", SessionErrorRate{}, every(50, end(Failed)), every(4, end(Failed)), "failed within a session: 25 % of candidate, 2 % of stable windows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := mustJudge(t, signals(c.criterion))
			j.BeginStep(half)
			j.BeginWindows(half)
			r := Ruling{}
			for range 10 {
				e := j.NewEvidence()
				for i := range 100 {
					for arm, f := range []call{c.stable, c.candidate} {
						o := Observation{Arm: Arm(arm)}
						f(i, &o)
						e.Observe(Fresh, &o)
						e.ObserveWindow(Fresh, &o)
					}
				}
				r = j.Fold(e, 0)
			}
			require.Equal(t, c.found != "", r.RollBack, "%+v", j.Verdicts())
			if c.found != "" {
				require.Equal(t, c.found, j.Verdicts()[0].Finding)
			}
		})
	}
}

// Not answering does not make a candidate look worse; errors are for the others.
func TestMissingChecksFavourTheCandidate(t *testing.T) {
	j := mustJudge(t, signals(Rate{Signal: "done", Want: Higher}, InvalidRate{}))
	j.BeginStep(half)
	e := j.NewEvidence()
	for range 500 {
		e.Observe(Fresh, &Observation{Checks: 2})
		e.Observe(Fresh, &Observation{Arm: Candidate, Unchecked: 2})
		e.Observe(Fresh, &Observation{Arm: Candidate, Outcome: Failed})
	}
	require.LessOrEqual(t, j.Fold(e, 0).LogE, 0.0)
	require.Zero(t, j.Verdicts()[0].Candidate.Calls, "people are shown the calls that had a value")
}

func TestWindowDefaults(t *testing.T) {
	calls, within := SessionErrorRate{}.Window()
	require.Equal(t, DefaultWindowCalls, calls)
	require.Equal(t, DefaultWindow, within)
	calls, within = SessionErrorRate{Calls: 3, Within: time.Hour}.Window()
	require.Equal(t, 3, calls)
	require.Equal(t, time.Hour, within)
}

// Windows and calls are counted apart, each in its step.
func TestSessionsAreJudgedOnWindowsAlone(t *testing.T) {
	j := mustJudge(t, signals(SessionErrorRate{}))
	j.BeginStep(half)
	require.Equal(t, "nothing counts now: no share is between 0 and 1", j.Verdicts()[0].Reason)
	j.BeginWindows(half)
	require.Equal(t, "no window of the candidate counted yet", j.Verdicts()[0].Reason)
	e := j.NewEvidence()
	for range 100 {
		e.Observe(Fresh, &Observation{Arm: Candidate, Outcome: Failed})
		e.ObserveWindow(Fresh, &Observation{Arm: Candidate})
		e.ObserveWindow(Fresh, &Observation{})
	}
	require.LessOrEqual(t, j.Fold(e, 0).LogE, 0.0)
	require.Zero(t, j.Verdicts()[0].Candidate.Rate)
	require.Equal(t, uint64(100), j.Verdicts()[0].Candidate.Calls)
}

func TestWantText(t *testing.T) {
	require.Equal(t, []string{"unsaid", "higher", "lower", "want(?)"}, texts(Want(0), Higher, Lower, Want(9)))
}
