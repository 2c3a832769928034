package criteria

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cellOf observes one call and returns the cell it was counted in.
func cellOf(t *testing.T, c Criterion, o Observation) int {
	t.Helper()
	j := mustJudge(t, Config{Numbers: []string{"other", "score"}, Labels: []string{"class"}, Criteria: []Criterion{c}})
	e := j.NewEvidence()
	e.Observe(Band, &o)
	row := e.tables[coinsGroup].row(int(Band), int(o.Arm))
	require.Equal(t, uint64(1), e.tables[coinsGroup].total())
	for cell, n := range row {
		if n == 1 {
			return cell
		}
	}
	t.Fatal("not counted")
	return 0
}

func TestObserveCells(t *testing.T) {
	score := Distribution{Signal: "score"}
	class := Categories{Signal: "class"}
	ms := time.Millisecond
	for _, c := range []struct {
		name      string
		criterion Criterion
		o         Observation
		cell      int
	}{
		{"fine", ErrorRate{}, Observation{}, 0},
		{"failed", ErrorRate{}, Observation{Outcome: Failed}, 1},
		{"overdue is harm", ErrorRate{}, Observation{Outcome: Overdue}, 1},
		{"cancelled is not harm", ErrorRate{}, Observation{Outcome: Cancelled, Arm: Candidate}, cancelledCell},
		{"latency", Latency{}, Observation{Latency: ms}, latencyBin(ms)},
		{"latency of the candidate is not moved", Latency{Tolerance: 1}, Observation{Arm: Candidate, Latency: ms}, latencyBin(ms)},
		{"no latency", Latency{}, Observation{Latency: -1}, latencyBins},
		{"latency of a failure", Latency{}, Observation{Outcome: Failed, Latency: ms}, latencyBins},
		{"latency of a cancellation", Latency{}, Observation{Outcome: Cancelled, Latency: ms}, latencyBins},
		{"overdue is slowest", Latency{}, Observation{Outcome: Overdue, Latency: -1}, latencyBins - 1},
		{"number", score, Observation{Numbers: []float64{9, 0.5}}, firstBin + 32},
		{"NaN is a value", score, Observation{Numbers: []float64{9, math.NaN()}}, nanCell},
		{"number of a failure", score, Observation{Outcome: Failed, Numbers: []float64{9, 0.5}}, numberCells},
		{"number of an overdue call", score, Observation{Outcome: Overdue, Numbers: []float64{9, 0.5}}, numberCells},
		{"number marked missing", score, Observation{Missing: 1 << 1, Numbers: []float64{9, 0.5}}, numberCells},
		{"another number missing", score, Observation{Missing: 1, Numbers: []float64{9, 0.5}}, firstBin + 32},
		{"too few numbers", score, Observation{Numbers: []float64{9}}, numberCells},
		{"label", class, Observation{Labels: []uint16{7}}, 7},
		{"last label", class, Observation{Labels: []uint16{MaxLabels - 1}}, MaxLabels - 1},
		{"label out of range", class, Observation{Labels: []uint16{MaxLabels}}, MaxLabels},
		{"label far out of range", class, Observation{Labels: []uint16{math.MaxUint16}}, MaxLabels},
		{"label marked missing", class, Observation{Missing: 1 << 32, Labels: []uint16{7}}, MaxLabels},
		{"label of a cancellation", class, Observation{Outcome: Cancelled, Labels: []uint16{7}}, MaxLabels},
		{"too few labels", class, Observation{}, MaxLabels},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.cell, cellOf(t, c.criterion, c.o)) })
	}
}

func TestObserveUncountedIsForTheBackstopOnly(t *testing.T) {
	e := mustJudge(t, everyKind()).NewEvidence()
	e.Observe(Uncounted, &Observation{Arm: Stable})
	require.True(t, e.Empty())
	e.Observe(Uncounted, &Observation{Arm: Candidate, Outcome: Failed, Answered: true})
	e.Observe(Stratum(NumStrata), &Observation{Arm: Candidate})
	require.False(t, e.Empty())
	require.Zero(t, e.tables[coinsGroup].total())
	require.Equal(t, []uint64{1, 1, 0}, e.tables[callsGroup].row(0, int(Candidate)))
}

func TestObserveIgnoresWhatItDoesNotKnow(t *testing.T) {
	e := mustJudge(t, everyKind()).NewEvidence()
	e.Observe(Fresh, &Observation{Arm: 2})
	e.Observe(Fresh, &Observation{Outcome: numOutcomes})
	require.True(t, e.Empty())
	var zero Evidence
	zero.Observe(Fresh, &Observation{Arm: Candidate})
	zero.Merge(e)
	zero.Reset()
	require.True(t, zero.Empty())
}

func TestObserveAndFoldDoNotAllocate(t *testing.T) {
	j := mustJudge(t, everyKind())
	j.BeginStep([NumStrata]float64{0.5, 0.5})
	j.Fold(random(j, 1, 400), 0) // places bets
	e, list := j.NewEvidence(), benchmarkObservations()
	i := 0
	require.Zero(t, testing.AllocsPerRun(20, func() {
		e.Observe(Fresh, &list[i])
		e.Observe(Band, &list[i])
		j.Fold(e, 0)
		e.Reset()
		i++
	}))
	require.Equal(t, 1, j.sessions[coinsGroup].rounds, "no round may turn while allocations are counted")
}

// random fills evidence with calls of both arms and strata.
func random(j *Judge, seed uint64, n int) *Evidence {
	rng := rand.New(rand.NewPCG(seed, 5))
	e := j.NewEvidence()
	for range n {
		e.Observe(Stratum(rng.IntN(NumStrata+1))-1, randomCall(rng))
	}
	return e
}

func randomCall(rng *rand.Rand) *Observation {
	return &Observation{
		Arm: Arm(rng.IntN(numArms)), Outcome: Outcome(max(0, rng.IntN(40)-36)), Answered: rng.IntN(50) == 0,
		Latency: time.Duration(1e6 * math.Exp(rng.NormFloat64())),
		Numbers: []float64{rng.NormFloat64()}, Labels: []uint16{uint16(rng.IntN(12))},
		Missing: uint64(rng.IntN(20)/19) | uint64(rng.IntN(20)/19)<<32,
	}
}

func TestMergeIsAddition(t *testing.T) {
	j := mustJudge(t, everyKind())
	a, b := random(j, 1, 500), random(j, 2, 300)
	ab, ba := j.NewEvidence(), j.NewEvidence()
	ab.Merge(a)
	ab.Merge(b)
	ba.Merge(b)
	ba.Merge(a)
	require.Equal(t, ab, ba)
	require.Equal(t, a.tables[coinsGroup].total()+b.tables[coinsGroup].total(), ab.tables[coinsGroup].total())
	ab.Reset()
	require.Equal(t, j.NewEvidence(), ab)
}

func TestMergeTakesOnlyTheSameCells(t *testing.T) {
	j := mustJudge(t, everyKind())
	e := j.NewEvidence()
	narrow := everyKind()
	narrow.Criteria[2] = Distribution{Signal: "score", Max: 0.5}
	e.Merge(random(mustJudge(t, narrow), 1, 100))
	e.Merge(nil)
	e.Merge(&Evidence{})
	require.True(t, e.Empty(), "other bins are other cells")
	e.Merge(random(mustJudge(t, everyKind()), 1, 100))
	require.False(t, e.Empty(), "a judge of another replica counts the same")
}

// Replicas' counts give the evidence of the single stream, in any order.
func TestMergeOfReplicasIsTheSingleStream(t *testing.T) {
	const replicas, perReplica = 8, 100
	single, pooled, shuffled := mustJudge(t, everyKind()), mustJudge(t, everyKind()), mustJudge(t, everyKind())
	rng := rand.New(rand.NewPCG(6, 6))
	for _, j := range []*Judge{single, pooled, shuffled} {
		j.BeginStep([NumStrata]float64{0.5, 0.2})
	}
	for range 6 {
		calls := make([]*Observation, replicas*perReplica)
		for i := range calls {
			calls[i] = randomCall(rng)
		}
		stratum := func(o *Observation) Stratum { return Stratum(o.Labels[0] % NumStrata) }
		one, sum, mixed := single.NewEvidence(), pooled.NewEvidence(), shuffled.NewEvidence()
		for r := range replicas {
			part := pooled.NewEvidence()
			for _, o := range calls[r*perReplica : (r+1)*perReplica] {
				one.Observe(stratum(o), o)
				part.Observe(stratum(o), o)
			}
			sum.Merge(part)
		}
		rng.Shuffle(len(calls), func(i, k int) { calls[i], calls[k] = calls[k], calls[i] })
		for _, o := range calls {
			mixed.Observe(stratum(o), o)
		}
		require.Equal(t, one, sum)
		want := single.Fold(one, 0).LogE
		require.InDelta(t, want, pooled.Fold(sum, 0).LogE, 1e-12)
		// The same counts in pieces: within a round their order is nothing.
		require.InDelta(t, want, shuffled.Fold(mixed, 0).LogE, 1e-12)
	}
	require.NotZero(t, single.ruling.LogE)
}

func TestOrderWithinARoundIsNothing(t *testing.T) {
	first := make([]float64, 0, 4)
	for seed := range uint64(4) {
		j := mustJudge(t, everyKind())
		j.BeginStep([NumStrata]float64{0.5, 0.2})
		j.Fold(random(j, 1, 400), 0) // makes bets
		pieces := []*Evidence{random(j, 2, 20), random(j, 3, 20), random(j, 4, 20)}
		rand.New(rand.NewPCG(seed, 0)).Shuffle(3, func(i, k int) { pieces[i], pieces[k] = pieces[k], pieces[i] })
		for _, e := range pieces {
			j.Fold(e, 0)
		}
		first = append(first, j.ruling.LogE)
	}
	for _, logE := range first {
		require.InDelta(t, first[0], logE, 1e-12)
	}
}
