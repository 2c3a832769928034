//go:build !race

package criteria_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// A rehearsal plays a rollout with the real judge, one request after the other,
// folded in batches as a keeper does.
type rehearsal struct {
	config  criteria.Config
	rollout criteria.Rollout
	step    int // from 1: the step in which the candidate is changed
	slice   float64
	seconds float64 // to look into that step
	outcome func(rng *rand.Rand, changed bool, o *criteria.Observation)
	promote bool // what is awaited is the proof of the first gate, and the calls it takes
}

const batch = 10

// units are the users behind the requests, and what has been read of them.
type units struct {
	buckets []float64
	counted []int // the step; 0: never
	known   []bool
}

func newUnits(rng *rand.Rand, n float64) *units {
	u := &units{buckets: make([]float64, int(n)), counted: make([]int, int(n)), known: make([]bool, int(n))}
	for i := range u.buckets {
		u.buckets[i] = rng.Float64()
	}
	return u
}

// assign returns the arm and the stratum of a request, by the rule of fresh coins,
// and whether a sentinel has looked at it.
func (u *units) assign(rng *rand.Rand, step int, share, highest, epsilon float64) (arm criteria.Arm, stratum criteria.Stratum, sentinel bool, i int) {
	if len(u.buckets) == 0 {
		if rng.Float64() < share {
			return criteria.Candidate, criteria.Fresh, false, 0
		}
		return criteria.Stable, criteria.Fresh, false, 0
	}
	i = rng.IntN(len(u.buckets))
	sentinel = u.buckets[i] < share && epsilon > 0
	if u.buckets[i] < share && rng.Float64() >= epsilon {
		arm = criteria.Candidate
	}
	switch {
	case u.counted[i] == step:
		return arm, criteria.Uncounted, sentinel, i
	case u.known[i] && (u.buckets[i] < highest || share <= highest):
		stratum = criteria.Uncounted
	case u.known[i]:
		stratum = criteria.Band
	}
	u.counted[i], u.known[i] = step, true
	return arm, stratum, sentinel, i
}

// windows are the sessions of units, told of in the order in which they began and
// when the last of their time has passed. A case has them in its last step alone.
type windows struct {
	most   int
	within float64
	open   []*window
	of     map[int]*window
}

type window struct {
	at      float64
	stratum criteria.Stratum
	calls   int
	all     criteria.Observation
}

func (h *rehearsal) windows() *windows {
	w := &windows{}
	for _, c := range h.config.Criteria {
		if c, ok := c.(criteria.SessionErrorRate); ok {
			calls, within := c.Window()
			w.most, w.within = calls, within.Seconds()
		}
	}
	return w
}

func (w *windows) begin(judge *criteria.Judge, shares [criteria.NumStrata]float64) {
	w.open, w.of = nil, map[int]*window{}
	judge.BeginWindows(shares)
}

func (w *windows) observe(e *criteria.Evidence, now float64, unit int, s criteria.Stratum, o *criteria.Observation) {
	if w.most == 0 {
		return
	}
	if s != criteria.Uncounted {
		w.of[unit] = &window{at: now, stratum: s, all: criteria.Observation{Arm: o.Arm}}
		w.open = append(w.open, w.of[unit])
	}
	if x := w.of[unit]; x != nil && x.calls < w.most && now-x.at < w.within {
		if x.calls++; o.Outcome == criteria.Failed {
			x.all.Outcome = criteria.Failed
		}
	}
	for len(w.open) > 0 && now-w.open[0].at >= w.within {
		e.ObserveWindow(w.open[0].stratum, &w.open[0].all)
		w.open = w.open[1:]
	}
}

// play returns after how many seconds of the step the candidate is rolled back,
// +Inf if it is not; NaN if it was before.
func (h *rehearsal) play(t testing.TB, seed uint64) float64 {
	judge, err := criteria.NewJudge(h.config)
	if err != nil {
		t.Error(err)
		return 0
	}
	rng, o, e := rand.New(rand.NewPCG(seed, 17)), observation(), judge.NewEvidence()
	o.Slices = make([]uint8, len(h.config.Slices))
	users, highest, now := newUnits(rng, h.rollout.Units), 0.0, 0.0
	windows := h.windows()
	for step := 1; step <= h.step; step++ {
		s := h.rollout.Steps[step-1]
		epsilon := h.rollout.Sentinel
		judge.BeginStep([criteria.NumStrata]float64{
			criteria.Fresh:    s.Share * (1 - epsilon),
			criteria.Band:     max(0, s.Share-highest) / (1 - highest) * (1 - epsilon),
			criteria.Sentinel: 1 - epsilon,
		})
		windows.begin(judge, [criteria.NumStrata]float64{
			criteria.Fresh: s.Share, criteria.Band: max(0, s.Share-highest) / (1 - highest),
		})
		length := s.Soak.Seconds()
		if step == h.step {
			length = h.seconds
		}
		requests := int(length * h.rollout.RequestsPerSecond)
		for i := range requests {
			arm, stratum, sentinel, unit := users.assign(rng, step, s.Share, highest, epsilon)
			within := true
			if len(o.Slices) > 0 {
				within = rng.Float64() < h.slice
				o.Slices[0] = 1
				if !within {
					o.Slices[0] = 0
				}
			}
			o.Arm, o.Sentinel = arm, sentinel
			h.outcome(rng, arm == criteria.Candidate && step == h.step && within, o)
			o.Answered = arm == criteria.Candidate && o.Outcome == criteria.Failed
			e.Observe(stratum, o)
			windows.observe(e, now+float64(i)/h.rollout.RequestsPerSecond, unit, stratum, o)
			if i%batch < batch-1 {
				continue
			}
			at := float64(i+1) / h.rollout.RequestsPerSecond
			ruling := judge.Fold(e, time.Duration((now+at)*1e9))
			e.Reset()
			if ruling.RollBack && step < h.step {
				return math.NaN()
			}
			if ruling.RollBack || h.promote && i%(10*batch) == 10*batch-1 && proven(judge) {
				return at
			}
		}
		now += length
		highest = max(highest, s.Share)
	}
	return math.Inf(1)
}

func proven(judge *criteria.Judge) bool {
	p := judge.Promotion()
	return p.Gates[0].Proven && p.Calls >= p.MinCalls
}

// delays are those of many runs, sorted; runs that never came to the step are
// left out.
func (h *rehearsal) delays(t testing.TB, trials int) []float64 {
	all := make([]float64, trials)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < trials; i = int(next.Add(1)) - 1 {
				all[i] = h.play(t, uint64(i))
			}
		})
	}
	wait.Wait()
	all = slices.DeleteFunc(all, math.IsNaN)
	slices.Sort(all)
	return all
}

// failingWhen makes calls fail at one of two rates.
func failingWhen(stable, changed float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		rate := stable
		if worse {
			rate = changed
		}
		o.Outcome = criteria.Fine
		if rng.Float64() < rate {
			o.Outcome = criteria.Failed
		}
	}
}

// tail draws a quantile of stable's, above 1-base with another probability when
// worse.
func tail(rng *rand.Rand, worse bool, base, rate float64) float64 {
	if !worse {
		return rng.Float64()
	}
	if rng.Float64() < rate {
		return 1 - base*rng.Float64()
	}
	return (1 - base) * rng.Float64()
}

func slowerTail(base, rate float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		o.Latency = time.Duration(1e7 * math.Pow(1-tail(rng, worse, base, rate), -0.4))
	}
}

func higherScores(base, rate float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		o.Numbers[0] = tail(rng, worse, base, rate)
	}
}

// labelled gives five labels; when worse, the given one with another probability.
func labelled(label uint16, rate float64) func(*rand.Rand, bool, *criteria.Observation) {
	parts := []float64{0.4, 0.3, 0.15, 0.1, 0.05, 0}
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		if worse && rng.Float64() < rate {
			o.Labels[0] = label
			return
		}
		total := 1.0
		if worse {
			total -= parts[label]
		}
		u := rng.Float64() * total
		for id, part := range parts {
			if worse && uint16(id) == label {
				continue
			}
			o.Labels[0] = uint16(id)
			if u -= part; u < 0 {
				return
			}
		}
	}
}

// completing says yes at one of two rates.
func completing(stable, changed float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		rate := stable
		if worse {
			rate = changed
		}
		o.Checks = 0
		if rng.Float64() < rate {
			o.Checks = 1
		}
	}
}

// anotherFailure comes on top of the usual failures, 1 % in three ways.
func anotherFailure(_, rate float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		o.Outcome, o.Class = criteria.Fine, 0
		if rng.IntN(100) == 0 {
			o.Outcome, o.Class = criteria.Failed, zipf(rng, 3)
		}
		if worse && rng.Float64() < rate {
			o.Outcome, o.Class = criteria.Failed, 77
		}
	}
}

// lessValue takes the same part off the value of all calls.
func lessValue(stable, changed float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		o.Numbers[0] = value(rng)
		if worse {
			o.Numbers[0] *= changed / stable
		}
	}
}

func value(rng *rand.Rand) float64 { return min(1, 0.2*math.Exp(0.8*rng.NormFloat64())) }

// someValues are values of stable.
func someValues() (all []float64) {
	rng := rand.New(rand.NewPCG(3, 17))
	for range 1000 {
		all = append(all, value(rng))
	}
	return all
}

// failingSessions makes windows fail at one of two rates by failing their calls: there
// are 4 in each.
func failingSessions(stable, changed float64) func(*rand.Rand, bool, *criteria.Observation) {
	call := func(window float64) float64 { return 1 - math.Pow(1-window, 1.0/4) }
	return failingWhen(call(stable), call(changed))
}

func steps(shares ...float64) (all []criteria.Step) {
	for _, x := range shares {
		all = append(all, criteria.Step{Share: x, Soak: 5 * time.Minute})
	}
	return all
}

const never = 1e-9 // a rate

// of says the same of every criterion.
func of(rate float64) map[string]criteria.Base {
	return map[string]criteria.Base{"": {Rate: rate, Missing: never}}
}

var five = criteria.Config{
	Numbers: []string{"score"}, Labels: []string{"class"},
	Criteria: []criteria.Criterion{
		criteria.ErrorRate{}, criteria.Latency{}, criteria.Distribution{Signal: "score"},
		criteria.Categories{Signal: "class"}, criteria.Backstop{},
	},
}

// A planCase is one change in one rollout, planned and played.
type planCase struct {
	name                            string
	config                          criteria.Config
	rollout                         criteria.Rollout
	criterion, event, slice, change string
	outcome                         func(stable, changed float64) func(*rand.Rand, bool, *criteria.Observation)
}

func givenLabel(label uint16) func(_, changed float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(_, changed float64) func(*rand.Rand, bool, *criteria.Observation) {
		return labelled(label, changed)
	}
}

// someMissing leaves out a tenth of the scores, whatever they are.
func someMissing(base, rate float64) func(*rand.Rand, bool, *criteria.Observation) {
	return func(rng *rand.Rand, worse bool, o *criteria.Observation) {
		higherScores(base, rate)(rng, worse, o)
		o.Missing = uint64(rng.IntN(10) / 9)
	}
}

func planCases() []planCase {
	const (
		failed  = "failed"
		rescued = "failed where stable answered"
		newWay  = "failed in a new way"
		p95     = "above stable's p95"
		p50     = "above stable's p50"
		scores  = "above stable's p90, or below p10"
	)
	errors, rescues := only(criteria.ErrorRate{}), only(criteria.Backstop{})
	latency := only(criteria.Latency{Tolerance: criteria.Strict})
	score, class := only(criteria.Distribution{Signal: "score"}), only(criteria.Categories{Signal: "class"})
	objective := only(criteria.Backstop{Limit: 0.02})
	sliced := criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}, Slices: []string{"country"}}
	carved := sliced
	carved.SliceAction = criteria.CarveOut
	countries := map[string]map[string]float64{"country": {"fr": 0.9, "is": 0.1}}
	sentinel := criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}, Sentinel: true}
	at := func(base float64, shares ...float64) criteria.Rollout {
		return criteria.Rollout{Steps: steps(shares...), Base: of(base)}
	}
	missing := at(0.01, 0.2)
	missing.Base = map[string]criteria.Base{"": {Missing: 0.1}}
	inSlices := func(share float64) criteria.Rollout {
		r := at(0.01, share)
		r.Slices = countries
		return r
	}
	sticky := func(n float64, r criteria.Rollout) criteria.Rollout {
		r.Units = n
		return r
	}
	completed := only(criteria.Rate{Signal: "completed", Want: criteria.Higher})
	completed.Checks = []string{"completed"}
	valued := only(criteria.Mean{Signal: "score", Want: criteria.Higher})
	modes, sessions := only(criteria.FailureModes{}), only(criteria.SessionErrorRate{Calls: 4})
	valuesAt := func(share float64) criteria.Rollout {
		r := at(0.01, share)
		r.Base = map[string]criteria.Base{"": {Values: someValues(), Missing: never}}
		return r
	}
	modesIn := modes
	modesIn.Slices = []string{"country"}
	closed := sticky(500, at(0.01, 0.5))
	closed.Sentinel = 0.05
	return []planCase{
		{"x5 at 5 %", errors, at(0.01, 0.05), "error_rate", failed, "", "x5", failingWhen},
		{"x2 at 50 %", errors, at(0.01, 0.5), "error_rate", failed, "", "x2", failingWhen},
		{"x5 of a rare failure at 5 %", errors, at(0.002, 0.05), "error_rate", failed, "", "x5", failingWhen},
		{"x2 of a frequent failure at 20 %", errors, at(0.1, 0.2), "error_rate", failed, "", "x2", failingWhen},
		{"x5 at 5 %, one of five criteria", five, at(0.01, 0.05), "error_rate", failed, "", "x5", failingWhen},
		{"always failing at 5 %, one of five criteria", five, at(0.01, 0.05), "error_rate", failed, "", "always", failingWhen},
		{"always failing at 50 %", errors, at(0.01, 0.5), "error_rate", failed, "", "always", failingWhen},
		{"tail x2 at 5 %", latency, at(0.01, 0.05), "latency", p95, "", "x2", slowerTail},
		{"tail x2 at 50 %", latency, at(0.01, 0.5), "latency", p95, "", "x2", slowerTail},
		{"median x1.5 at 20 %", latency, at(0.01, 0.2), "latency", p50, "", "x1.5", slowerTail},
		{"scores x2 at 5 %", score, at(0.01, 0.05), "distribution(score)", scores, "", "x2", higherScores},
		{"scores x2 at 50 %", score, at(0.01, 0.5), "distribution(score)", scores, "", "x2", higherScores},
		{"scores x5, some of them missing", score, missing, "distribution(score)", scores, "", "x5", someMissing},
		{"rarest label x5 at 5 %", class, at(0.01, 0.05), "categories(class)", "the rarest label", "", "x5", givenLabel(4)},
		{"a new label in 5 % at 20 %", class, at(0.01, 0.2), "categories(class)", "a label not given by stable", "", "5 %", givenLabel(5)},
		{"a slice always fails", sliced, inSlices(0.05), "error_rate", failed, `country="is"`, "always", failingWhen},
		{"a slice fails x5", sliced, inSlices(0.2), "error_rate", failed, `country="is"`, "x5", failingWhen},
		{"sticky units", errors, sticky(10_000, at(0.01, 0.2)), "error_rate", failed, "", "x5", failingWhen},
		{"sticky units, a later step", errors, sticky(20_000, at(0.02, 0.05, 0.2)), "error_rate", failed, "", "x5", failingWhen},
		{"a later step", errors, at(0.01, 0.05, 0.5), "error_rate", failed, "", "x5", failingWhen},
		{"tail x5, a later step", latency, at(0.01, 0.05, 0.5), "latency", p95, "", "x5", slowerTail},
		{"always a new label, a later step", class, at(0.01, 0.05, 0.5), "categories(class)", "a label not given by stable", "", "always", givenLabel(5)},
		{"many rescued", rescues, at(0.01, 0.05), "backstop", rescued, "", "40 %", failingWhen},
		{"always rescued, a later step", rescues, at(0.01, 0.05, 0.2), "backstop", rescued, "", "always", failingWhen},
		{"an objective of 2 %", objective, at(0.01, 0.2), "backstop", rescued, "", "10 %", failingWhen},
		{"completed less often", completed, at(0.6, 0.2), "rate(completed)", "completed", "", "to 48 %", completing},
		{"completed a little less often", completed, at(0.6, 0.5), "rate(completed)", "completed", "", "to 54 %", completing},
		{"a new failure in 1 % at 5 %", modes, at(0.01, 0.05), "failure_modes", newWay, "", "1 %", anotherFailure},
		{"a new failure in 5 % at 50 %", modes, at(0.01, 0.5), "failure_modes", newWay, "", "5 %", anotherFailure},
		{"a new failure in a slice", modesIn, inSlices(0.2), "failure_modes", newWay, `country="is"`, "always", anotherFailure},
		{"a lower mean at 5 %", valued, valuesAt(0.05), "mean(score)", "score on average", "", "to 0.204", lessValue},
		{"a lower mean at 50 %", valued, valuesAt(0.5), "mean(score)", "score on average", "", "to 0.229", lessValue},
		{"sessions", sessions, sticky(500, at(0.04, 0.3)), "session_error_rate", "failed within a session", "", "x5", failingSessions},
		{"a sentinel, when all units have testified", sentinel, closed, "error_rate", failed, "", "x5", failingWhen},
	}
}

// planned returns the row and the change of a case.
func (c *planCase) planned(t *testing.T) (criteria.Row, criteria.Change) {
	plan, err := criteria.NewPlan(c.config, c.rollout)
	require.NoError(t, err)
	var row criteria.Row
	for _, r := range plan.Rows { // a sentinel's row is behind that of fresh coins
		if r.Step == len(c.rollout.Steps) && r.Criterion == c.criterion && r.Event == c.event && r.Slice == c.slice {
			row = r
		}
	}
	for _, change := range row.Changes {
		if change.Change == c.change {
			require.True(t, change.Found)
			return row, change
		}
	}
	require.Failf(t, "nothing planned", "%s in %v", c.change, plan)
	return row, criteria.Change{}
}

// What a plan says comes true: times within a factor of 1.5, and what is found
// within the step in half of the runs is found in about half of the runs.
func TestSimPlan(t *testing.T) {
	const pace, trials = 50.0, 101
	bias, cases := 0.0, planCases()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.rollout.RequestsPerSecond = pace
			base := map[string]criteria.Base{}
			for _, criterion := range c.config.Criteria {
				base[criterion.Name()] = c.rollout.Base[""]
			}
			c.rollout.Base = base
			row, change := c.planned(t)
			last := len(c.rollout.Steps)
			soak := c.rollout.Steps[last-1].Soak.Seconds()
			h := rehearsal{config: c.config, rollout: c.rollout, step: last, slice: 0.1}

			// A fold comes every ten requests.
			predicted := math.Ceil(change.Time.Seconds()*pace/batch) * batch / pace
			h.seconds, h.outcome = 3*predicted, c.outcome(row.Stable, change.Rate)
			runs := h.delays(t, trials)
			median := runs[len(runs)/2]

			h.seconds, h.outcome = soak, c.outcome(row.Stable, row.Detectable)
			again := h.delays(t, trials)
			n, _ := slices.BinarySearch(again, math.Inf(1))
			found := float64(n) / float64(len(again))
			t.Logf("%-6s planned %.1f s, played %.1f s, ratio %.2f; %.2f %% within the step: found in %.0f %%",
				c.change, predicted, median, predicted/median, 100*row.Detectable, 100*found)
			require.Less(t, math.Abs(math.Log(predicted/median)), math.Log(1.5))
			require.InDelta(t, 0.5, found, 0.25)
			bias += math.Log(predicted/median) / float64(len(cases))
		})
	}
	t.Logf("planned/played on average: %.3f", math.Exp(bias))
	require.InDelta(t, 1, math.Exp(bias), 0.07)
}

// What a plan says of promotion comes true, too: of rates with the accuracy of Gate.Needs.
func TestSimPlanOfPromotion(t *testing.T) {
	const pace, trials = 50.0, 61
	completed := only(criteria.Rate{Signal: "completed", Want: criteria.Higher, Margin: 0.02})
	completed.Checks = []string{"completed"}
	quiet := func(*rand.Rand, bool, *criteria.Observation) {}
	latencies := func(rng *rand.Rand, _ bool, o *criteria.Observation) {
		o.Latency = time.Duration(1e7 * math.Exp(0.8*rng.NormFloat64()))
	}
	values := map[string]criteria.Base{"": {Values: someValues(), Missing: never}}
	sessions := only(criteria.SessionErrorRate{Calls: 4, Margin: 0.04})
	for _, c := range []struct {
		name    string
		config  criteria.Config
		base    map[string]criteria.Base
		share   float64
		units   float64
		outcome func(*rand.Rand, bool, *criteria.Observation)
	}{
		{"no failures at 20 %", only(criteria.ErrorRate{}), of(never), 0.2, 0, quiet},
		{"failures at 50 %", only(criteria.ErrorRate{}), of(0.01), 0.5, 0, failingWhen(0.01, 0.01)},
		{"completed at 20 %", completed, of(0.1), 0.2, 0, completing(0.1, 0.1)},
		{"an objective of 3 %", only(criteria.ErrorObjective{Limit: 0.03}), of(0.01), 0.2, 0, failingWhen(0.01, 0.01)},
		{"latency at 20 %", only(criteria.Latency{}), of(0.01), 0.2, 0, latencies},
		{"scores at 50 %", only(criteria.Distribution{Signal: "score"}), of(0.01), 0.5, 0, higherScores(0.1, 0.1)},
		{"labels at 50 %", only(criteria.Categories{Signal: "class"}), of(0.01), 0.5, 0, labelled(4, 0.05)},
		{"a mean at 20 %", only(criteria.Mean{Signal: "score", Want: criteria.Higher}), values, 0.2, 0, lessValue(1, 1)},
		{"sessions at 50 %", sessions, of(0.04), 0.5, 2000, failingSessions(0.04, 0.04)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := criteria.Rollout{Steps: steps(c.share), RequestsPerSecond: pace, Units: c.units}
			r.Base = map[string]criteria.Base{c.config.Criteria[0].Name(): c.base[""]}
			plan, err := criteria.NewPlan(c.config, r)
			require.NoError(t, err)
			require.Len(t, plan.Proofs, 1)
			require.True(t, plan.Proofs[0].Found, plan)
			predicted := plan.Proofs[0].Time.Seconds()
			c.config.Alpha = 1e-9 // equal arms are not rolled back
			h := rehearsal{config: c.config, rollout: r, step: 1, seconds: 4 * predicted, outcome: c.outcome, promote: true}
			runs := h.delays(t, trials)
			median := runs[len(runs)/2]
			t.Logf("planned %.1f s, played %.1f s, ratio %.2f", predicted, median, predicted/median)
			require.Less(t, math.Abs(math.Log(predicted/median)), math.Log(1.5))
		})
	}
}
