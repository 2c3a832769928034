package rules

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// A stream hands numbered requests to a rule until it rolls back.
type stream struct {
	rule  Rule
	share float64
	i     int
	fired bool
}

func (s *stream) send(n int, arm criteria.Arm, harm bool, value float64) {
	for range n {
		if s.fired {
			return
		}
		s.fired = s.rule.Observe(&worlds.Request{I: s.i, Share: s.share, Arm: arm, Harm: harm, Value: value})
		s.i++
	}
}

// minutes sends whole minutes in which some of the candidate's calls fail; the
// rest of the traffic is stable's and fine.
func (s *stream) minutes(n, calls, harmed int) {
	for range n {
		s.send(harmed, criteria.Candidate, true, 0)
		s.send(calls-harmed, criteria.Candidate, false, 0)
		s.send(worlds.PerMinute-calls, criteria.Stable, false, 0)
	}
}

// filled are 200 calls of stable, 2 failed, and 100 of the candidate, 12 failed.
func filled() (m moments) {
	for i := range 200 {
		m.add(criteria.Stable, score(i < 2))
	}
	for i := range 100 {
		m.add(criteria.Candidate, score(i < 12))
	}
	return m
}

func score(harm bool) float64 { return Harm(&worlds.Request{Harm: harm}) }

// The wanted numbers of the formulas were computed apart, in double precision.
func TestFormulas(t *testing.T) {
	m := filled()
	d, variance := m.difference()
	check.Near(t, 0.11, d, 1e-15)
	check.Near(t, 0.0011055, variance, 1e-15)
	check.Near(t, 4.258153136263201, m.pooled(), 1e-12)

	a := NewAsymptoticCS(Harm, 0.01, 0)
	check.Near(t, 0.0023067482681430446, a.rho2, 1e-15)
	a.moments = m
	check.Near(t, 0.16222514951844288, math.Sqrt(a.squaredHalfWidth(variance)), 1e-12)

	check.Near(t, 0.410674012675375, msprtLogRatio(d, variance), 1e-12)

	check.Near(t, 0.29285587781103833, NewDKW(LinearAxis(0, 1), false, 0.01).band(100), 1e-12)
	check.Near(t, 2.3263478740408408, normalQuantile(0.99), 1e-9)
	check.Near(t, 0.01, above(2.3263478740408408), 1e-12)
}

func TestPooledWithoutVariance(t *testing.T) {
	var m moments
	m.add(criteria.Stable, 0)
	m.add(criteria.Candidate, 0)
	check.Equal(t, 0, m.pooled())
}

func TestLoss(t *testing.T) { check.Near(t, -2.5, Loss(&worlds.Request{Value: 2.5}), 0) }

// Stable never fails; the candidate fails 5 of 105: z is sqrt(5/(1-5/105)) = 2.291,
// and 6 of 106 make it 2.522.
func TestNaiveZ(t *testing.T) {
	s := stream{rule: &NaiveZ{}}
	s.send(99, criteria.Stable, false, 0)
	s.send(100, criteria.Candidate, false, 0)
	s.send(3, criteria.Candidate, true, 0)
	check.False(t, s.fired)
	s.send(1, criteria.Stable, false, 0)
	s.send(2, criteria.Candidate, true, 0)
	check.False(t, s.fired)
	s.send(1, criteria.Candidate, true, 0)
	check.True(t, s.fired)
}

func TestMinimumOfCalls(t *testing.T) {
	for _, c := range []struct {
		name string
		rule Rule
		want int // candidate calls until rollback, all failing
	}{
		{"asymptotic", NewAsymptoticCS(Harm, 0.01, 0), 1}, // one call has no variance, but stable has
		{"asymptotic 100", NewAsymptoticCS(Harm, 0.01, 100), 100},
		{"msprt", NewMSPRT(0.01, 0), 1},
		{"msprt 100", NewMSPRT(0.01, 100), 100},
		{"naive z", &NaiveZ{}, 100},
	} {
		s := stream{rule: c.rule}
		s.send(1000, criteria.Stable, false, 0)
		s.send(1, criteria.Stable, true, 0)
		s.send(1000, criteria.Candidate, true, 0)
		check.True(t, s.fired, c.name)
		check.Equal(t, c.want, s.i-1001, c.name)
	}
}

// A candidate that is better is never rolled back by the one-sided rules.
func TestBetterIsKept(t *testing.T) {
	for name, rule := range map[string]Rule{
		"asymptotic": NewAsymptoticCS(Harm, 0.01, 0), "msprt": NewMSPRT(0.01, 0),
		"naive z": &NaiveZ{}, "lindon-malek": NewLindonMalek(0.01, 10),
		"group sequential": NewGroupSequential(0.01, 1000), // and nothing happens beyond its horizon
	} {
		s := stream{rule: rule, share: 0.5}
		for i := range 2000 {
			s.send(1, criteria.Candidate, i%10 == 9, 0)
			s.send(1, criteria.Stable, i%10 != 9, 0)
		}
		check.False(t, s.fired, name)
	}
}

// One call in each arm shows no variance, which is not certainty.
func TestNoVarianceIsNoEvidence(t *testing.T) {
	for name, rule := range map[string]Rule{
		"asymptotic": NewAsymptoticCS(Harm, 0.01, 0), "msprt": NewMSPRT(0.01, 0),
	} {
		s := stream{rule: rule}
		s.send(10, criteria.Stable, false, 0)
		s.send(1, criteria.Candidate, true, 0)
		check.False(t, s.fired, name)
	}
}

// How many failed calls of the candidate in a row reach alpha = 1 %: beta functions
// computed apart; the next smaller number stays below ln 100.
func TestLindonMalek(t *testing.T) {
	for _, c := range []struct {
		kappa, share float64
		want         int
	}{{10, 0.05, 5}, {10, 0.5, 16}, {100, 0.05, 10}, {100, 0.5, 36}} {
		s := stream{rule: NewLindonMalek(0.01, c.kappa), share: c.share}
		s.send(50, criteria.Candidate, false, 0)
		s.send(1000, criteria.Candidate, true, 0)
		check.Equal(t, c.want, s.i-50, "kappa %v at %v", c.kappa, c.share)
	}
	l := NewLindonMalek(0.01, 10)
	s := stream{rule: l, share: 0.05}
	s.send(20, criteria.Stable, true, 0)
	s.send(4, criteria.Candidate, true, 0)
	check.False(t, s.fired)
	s.send(3, criteria.Candidate, true, 0)
	check.Near(t, 3.9198715344276014, l.logE, 1e-12)
}

// Labels 0 (3 of the candidate, 1 of stable) and 1 (6 of stable) at share 0.2, then
// label 0 at share 0.5 (one of the candidate) and label 1 (1 and 2).
func TestMultinomialMultipliesLabelsAndShares(t *testing.T) {
	m := NewMultinomial(0.01, 10)
	send := func(share float64, label uint16, arms ...criteria.Arm) {
		for _, arm := range arms {
			check.False(t, m.Observe(&worlds.Request{Share: share, Arm: arm, Label: label}))
		}
	}
	const s, c = criteria.Stable, criteria.Candidate
	send(0.2, 0, c, s, c, c)
	send(0.2, 1, s, s, s, s, s, s)
	check.Near(t, 0.8270361837861779, m.logE, 1e-12)
	send(0.5, 0, c)
	send(0.5, 1, c, s, s)
	// New counts at the new share: 5/10 : 1/2, and 5/10 : 1/2, 5/11 : 1/2, 6/12 : 1/2.
	check.Near(t, 0.8270361837861779+math.Log(10./11), m.logE, 1e-12)
}

// The boundaries of the O'Brien-Fleming spending function for five looks at a
// one-sided 2.5 % are in every table of group sequential designs.
func TestBoundaries(t *testing.T) {
	check.AllNear(t, []float64{4.8769, 3.3569, 2.6803, 2.2898, 2.0310}, obfBoundaries(0.025, 5), 2e-4)
	one := obfBoundaries(0.01, 1)
	check.Near(t, 2.32635, one[0], 1e-5)
}

func TestGroupSequentialLooksOnSchedule(t *testing.T) {
	g := NewGroupSequential(0.01, 5000)
	check.Equal(t, looks, len(g.boundaries))
	s := stream{rule: g}
	for range 2000 {
		s.send(1, criteria.Stable, false, 0)
		s.send(1, criteria.Candidate, true, 0)
	}
	check.True(t, s.fired)
	check.Equal(t, 0, s.i%100, "rolled back between two looks")
}

func TestFlagger(t *testing.T) {
	s := stream{rule: NewFlagger(0)}
	s.minutes(10, 200, 2) // 99 % is enough
	s.minutes(4, 200, 3)
	s.minutes(10, 200, 0) // does not forgive
	check.False(t, s.fired)
	s.minutes(1, 200, 3)
	check.True(t, s.fired)
	check.Equal(t, 25*worlds.PerMinute, s.i)

	silent := stream{rule: NewFlagger(0)}
	silent.minutes(5, 0, 0)
	check.True(t, silent.fired, "a minute without calls is a failed check")
	check.Equal(t, FlaggerSoonest, silent.i)
}

func TestFlaggerLatency(t *testing.T) {
	s := stream{rule: NewFlagger(100)}
	minute := func(slow int) {
		s.send(300-slow, criteria.Candidate, false, 50)
		s.send(slow, criteria.Candidate, false, 500)
		s.send(worlds.PerMinute-300, criteria.Stable, false, 900)
	}
	for range 10 {
		minute(2)
	}
	check.False(t, s.fired)
	for range 5 {
		minute(10)
	}
	check.True(t, s.fired)
}

func TestArgo(t *testing.T) {
	s := stream{rule: &Argo{}}
	s.minutes(50, 100, 5)
	s.minutes(15, 100, 6)
	s.minutes(5, 0, 0) // no data, no failure
	check.False(t, s.fired)
	s.minutes(5, 100, 6)
	check.True(t, s.fired)
	check.Equal(t, 75*worlds.PerMinute, s.i)

	soonest := stream{rule: &Argo{}}
	soonest.minutes(60, 100, 100)
	check.Equal(t, ArgoSoonest, soonest.i)
}

func TestQuantile(t *testing.T) {
	check.Near(t, 3.0, quantile([]float64{1, 2, 3, 4, 5}, 0.5), 1e-15)
	check.Near(t, 1.4, quantile([]float64{1, 2, 3, 4, 5}, 0.1), 1e-15)
	check.Near(t, 5.0, quantile([]float64{1, 5}, 1), 1e-15)
	check.Near(t, 7.0, quantile([]float64{7}, 0.99), 1e-15)
}

func TestWithoutOutliers(t *testing.T) {
	check.Equal(t, []float64{1, 2, 3, 4, 10}, withoutOutliers([]float64{10, 3, 1, 2, 4}), "10 is on the fence of 4 + 3 (4-2)")
	check.Equal(t, []float64{1, 2, 3, 4}, withoutOutliers([]float64{10.01, 3, 1, 2, 4}))
	check.Equal(t, 0, len(withoutOutliers(nil)))
}

// Of ten and ten values the 98 % interval starts at the 19th of the hundred sorted
// differences: 50 - 2.326 sqrt(100 21/12) = 19.2.
func TestHodgesLehmann(t *testing.T) {
	var a, b []float64
	for i := range 10 {
		a, b = append(a, float64(i)), append(b, float64(i)+3)
	}
	estimate, lower := hodgesLehmann(a, b, kayentaConfidence)
	check.Near(t, 3.0, estimate, 1e-15)
	// Differences 3-k occur 10-|k| times: -6..-2 are 1+2+3+4+5 = 15, -1 six more.
	check.Near(t, -1.0, lower, 1e-15)

	_, lower = hodgesLehmann([]float64{1, 2}, []float64{8, 9}, kayentaConfidence)
	check.Equal(t, math.Inf(-1), lower, "too few for an interval")
}

// Two minutes of an incident on stable do not hide what the other eight show.
func TestKayentaDropsOutliers(t *testing.T) {
	k := NewKayenta(FailureRate)
	k.history[criteria.Stable] = []float64{1, 1, 1, 1, 1, 1, 1, 1, 50, 50}
	k.history[criteria.Candidate] = []float64{2, 2, 2, 2, 2, 2, 2, 2, 2, 2}
	check.True(t, k.high())
}

func TestKayenta(t *testing.T) {
	for _, c := range []struct {
		name            string
		minutes, harmed int
		fired           bool
	}{
		{"equal", 60, 0, false},
		{"ten times worse", 60, 10, true},
		{"not before ten minutes", 9, 10, false},
	} {
		s := stream{rule: NewKayenta(FailureRate)}
		for i := range c.minutes {
			s.minutes(1, 100+i%5, i%2+c.harmed)
		}
		check.Equal(t, c.fired, s.fired, c.name)
		if s.fired {
			check.Equal(t, KayentaSoonest, s.i, c.name)
		}
	}
}

func TestAxis(t *testing.T) {
	linear := LinearAxis(0, 1)
	check.Equal(t, []int{0, 0, 512, 1023, 1023},
		[]int{linear.bin(-1), linear.bin(0), linear.bin(0.5), linear.bin(1), linear.bin(9)})
	log := LogAxis(0.01, 100)
	check.Equal(t, []int{0, 511, 1023}, []int{log.bin(0.001), log.bin(0.999), log.bin(1e6)})
	check.Equal(t, 0, log.bin(0))
}

// U = 17 and z = 1.7515... of {1,2,2,5} against {2,3,6,6,7}, pair by pair.
func TestMannWhitneyWithTies(t *testing.T) {
	values := map[criteria.Arm][]float64{criteria.Stable: {1, 2, 2, 5}, criteria.Candidate: {2, 3, 6, 6, 7}}
	for range 20 { // in any order
		m := NewMannWhitney(LinearAxis(0, 10), false)
		order := rand.Perm(9)
		for _, k := range order {
			arm := criteria.Arm(k / 4 & 1)
			if k == 8 {
				m.add(criteria.Candidate, m.axis.bin(values[criteria.Candidate][4]))
				continue
			}
			m.add(arm, m.axis.bin(values[arm][k%4]))
		}
		check.Near(t, 17.0, m.wins, 1e-12)
		check.Near(t, 30.0, m.ties, 1e-12)
		check.Near(t, 1.751521078079428, m.z(), 1e-12)
	}
}

func TestMannWhitneySides(t *testing.T) {
	for _, c := range []struct {
		twoSided bool
		value    float64
		want     bool
	}{{false, 0.9, true}, {false, 0.1, false}, {true, 0.1, true}, {true, 0.5, false}} {
		s := stream{rule: NewMannWhitney(LinearAxis(0, 1), c.twoSided)}
		s.send(200, criteria.Stable, false, 0.5)
		s.send(200, criteria.Candidate, false, c.value)
		check.Equal(t, c.want, s.fired, "%+v", c)
		if s.fired {
			check.Equal(t, 300, s.i, "not before 100 calls")
		}
	}
}

// Arms that never overlap are a distance of 1 apart: found as soon as the bands
// together are below 1.
func TestDKW(t *testing.T) {
	d := NewDKW(LinearAxis(0, 1), false, 0.01)
	s := stream{rule: d}
	s.send(1000, criteria.Stable, false, 0.2)
	s.send(100, criteria.Candidate, false, 0.8)
	check.True(t, s.fired)
	n := float64(s.i - 1000)
	check.AtMost(t, d.band(1000)+d.band(n), 1.0)
	check.Below(t, 1.0, d.band(1000)+d.band(n-1))

	other := stream{rule: NewDKW(LinearAxis(0, 1), false, 0.01)}
	other.send(1000, criteria.Stable, false, 0.8)
	other.send(100, criteria.Candidate, false, 0.2)
	check.False(t, other.fired, "faster is not worse")
}

// The distance that is computed only when it matters finds what computing it each
// time finds.
func TestDKWSkipsNothing(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		d, fired := NewDKW(LinearAxis(0, 1), seed%2 == 0, 0.01), false
		for i := 0; i < 4000 && !fired; i++ {
			r := worlds.Request{I: i, Arm: criteria.Arm(random.IntN(2))}
			r.Value = random.Float64() * (1 + 0.4*float64(r.Arm))
			fired = d.Observe(&r)
			if d.n[0] > 0 && d.n[1] > 0 {
				check.Equal(t, d.distance() > d.band(d.n[0])+d.band(d.n[1]), fired, "seed %d, request %d", seed, i)
			}
		}
		check.True(t, fired)
	}
	// Here each value moves the distance as far as a value can.
	d, fired := NewDKW(LinearAxis(0, 1), false, 0.01), false
	s := stream{rule: d}
	s.send(5000, criteria.Stable, false, 0.2)
	s.send(200, criteria.Candidate, false, 0.2)
	for !fired {
		s.send(1, criteria.Candidate, false, 0.8)
		fired = d.distance() > d.band(d.n[0])+d.band(d.n[1])
		check.Equal(t, fired, s.fired, "request %d", s.i)
	}
}
