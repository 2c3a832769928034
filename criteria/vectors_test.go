package criteria

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// vectors are golden numbers made by an implementation in another language that
// shares nothing with this one. What they call epoch is a round here.
type vectors struct {
	Purse []struct {
		K     int
		Purse float64
	}
	RIPr []struct {
		A, B, M, Delta, Pi float64
		Idle               bool
		A0, P0             float64
		C1                 float64 `json:"log_c1"`
		C0                 float64 `json:"log_c0"`
		S1                 float64 `json:"log_s1"`
		S0                 float64 `json:"log_s0"`
	}
	Process   []processVector
	Promotion []struct {
		M, Delta, Prior float64
		Fractions       []float64
		Epochs          []epochVector
	}
	SRM []struct {
		Candidate, Total int
		Pi               float64
		LogE             float64 `json:"log_e"`
	}
	RateInterval []struct {
		K, N                           uint64
		Alpha, Lower, Upper, Tolerance float64
	} `json:"rate_interval"`
	RatioInterval []struct {
		CandidateEvents  uint64 `json:"candidate_events"`
		Events           uint64
		Pi, Alpha, Lower float64
		Upper            *float64
		Tolerance        float64 `json:"tolerance_relative"`
	} `json:"ratio_interval"`
	Combine []struct {
		Weights  []float64
		LogE     []float64 `json:"log_e"`
		Combined float64
	}
	Merge []struct {
		Pi       float64
		Replicas []struct{ Stable, Candidate []uint64 } `json:"replica_counts"`
		LogE     float64                                `json:"pooled_log_e"`
	}
}

type processVector struct {
	Name, Kind      string
	M, Delta, Prior float64
	Levels, Scores  []float64
	TwoSided        bool `json:"two_sided"`
	Epochs          []epochVector
}

type epochVector struct {
	Pi                float64
	Stable, Candidate []uint64
	LogE              float64 `json:"log_e"`
}

const golden = 1e-9

func loadVectors(t *testing.T) (v vectors) {
	t.Helper()
	data, err := os.ReadFile("testdata/stat-vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &v))
	return v
}

func TestVectorsPurse(t *testing.T) {
	for _, v := range loadVectors(t).Purse {
		require.InDelta(t, v.Purse, purse(v.K), golden, "k = %d", v.K)
	}
}

func TestVectorsProjection(t *testing.T) {
	for i, v := range loadVectors(t).RIPr {
		l := line{m: v.M, d: v.Delta}
		pay := newPayoff(v.A, v.B, l, v.Pi)
		require.Equal(t, v.Idle, pay == payoff{}, "vector %d", i)
		a0, p0 := project(v.A, v.B, l, v.Pi)
		for _, pair := range [][2]float64{
			{v.A0, a0}, {v.P0, p0}, {v.C1, pay.c1}, {v.C0, pay.c0}, {v.S1, pay.s1}, {v.S0, pay.s0},
		} {
			require.InDelta(t, pair[0], pair[1], golden, "vector %d: want %+v, got %+v", i, v, pay)
		}
	}
}

// book builds the production book that a vector describes.
func (v *processVector) book() book {
	l := line{m: v.M, d: v.Delta}
	cells := len(v.Epochs[0].Stable)
	switch v.Kind {
	case "rate":
		if v.Name == "paired sign test on discordant pairs" {
			return Disagreement{Limit: Strict}.plan(nil, &problems{}).book
		}
		return newRateBook(v.Name, l, v.Prior)
	case "thresholds":
		return newThresholdBook(thresholds{
			cells: cells, levels: v.Levels, twoSided: v.TwoSided, line: l, atLeast: -1,
		})
	case "score":
		return newMeanBook("", l, v.Scores, v.Prior)
	}
	all := make([]int, cells)
	for id := range all {
		all[id] = id
	}
	k := answerLabels
	k.ids = cells
	b := newLabelBook(k, l, nil, "")
	b.labels, b.count = all, cells
	return &baseLabels{b}
}

// baseLabels is the part of a labelBook that bets on labels known from the start.
type baseLabels struct{ *labelBook }

func (b *baseLabels) open(p *past, shares [NumStrata]float64) {
	b.base.open(b.labelEvents(b.labels, p), shares)
}
func (b *baseLabels) read(t *sums)  { b.base.read(t) }
func (b *baseLabels) logE() float64 { return b.base.logE() }
func (b *baseLabels) close()        { b.base.close() }

// vectorMeter has so many cells; a vector brings counts, not observations.
type vectorMeter int

func (m vectorMeter) cells() int          { return int(m) }
func (vectorMeter) cell(*Observation) int { return 0 }

func TestVectorsProcess(t *testing.T) {
	all := loadVectors(t).Process
	require.Len(t, all, 14)
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			cells := len(v.Epochs[0].Stable)
			w := newWatch(nil, plan{book: v.book(), meter: vectorMeter(cells)}, 0)
			playVector(w, v.Epochs, func(i int) {
				require.InDelta(t, v.Epochs[i].LogE, w.logE, golden, "round %d", i)
			})
		})
	}
}

// playVector folds the rounds of a vector, and shows each before it is closed.
func playVector(w *watch, rounds []epochVector, show func(i int)) {
	f := newForm(&Config{}, nil)
	w.place(f.columns[coinsGroup].append(w.meter))
	s := newSession(coinsGroup, []*watch{w}, f)
	for i, round := range rounds {
		s.shares = [NumStrata]float64{round.Pi}
		s.open(0)
		copy(s.round.row(0, int(Stable)), round.Stable)
		copy(s.round.row(0, int(Candidate)), round.Candidate)
		s.round.seen = [NumStrata * numArms]uint64{1, 1}
		s.evaluate()
		show(i)
		s.close()
	}
}

func TestVectorsPromotion(t *testing.T) {
	all := loadVectors(t).Promotion
	require.Len(t, all, 4)
	for _, v := range all {
		require.Equal(t, v.Fractions, proofBets[:])
		l := line{m: v.M, d: v.Delta}
		w := newWatch(nil, plan{book: newRateBook("", l, v.Prior), meter: vectorMeter(2), safe: l}, 0)
		playVector(w, v.Epochs, func(i int) {
			logE, weakest := w.proof.logE(&w.sums, false)
			require.NotNil(t, weakest)
			require.InDelta(t, v.Epochs[i].LogE, logE, golden, "%+v, round %d", l, i)
		})
	}
}

func TestVectorsRouting(t *testing.T) {
	for _, v := range loadVectors(t).SRM {
		var r Routing
		r.BeginStep([NumStrata]float64{Fresh: v.Pi})
		for i := range v.Total {
			// Spread the candidate's units evenly: any order must do.
			arm := Stable
			if (i+1)*v.Candidate/v.Total > i*v.Candidate/v.Total {
				arm = Candidate
			}
			r.Assign(Fresh, arm)
		}
		require.InDelta(t, v.LogE, r.LogE(), golden, "%+v", v)
	}
}

func TestVectorsIntervals(t *testing.T) {
	v := loadVectors(t)
	for _, v := range v.RateInterval {
		got := RateInterval(v.K, v.N, v.Alpha)
		require.InDelta(t, v.Lower, got.Lower, v.Tolerance, "%+v", v)
		require.InDelta(t, v.Upper, got.Upper, v.Tolerance, "%+v", v)
	}
	for _, v := range v.RatioInterval {
		got := RatioInterval(v.CandidateEvents, v.Events, v.Pi, v.Alpha)
		require.InDelta(t, v.Lower, got.Lower, v.Tolerance*v.Lower, "%+v", v)
		if v.Upper == nil {
			require.True(t, math.IsInf(got.Upper, 1), "%+v", got)
			continue
		}
		require.InEpsilon(t, *v.Upper, got.Upper, v.Tolerance, "%+v", v)
	}
}

func TestVectorsCombine(t *testing.T) {
	for _, v := range loadVectors(t).Combine {
		p := &panel{role: Observe, terms: make([]float64, len(v.Weights))}
		for i := range v.Weights {
			w := &watch{logE: v.LogE[i]}
			w.setShare(v.Weights[i])
			p.watches = append(p.watches, w)
		}
		p.judge(math.Inf(1), nil)
		require.InDelta(t, v.Combined, p.logE, golden)
	}
}

func TestVectorsMerge(t *testing.T) {
	for _, v := range loadVectors(t).Merge {
		j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{Tolerance: Strict}}})
		j.BeginStep([NumStrata]float64{Fresh: v.Pi})
		pooled := j.NewEvidence()
		for _, replica := range v.Replicas {
			e := j.NewEvidence()
			observe(e, Stable, replica.Stable)
			observe(e, Candidate, replica.Candidate)
			pooled.Merge(e)
		}
		require.InDelta(t, v.LogE, j.Fold(pooled, 0).LogE, golden)
	}
}

// observe counts fine and failed calls.
func observe(e *Evidence, arm Arm, cells []uint64) {
	for cell, n := range cells {
		for range n {
			e.Observe(Fresh, &Observation{Arm: arm, Outcome: Outcome(cell), Latency: -1})
		}
	}
}

func mustJudge(t testing.TB, c Config) *Judge {
	t.Helper()
	j, err := NewJudge(c)
	require.NoError(t, err)
	return j
}
