package criteria

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// everyKind is one criterion of each kind, on signals "score" and "class".
func everyKind() Config {
	return Config{
		Numbers: []string{"score"},
		Labels:  []string{"class"},
		Criteria: []Criterion{
			ErrorRate{}, Latency{}, Distribution{Signal: "score"}, Categories{Signal: "class"}, Backstop{},
		},
	}
}

// benchmarkObservations are varied enough that no branch is predicted for free.
func benchmarkObservations() []Observation {
	rng := rand.New(rand.NewPCG(1, 2))
	list := make([]Observation, 1024)
	for i := range list {
		list[i] = Observation{
			Arm:     Arm(rng.IntN(2)),
			Latency: time.Duration(1e6 * (1 + 50*rng.Float64()*rng.Float64())),
			Numbers: []float64{rng.Float64()},
			Labels:  []uint16{uint16(rng.IntN(10))},
		}
		if rng.IntN(100) == 0 {
			list[i].Outcome = Failed
		}
	}
	return list
}

func BenchmarkObserve(b *testing.B) {
	for _, bench := range []struct {
		name     string
		criteria []Criterion
	}{
		{"rate", []Criterion{ErrorRate{}}},
		{"three", []Criterion{ErrorRate{}, Latency{}, Distribution{Signal: "score"}}},
		{"all", everyKind().Criteria},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := everyKind()
			c.Criteria = bench.criteria
			e, list := mustJudge(b, c).NewEvidence(), benchmarkObservations()
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				e.Observe(Fresh, &list[i&1023])
				i++
			}
		})
	}
}

// BenchmarkObservePair counts pairs with a rerun for two criteria, with and without a
// dimension of 20 slices.
func BenchmarkObservePair(b *testing.B) {
	for _, dimensions := range []int{0, 1} {
		b.Run(fmt.Sprintf("%d dimensions", dimensions), func(b *testing.B) {
			e, list := benchmarkPairs(b, dimensions)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				e.ObservePair(&list[i&1023])
				i++
			}
		})
	}
}

// BenchmarkFoldPairs folds 1,024 pairs at a time.
func BenchmarkFoldPairs(b *testing.B) {
	for _, dimensions := range []int{0, 1} {
		b.Run(fmt.Sprintf("%d dimensions", dimensions), func(b *testing.B) {
			e, list := benchmarkPairs(b, dimensions)
			j := mustJudge(b, *e.form.config)
			b.ReportAllocs()
			for b.Loop() {
				for i := range list {
					e.ObservePair(&list[i])
				}
				j.Fold(e, 0)
				e.Reset()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(list)), "ns/pair")
		})
	}
}

func benchmarkPairs(b *testing.B, dimensions int) (*Evidence, []Pair) {
	c := Config{
		Numbers: []string{"score"}, Slices: []string{"country"}[:dimensions],
		Criteria: []Criterion{Disagreement{}, Difference{Signal: "score"}},
	}
	rng, list := rand.New(rand.NewPCG(1, 2)), make([]Pair, 1024)
	for i := range list {
		list[i] = Pair{
			Differs: rng.IntN(4) == 0, Rerun: true, RerunDiffers: rng.IntN(4) == 0,
			Differences: []float64{rng.NormFloat64()}, Slices: []uint8{uint8(i * 7 % 20)},
		}
	}
	return mustJudge(b, c).NewEvidence(), list
}

// coinCriteria are the kinds that read coins.
var coinCriteria = []Criterion{
	ErrorRate{}, Latency{}, Distribution{Signal: "score"}, Categories{Signal: "class"},
	Mean{Signal: "score", Want: Higher}, FailureModes{},
}

// warmJudge has closed rounds, so that all bets are placed.
func warmJudge(b *testing.B, criterion Criterion) (*Judge, *Evidence) {
	c := everyKind()
	c.Criteria = []Criterion{criterion}
	j := mustJudge(b, c)
	j.BeginStep([NumStrata]float64{0.5, 0.25})
	e, list := j.NewEvidence(), benchmarkObservations()
	for i := range list {
		e.Reset()
		e.Observe(Fresh, &list[i])
		e.Observe(Band, &list[i])
		j.Fold(e, 0)
	}
	return j, e
}

// BenchmarkFold folds one call of each stratum without closing a round.
func BenchmarkFold(b *testing.B) {
	for _, criterion := range coinCriteria {
		b.Run(criterion.Name(), func(b *testing.B) {
			j, e := warmJudge(b, criterion)
			b.ReportAllocs()
			for b.Loop() {
				j.Fold(e, 0)
			}
		})
	}
}

// BenchmarkRound closes a round with one call and opens the next.
func BenchmarkRound(b *testing.B) {
	for _, criterion := range coinCriteria {
		b.Run(criterion.Name(), func(b *testing.B) {
			j, e := warmJudge(b, criterion)
			b.ReportAllocs()
			for b.Loop() {
				j.sessions[coinsGroup].fold(e, 0)
				j.sessions[coinsGroup].evaluate()
				j.sessions[coinsGroup].close()
				j.sessions[coinsGroup].open(0)
			}
		})
	}
}

func BenchmarkRouting(b *testing.B) {
	var r Routing
	r.BeginStep([NumStrata]float64{0.5})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		r.Assign(Fresh, Arm(i&1))
	}
}

// BenchmarkEncode writes and reads a cohort of 250 requests and a judge of five
// criteria in 20 slices.
func BenchmarkEncode(b *testing.B) {
	j := hundredThousand(b, 20)
	e := j.NewEvidence()
	for _, o := range benchmarkObservations()[:250] {
		e.Observe(Fresh, &o)
	}
	message, state := sent(b, e), encoded(b, j)
	config := everyKind()
	config.Slices = []string{"country"}
	for name, run := range map[string]func() error{
		"append evidence":    func() error { _, err := e.AppendBinary(message[:0]); return err },
		"unmarshal evidence": func() error { return e.UnmarshalBinary(message) },
		"append judge":       func() error { _, err := j.AppendBinary(state[:0]); return err },
		"restore judge":      func() error { _, err := RestoreJudge(config, state); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPromotion is for each look: nothing of it is done by a fold.
func BenchmarkPromotion(b *testing.B) {
	for _, criterion := range coinCriteria {
		b.Run(criterion.Name(), func(b *testing.B) {
			j, _ := warmJudge(b, criterion)
			b.ReportAllocs()
			for b.Loop() {
				j.Promotion()
			}
		})
	}
}

func BenchmarkVerdicts(b *testing.B) {
	j := mustJudge(b, everyKind())
	j.BeginStep([NumStrata]float64{0.5})
	e, list := j.NewEvidence(), benchmarkObservations()
	for i := range list {
		e.Observe(Fresh, &list[i])
	}
	j.Fold(e, 0)
	b.ReportAllocs()
	for b.Loop() {
		j.Verdicts()
	}
}

// BenchmarkSlices folds 1,024 requests at a time, with five criteria, with and
// without one dimension of 20 slices.
func BenchmarkSlices(b *testing.B) {
	for _, dimensions := range []int{0, 1} {
		b.Run(fmt.Sprintf("%d dimensions", dimensions), func(b *testing.B) {
			c := everyKind()
			c.Slices = []string{"country"}[:dimensions]
			j := mustJudge(b, c)
			j.BeginStep([NumStrata]float64{0.5})
			list := benchmarkObservations()
			for i := range list {
				list[i].Slices = []uint8{uint8(i * 7 % 20)}
			}
			e := j.NewEvidence()
			b.ReportAllocs()
			for b.Loop() {
				for i := range list {
					e.Observe(Fresh, &list[i])
				}
				j.Fold(e, 0)
				e.Reset()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(list)), "ns/request")
		})
	}
}

// BenchmarkManyCriteria judges 50 criteria, each over 64 slices, after a fold in
// which every slice has news.
func BenchmarkManyCriteria(b *testing.B) {
	c := Config{Slices: []string{"country"}}
	for i := range 10 {
		signal := fmt.Sprintf("s%d", i)
		c.Numbers, c.Labels = append(c.Numbers, signal), append(c.Labels, signal)
		for _, role := range []Role{Guardrail, Hold} {
			c.Criteria = append(c.Criteria, Distribution{Signal: signal, Role: role}, Categories{Signal: signal, Role: role})
		}
	}
	for _, role := range []Role{Guardrail, Hold, Observe} {
		c.Criteria = append(c.Criteria, ErrorRate{Role: role}, Latency{Role: role})
	}
	for _, signal := range c.Numbers[:4] {
		c.Criteria = append(c.Criteria, Distribution{Signal: signal, Role: Observe})
	}
	j := mustJudge(b, c)
	j.BeginStep([NumStrata]float64{0.5})
	rng := rand.New(rand.NewPCG(1, 2))
	e := j.NewEvidence()
	fill := func(n int) {
		e.Reset()
		for i := range n {
			o := Observation{Arm: Arm(rng.IntN(2)), Latency: time.Duration(1e6 * (1 + 50*rng.Float64())), Slices: []uint8{uint8(i % SliceCells)}}
			for range 10 {
				o.Numbers, o.Labels = append(o.Numbers, rng.Float64()), append(o.Labels, uint16(rng.IntN(10)))
			}
			e.Observe(Fresh, &o)
		}
	}
	for range 20 {
		fill(10_000)
		j.Fold(e, j.now+roundAge)
	}
	fill(2 * SliceCells)
	b.ReportAllocs()
	for b.Loop() {
		j.Fold(e, j.now)
	}
}
