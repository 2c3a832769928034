package criteria

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// usual is a rollout of a single step.
func usual(share float64) Rollout {
	return Rollout{Steps: []Step{{Share: share}}, RequestsPerSecond: 50}
}

func mustPlan(t testing.TB, c Config, r Rollout) *Plan {
	t.Helper()
	p, err := NewPlan(c, r)
	require.NoError(t, err)
	return p
}

var errorsOnly = Config{Criteria: []Criterion{ErrorRate{}}}

// On the same counts a walk has the evidence of a judge, to the last digit that
// counts.
func TestWalkIsTheJudge(t *testing.T) {
	j := mustJudge(t, errorsOnly)
	j.BeginStep(half)
	walk := newWalk(&j.watches[0].targets(known{Base: Base{Rate: 0.25}})[0], coinsGroup)
	s := stream{rate: 64, units: math.Inf(1), parts: [NumStrata]float64{1}, shares: half}
	for i := range roundDoublings { // later rounds have an age to reach
		n := uint64(roundSize << i)
		j.Fold(bulk(j, [2]uint64{n * 3 / 8, n / 8}, [2]uint64{n / 4, n / 4}), 0)
		require.Equal(t, math.Inf(1), walk.through(&s, 0.5, float64(n)/s.rate, math.Inf(1)))
		require.InDelta(t, j.watches[0].logE, walk.logE(), 1e-9, "round %d", i+1)
	}
	require.Greater(t, walk.logE(), 10.0)
}

// The walk of a whole step finds the limit in the round in which a judge does.
func TestWalkFindsTheLimitWhereTheJudgeDoes(t *testing.T) {
	j := mustJudge(t, errorsOnly)
	j.BeginStep(half)
	walk := newWalk(&j.watches[0].targets(known{Base: Base{Rate: 0.25}})[0], coinsGroup)
	s := stream{rate: 1, units: math.Inf(1), parts: [NumStrata]float64{1}, shares: half}
	at := walk.through(&s, 0.5, 1e6, math.Log(100))
	calls := 0.0
	for !j.Fold(bulk(j, [2]uint64{3, 1}, [2]uint64{2, 2}), 0).RollBack {
		calls += 8
	}
	require.InEpsilon(t, calls*(1-luck/2), at, 0.1)
}

// Rounds that are taken together stake what they would have staked one by one.
func TestWalkTakesLateRoundsTogether(t *testing.T) {
	const healthy, each = 3000, 80 // seconds, calls a fold
	j := mustJudge(t, errorsOnly)
	j.BeginStep(half)
	walk := newWalk(&j.watches[0].targets(known{Base: Base{Rate: 0.25}})[0], coinsGroup)
	s := stream{rate: each, units: math.Inf(1), parts: [NumStrata]float64{1}, shares: half}
	for i := range healthy {
		require.False(t, j.Fold(bulk(j, [2]uint64{30, 10}, [2]uint64{30, 10}), time.Duration(i)*time.Second).RollBack)
	}
	seconds := 0
	for !j.Fold(bulk(j, [2]uint64{30, 10}, [2]uint64{28, 12}), time.Duration(healthy+seconds)*time.Second).RollBack {
		seconds++
	}
	walk.through(&s, 0.25, healthy, math.Inf(1))
	at := walk.through(&s, 0.3, 1e6, math.Log(100))
	require.InEpsilon(t, float64(seconds)*(1-luck*0.7), at, 0.05)
}

func TestPlanRefuses(t *testing.T) {
	slicesOf := func(parts map[string]float64) Rollout {
		r := usual(0.05)
		r.Slices = map[string]map[string]float64{"country": parts}
		return r
	}
	baseOf := func(name string, b Base) Rollout {
		r := usual(0.05)
		r.Base = map[string]Base{name: b}
		return r
	}
	sliced := Config{Criteria: []Criterion{ErrorRate{}, Backstop{}}, Slices: []string{"country"}}
	for _, c := range []struct {
		name    string
		config  Config
		rollout Rollout
		want    string
	}{
		{"an invalid configuration", Config{}, usual(0.05), "no criteria"},
		{"no steps", errorsOnly, Rollout{RequestsPerSecond: 1}, "no steps"},
		{"no traffic", errorsOnly, Rollout{Steps: []Step{{Share: 0.1}}}, "0 requests a second"},
		{"not a number of requests", errorsOnly, Rollout{Steps: []Step{{Share: 0.1}}, RequestsPerSecond: math.NaN()}, "NaN requests a second"},
		{"nobody's share", errorsOnly, usual(0), "step 1: share 0 is outside (0, 1)"},
		{"no control", errorsOnly, usual(1), "step 1: share 1 is outside (0, 1)"},
		{"a negative soak", errorsOnly, Rollout{Steps: []Step{{Share: 0.1, Soak: -1}}, RequestsPerSecond: 1}, "soak -1ns is negative"},
		{"negative units", errorsOnly, Rollout{Steps: []Step{{Share: 0.1}}, RequestsPerSecond: 1, Units: -1}, "units -1"},
		{"a sentinel of 1", errorsOnly, Rollout{Steps: []Step{{Share: 0.1}}, RequestsPerSecond: 1, Sentinel: 1}, "sentinel 1"},
		{"an unknown criterion", errorsOnly, baseOf("latency", Base{}), "there is no such criterion"},
		{"a rate of 1", errorsOnly, baseOf("error_rate", Base{Rate: 1}), "rate 1 is outside [0, 1)"},
		{"all missing", errorsOnly, baseOf("error_rate", Base{Missing: 1}), "missing 1 is outside [0, 1)"},
		{"a value that is none", errorsOnly, baseOf("error_rate", Base{Values: []float64{1, math.Inf(1)}}), "value 1 is +Inf"},
		{"sessions of nobody", Config{Criteria: []Criterion{SessionErrorRate{}}}, usual(0.05), "say how many units there are"},
		{"negative pairs", errorsOnly, Rollout{Steps: []Step{{Share: 0.1}}, RequestsPerSecond: 1, PairsPerSecond: -1}, "-1 pairs a second"},
		{"more reruns than pairs", errorsOnly, Rollout{Steps: []Step{{Share: 0.1}}, RequestsPerSecond: 1, RerunFraction: 2}, "rerun fraction 2"},
		{"too much of labels", errorsOnly, baseOf("error_rate", Base{Labels: []float64{0.7, 0.7}}), "add up to 1.4"},
		{"a label without a part", errorsOnly, baseOf("error_rate", Base{Labels: []float64{0.7, 0}}), "label 1: part 0"},
		{"an unknown dimension", errorsOnly, slicesOf(nil), "there is no such dimension"},
		{"an empty slice", sliced, slicesOf(map[string]float64{"is": 0}), `"is" has 0 of the traffic`},
		{"too much of slices", sliced, slicesOf(map[string]float64{"is": 0.6, "fr": 0.6}), "the slices add up to 1.2"},
		{"a tolerance that allows all", Config{Criteria: []Criterion{ErrorRate{Tolerance: 1}}}, baseOf("error_rate", Base{Rate: 0.6}), "error_rate: cannot fire"},
		{"an allowance that allows all", Config{Criteria: []Criterion{Latency{Allowance: 0.97}}}, usual(0.05), "latency: cannot fire"},
		{"missing values that allow all", Config{Criteria: []Criterion{Latency{}}}, baseOf("latency", Base{Missing: 0.6}), "latency: cannot fire"},
		{"a limit that stable breaks", sliced, baseOf("backstop", Base{Rate: 0.3}), "backstop: would find a candidate worse that is like stable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, err := NewPlan(c.config, c.rollout)
			require.Nil(t, plan)
			require.ErrorContains(t, err, c.want)
			var typed *ConfigError
			require.ErrorAs(t, err, &typed)
		})
	}
}

func TestPlanRefusesAllAtOnce(t *testing.T) {
	_, err := NewPlan(errorsOnly, Rollout{Steps: []Step{{Share: 1}, {Share: -1}}, Base: map[string]Base{"x": {}}})
	for _, want := range []string{"requests a second", "step 1", "step 2", "no such criterion"} {
		require.ErrorContains(t, err, want)
	}
}

// always, x5 and x2 of the first row.
func delaysOf(t testing.TB, c Config, r Rollout) (delays []time.Duration) {
	for _, change := range mustPlan(t, c, r).Rows[0].Changes {
		require.True(t, change.Found)
		delays = append(delays, change.Time)
	}
	return delays
}

func TestPlanIsMonotone(t *testing.T) {
	with := func(change func(*Config, *Rollout)) []time.Duration {
		c, r := errorsOnly, usual(0.05)
		change(&c, &r)
		return delaysOf(t, c, r)
	}
	plain := with(func(*Config, *Rollout) {})
	require.Less(t, plain[0], plain[1])
	require.Less(t, plain[1], plain[2])
	for name, c := range map[string]struct {
		change func(*Config, *Rollout)
		slower bool
	}{
		"a larger share":      {func(_ *Config, r *Rollout) { r.Steps[0].Share = 0.2 }, false},
		"more traffic":        {func(_ *Config, r *Rollout) { r.RequestsPerSecond *= 3 }, false},
		"a smaller alpha":     {func(c *Config, _ *Rollout) { c.Alpha = 1e-4 }, true},
		"a smaller weight":    {func(c *Config, _ *Rollout) { c.Criteria = []Criterion{ErrorRate{}, Latency{Weight: 20}} }, true},
		"a larger tolerance":  {func(c *Config, _ *Rollout) { c.Criteria = []Criterion{ErrorRate{Tolerance: 0.5}} }, true},
		"slices":              {func(c *Config, _ *Rollout) { c.Slices = []string{"country"} }, true},
		"units":               {func(_ *Config, r *Rollout) { r.Units = 1e6 }, true},
		"healthy steps first": {func(_ *Config, r *Rollout) { r.Steps = []Step{{0.05, 0}, {0.05, 0}} }, true},
	} {
		got := with(c.change)
		if name == "healthy steps first" {
			p := mustPlan(t, errorsOnly, Rollout{Steps: []Step{{0.05, 0}, {0.05, 0}}, RequestsPerSecond: 50})
			got = []time.Duration{p.Rows[1].Changes[0].Time, p.Rows[1].Changes[1].Time, p.Rows[1].Changes[2].Time}
		}
		for i := range plain {
			if c.slower {
				require.GreaterOrEqual(t, got[i], plain[i], "%s, change %d", name, i)
			} else {
				require.LessOrEqual(t, got[i], plain[i], "%s, change %d", name, i)
			}
		}
		require.NotEqual(t, plain, got, name)
	}
}

func TestPlanFindsLessInLessTime(t *testing.T) {
	last := 1.0
	for _, soak := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour} {
		r := usual(0.05)
		r.Steps[0].Soak = soak
		row := mustPlan(t, errorsOnly, r).Rows[0]
		require.Less(t, row.Detectable, last, soak)
		require.Greater(t, row.Detectable, row.Allowed)
		last = row.Detectable
	}
	r := usual(0.05)
	r.Steps[0].Soak = time.Millisecond
	require.Zero(t, mustPlan(t, errorsOnly, r).Rows[0].Detectable)
}

func TestPlanWarnings(t *testing.T) {
	long := usual(0.05)
	long.Steps = append(long.Steps, Step{Share: 0.5, Soak: 24 * time.Hour})
	few := usual(0.05)
	few.Units = 100
	wide := usual(0.5)
	wide.Base = map[string]Base{"error_rate": {Rate: 0.15}}
	slow := usual(0.01)
	slow.RequestsPerSecond = 0.01
	busy := usual(0.5)
	busy.RequestsPerSecond = 1000
	for _, c := range []struct {
		name    string
		config  Config
		rollout Rollout
		want    string
	}{
		{"enough", errorsOnly, busy, ""},
		{"longer than the step", errorsOnly, long, "x2 takes longer than the step of 10 min"},
		{"longer than the ramp", errorsOnly, usual(0.05), "x2 takes longer than the whole ramp of 10 min"},
		{"too few units", errorsOnly, few, "x2 is not found before all units have testified"},
		{"hardly any traffic", errorsOnly, slow, "x2 is not found in 30 days"},
		{"within the tolerance", Config{Criteria: []Criterion{ErrorRate{Tolerance: 1.5}}}, wide, "x2 is within what is allowed"},
	} {
		require.Equal(t, c.want, mustPlan(t, c.config, c.rollout).Rows[0].Warning, c.name)
	}
	require.Contains(t, mustPlan(t, errorsOnly, few).Steps[0].Warning, "runs out of units after 6 s")
	few.Steps = []Step{{Share: 0.05, Soak: time.Hour}, {Share: 0.05}}
	require.Contains(t, mustPlan(t, errorsOnly, few).Steps[1].Warning, "all units have testified")
}

// One event of several that cannot fire is a warning, not a refusal.
func TestPlanWarnsOfEventsThatCannotFire(t *testing.T) {
	p := mustPlan(t, Config{Numbers: []string{"score"}, Criteria: []Criterion{Distribution{Signal: "score", Tolerance: 1}}}, usual(0.05))
	require.Equal(t, "x2 is within what is allowed", p.Rows[0].Warning)
	require.Positive(t, p.Rows[0].Detectable)
	require.Equal(t, "cannot fire: nothing that the candidate does is too much", p.Rows[1].Warning)
	require.Zero(t, p.Rows[1].Detectable)
}

func TestPlanHandicap(t *testing.T) {
	r := usual(0.05)
	r.Base = map[string]Base{"latency": {Missing: 0.1}}
	row := mustPlan(t, Config{Criteria: []Criterion{Latency{Allowance: 0.02}}}, r).Rows[0]
	// Stable is scored 0.05*0.9 + 0.1, the candidate 0.9 of its rate.
	require.InDelta(t, (0.145+0.02)/0.9, row.Allowed, 1e-12)
	require.InDelta(t, row.Allowed-0.07, row.Handicap, 1e-12)
	require.False(t, row.HandicapAssumed)
	require.Zero(t, mustPlan(t, errorsOnly, usual(0.05)).Rows[0].Handicap, "a call that failed has an outcome")
}

// plannedKinds is one criterion of each kind, without what cannot be declared with
// the rest.
func plannedKinds() (Config, Rollout) {
	c := allKinds()
	for i := range c.Criteria { // one that observes, one that holds
		switch x := c.Criteria[i].(type) {
		case Latency:
			x.Role = Hold
			c.Criteria[i] = x
		case Distribution:
			x.Role = Observe
			c.Criteria[i] = x
		}
	}
	r := usual(0.05)
	r.Units, r.PairsPerSecond, r.RerunFraction = 1e6, 5, 0.5
	r.Steps = append(r.Steps, Step{Share: 0.5})
	r.Slices = map[string]map[string]float64{"country": {"is": 0.1, "fr": 0.2}}
	return c, r
}

func TestPlanHasARowForEverything(t *testing.T) {
	c, r := plannedKinds()
	p := mustPlan(t, c, r)
	kinds := map[string]int{}
	for _, row := range p.Rows {
		if row.Step != 1 {
			continue
		}
		kinds[row.Criterion+"/"+row.Reads]++
		require.NotEmpty(t, row.Changes, row.Criterion)
		require.NotEmpty(t, row.Event, row.Criterion)
	}
	want := map[string]int{"backstop/candidate calls": 1, "session_error_rate/sessions": 1, "disagreement/pairs": 2 * 3, "difference(score)/pairs": 2 * 3}
	for criterion, n := range map[string]struct{ events, times int }{
		"error_rate": {1, 1}, "timeout_rate": {1, 1}, "cancel_rate": {1, 1}, "invalid_rate": {1, 1}, "failure_modes": {2, 1},
		"latency": {2, 1}, "distribution(score)": {2, 1}, "categories(class)": {3, 1}, "mean(score)": {1, 2}, "rate(done)": {1, 2},
		"error_objective": {1, 1}, "latency_objective(0.999)": {1, 1},
	} {
		want[criterion+"/fresh units"] = n.times * (n.events + 2) // two slices
		want[criterion+"/sentinel requests"] = n.times * n.events
	}
	require.Equal(t, want, kinds)

	proofs := map[string]int{}
	for _, proof := range p.Proofs {
		require.True(t, proof.Found || proof.Warning != "", proof)
		proofs[proof.Criterion+" "+proof.Role.String()]++
	}
	for _, w := range mustJudge(t, c).watches {
		name := w.criterion.Name() + " " + w.role.String()
		if w.proof.gates() {
			require.Equal(t, 2, proofs[name], name)
			delete(proofs, name)
		}
	}
	require.Empty(t, proofs)
}

// Infinities have no JSON; what is never found says so.
func TestPlanTravelsAsJSON(t *testing.T) {
	c, r := plannedKinds()
	r.RequestsPerSecond, r.Units = 1, 50
	p := mustPlan(t, c, r)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	var back Plan
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, *p, back)
	require.Equal(t, p.String(), back.String())
	require.Contains(t, p.String(), "never")
}

func TestPlanIsDeterministic(t *testing.T) {
	c, r := plannedKinds()
	r.Slices = map[string]map[string]float64{"country": {"is": 0.1, "fr": 0.1, "de": 0.1, "it": 0.1}}
	first := mustPlan(t, c, r).String()
	for range 5 {
		require.Equal(t, first, mustPlan(t, c, r).String())
	}
}

// Nothing at the ends of the ranges is infinite, not a number or endless.
func TestPlanExtremes(t *testing.T) {
	c := allKinds()
	for _, share := range []float64{1e-9, 0.3, 1 - 1e-12} {
		for _, traffic := range []float64{1e-9, maxTraffic} {
			for _, base := range []Base{
				{Rate: 1e-9, Values: []float64{0.3}, Missing: 1e-9},
				{Rate: 0.2, Labels: []float64{1}, Missing: 0.01},
				{Rate: 0.6, Labels: []float64{1e-9, 1e-9}, Values: []float64{-1e300, 0.7, 1e300}, Missing: 0.2},
			} {
				r := Rollout{Steps: []Step{{share, 0}, {0.5, 1}, {0.5, 10000 * time.Hour}}, RequestsPerSecond: traffic, Units: 1e3}
				r.PairsPerSecond, r.RerunFraction = traffic, share
				r.Base = map[string]Base{}
				for _, x := range c.Criteria {
					if _, limited := x.(ErrorObjective); limited {
						continue
					}
					if _, limited := x.(LatencyObjective); limited {
						continue
					}
					if _, limited := x.(Backstop); limited {
						continue
					}
					r.Base[x.Name()] = base
				}
				r.Base["error_objective"] = Base{Rate: 1e-9}
				r.Slices = map[string]map[string]float64{"country": {"is": 1e-9}}
				p := mustPlan(t, c, r)
				_, err := json.Marshal(p)
				require.NoError(t, err)
				requireSanePlan(t, p)
			}
		}
	}
}

func requireSanePlan(t *testing.T, p *Plan) {
	t.Helper()
	for _, row := range p.Rows {
		for _, x := range []float64{row.Stable, row.Allowed, row.Detectable} {
			require.True(t, x >= -1 && x <= 1+1e-9, "%+v", row)
		}
		for _, change := range row.Changes {
			require.GreaterOrEqual(t, change.Calls, int64(0))
			require.GreaterOrEqual(t, change.Time, time.Duration(0))
		}
	}
	for _, proof := range p.Proofs {
		require.GreaterOrEqual(t, proof.Calls, int64(0))
		require.GreaterOrEqual(t, proof.Time, time.Duration(0))
	}
}

func TestStreamOfUnits(t *testing.T) {
	x := streams{rollout: &Rollout{RequestsPerSecond: 50, Units: 1000}}
	first := x.group(coinsGroup, 0.05)
	require.InDelta(t, 1000, first.units, 1e-9)
	require.InDelta(t, 50, first.count(1), 2, "at first hardly anybody comes twice")
	require.InDelta(t, 1000*(1-math.Exp(-1)), first.count(20), 1e-9)
	for _, n := range []float64{0, 1, 500, 999} {
		require.InDelta(t, n, first.count(first.at(n)), 1e-6)
	}
	require.Equal(t, math.Inf(1), first.at(1000))

	x.next(Step{Share: 0.05, Soak: 20 * time.Second})
	second := x.group(coinsGroup, 0.5)
	known := 1000 * (1 - math.Exp(-1))
	require.InDelta(t, 1000-known+known*0.95, second.units, 1e-9)
	require.InDelta(t, 0.45/0.95, second.shares[Band], 1e-12)
	require.InDelta(t, 1, second.parts[Fresh]+second.parts[Band], 1e-12)
	same := x.group(coinsGroup, 0.05)
	require.InDelta(t, 1000-known, same.units, 1e-9, "without a larger share only new units count")
	require.InDelta(t, 100, same.of(0.1).units+same.of(0.1).units*known/(1000-known), 1e-9)
}

func TestSpanText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ns", 1500 * time.Microsecond: "1.50 ms", time.Second: "1 s", 9940 * time.Millisecond: "9.9 s",
		59 * time.Second: "59 s", 90 * time.Second: "1.5 min", 36 * time.Hour: "1.5 d", 23 * time.Hour: "23 h",
	} {
		require.Equal(t, want, spanText(d))
	}
}

// What docs/statistics.md shows of a plan is what it prints.
func TestDocsPlan(t *testing.T) {
	text, err := os.ReadFile("../docs/statistics.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "### 6. Reading a plan")
	_, section, _ = strings.Cut(section, "```\n")
	excerpt, _, found := strings.Cut(section, "```")
	require.True(t, found)
	handicap := Base{Missing: 0.01}
	plan := mustPlan(t, Config{
		Labels: []string{"digit"}, Numbers: []string{"confidence"}, Slices: []string{"country"},
		Criteria: []Criterion{ErrorRate{}, Latency{}, Categories{Signal: "digit"}, Distribution{Signal: "confidence"}, Backstop{}},
	}, Rollout{
		Steps: []Step{{Share: 0.05}, {Share: 0.25, Soak: time.Hour}}, RequestsPerSecond: 50,
		Base: map[string]Base{
			"error_rate": {Rate: 0.01}, "latency": handicap, "categories(digit)": handicap, "distribution(confidence)": handicap,
		},
		Slices: map[string]map[string]float64{"country": {"is": 0.05}},
	})
	printed := plan.String()
	for line := range strings.Lines(excerpt) {
		require.Contains(t, printed, line)
	}
}

// Of pairs that nobody makes nothing is promised.
func TestPlanSaysWhatNothingFeeds(t *testing.T) {
	c := Config{Numbers: []string{"score"}, Criteria: []Criterion{Disagreement{}, Difference{Signal: "score"}}}
	r := usual(0.05)
	for _, x := range []struct {
		pairs, reruns            float64
		disagreement, difference string
	}{
		{0, 0.5, "nothing feeds it: no input is seen by both models", "nothing feeds it: no input is seen by both models"},
		{5, 0, "nothing feeds it: stable runs on no input again", ""},
		{5, 0.5, "", ""},
	} {
		r.PairsPerSecond, r.RerunFraction = x.pairs, x.reruns
		p := mustPlan(t, c, r)
		for i, want := range []string{x.disagreement, x.difference} {
			require.Equal(t, want, p.Rows[i].Warning)
			require.Equal(t, want, p.Proofs[i].Warning)
			require.Equal(t, want == "", p.Rows[i].Finds)
			require.Equal(t, want == "", p.Rows[i].Changes[0].Found)
			require.Equal(t, want == "", p.Proofs[i].Found)
		}
	}
}

// Rows are in the terms of who reads them.
func TestPlanSpeaksOfWhatPeopleLookAt(t *testing.T) {
	c := Config{Numbers: []string{"stars"}, Checks: []string{"completed"}, Criteria: []Criterion{
		Rate{Signal: "completed", Want: Higher}, Mean{Signal: "stars", Want: Higher, Min: 1, Max: 5}, Mean{Signal: "stars", Role: Hold, Want: Higher, Min: 1, Max: 5, Tolerance: Strict},
	}}
	r := usual(0.5)
	r.RequestsPerSecond = 1000
	r.Base = map[string]Base{"rate(completed)": {Rate: 0.6, Missing: 1e-9}, "mean(stars)": {Values: []float64{3, 4, 5}, Missing: 1e-9}}
	p := mustPlan(t, c, r)
	completed, stars, strict := p.Rows[0], p.Rows[1], p.Rows[2]
	require.Equal(t, "completed", completed.Event)
	require.InDelta(t, 0.6, completed.Stable, 1e-12)
	require.InDelta(t, 0.57, completed.Allowed, 1e-6)
	require.Less(t, completed.Detectable, 0.57)
	require.Equal(t, "to 54 %", completed.Changes[2].Change)
	require.InDelta(t, 0.54, completed.Changes[2].Rate, 1e-12)
	require.True(t, stars.Mean)
	require.InDelta(t, 4, stars.Stable, 1e-9)
	require.InDelta(t, 4-0.05*3, stars.Allowed, 1e-6)
	require.Less(t, stars.Detectable, stars.Allowed)
	require.InDelta(t, 4, strict.Allowed, 1e-6)
	require.Greater(t, strict.Detectable, stars.Detectable)
	require.Equal(t, "to 1", stars.Changes[0].Change)
	require.Contains(t, p.String(), "mean(stars) (hold)")
}

// A session that fails is not known to have before it is over, and one call of it that
// fails is enough.
func TestPlanOfSessions(t *testing.T) {
	c := Config{Criteria: []Criterion{SessionErrorRate{Within: 90 * time.Second}, ErrorRate{}}}
	r := usual(0.5)
	r.Units, r.Base = 3000, map[string]Base{"error_rate": {Rate: 0.01}}
	row := mustPlan(t, c, r).Rows[0]
	require.InDelta(t, 1-math.Pow(0.99, 1+50.0/3000*90), row.Stable, 1e-9)
	require.True(t, row.Assumed)
	require.Greater(t, row.Changes[0].Time, 90*time.Second)
	r.Steps[0].Soak = 80 * time.Second
	require.False(t, mustPlan(t, c, r).Rows[0].Finds, "the step ends before the first session")
}

func TestPlanOfPromotion(t *testing.T) {
	proof := func(c Criterion, change func(*Rollout)) PlannedProof {
		r := usual(0.2)
		r.Base = map[string]Base{"error_rate": {Rate: 0.01}}
		change(&r)
		return mustPlan(t, Config{Criteria: []Criterion{c}}, r).Proofs[0]
	}
	same := func(*Rollout) {}
	plain := proof(ErrorRate{}, same)
	require.InDelta(t, 0.001+0.005, plain.Margin, 1e-12)
	require.Greater(t, proof(ErrorRate{Margin: 0.002}, same).Calls, plain.Calls)
	require.Less(t, proof(ErrorRate{Margin: 0.02}, same).Calls, plain.Calls)
	require.Greater(t, proof(ErrorRate{}, func(r *Rollout) { r.Steps[0].Share = 0.05 }).Time, plain.Time)
	require.Equal(t, int64(DefaultMinCalls), proof(ErrorRate{Margin: 0.5}, same).Calls)
	require.Equal(t, "takes longer than the whole ramp of 2 min", proof(ErrorRate{}, func(r *Rollout) { r.Steps[0].Soak = 2 * time.Minute }).Warning)
	few := proof(ErrorRate{}, func(r *Rollout) { r.Units = 500 })
	require.False(t, few.Found)
	require.Equal(t, "is not proven before all units have testified", few.Warning)
	silent := proof(Latency{Tolerance: Strict}, func(r *Rollout) { r.Base = map[string]Base{"latency": {Missing: 0.05}} })
	require.False(t, silent.Found)
	require.Contains(t, silent.Warning, "while 5 % of calls have no value")
	r := usual(0.2)
	require.Empty(t, mustPlan(t, Config{Criteria: []Criterion{Backstop{}, FailureModes{}, ErrorRate{Role: Observe}}}, r).Proofs, "they do not gate")
}

// Five criteria, four steps, twenty slices.
func BenchmarkPlan(b *testing.B) {
	c := Config{
		Numbers: []string{"score"}, Labels: []string{"class"}, Slices: []string{"country"},
		Criteria: []Criterion{ErrorRate{}, Latency{}, Mean{Signal: "score", Want: Higher}, Categories{Signal: "class"}, Backstop{}},
	}
	r := Rollout{Steps: []Step{{0.01, 0}, {0.05, time.Hour}, {0.25, 24 * time.Hour}, {0.5, 0}}, RequestsPerSecond: 1000}
	r.Slices = map[string]map[string]float64{"country": {}}
	for i := range 20 {
		r.Slices["country"][fmt.Sprint(i)] = 0.05 / (1 + float64(i)/10)
	}
	for b.Loop() {
		mustPlan(b, c, r)
	}
}
