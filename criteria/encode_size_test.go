package criteria

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the encodings take, as their comments say: an empty evidence, and a cohort of
// 250 requests.
func TestEncodedSizes(t *testing.T) {
	for _, c := range []struct {
		criterion     Criterion
		empty, cohort int
	}{
		{ErrorRate{}, 30, 39},
		{FailureModes{}, 34, 69},
		{SessionErrorRate{}, 30, 39},
		{Backstop{}, 30, 33},
		{Latency{}, 30, 121},
		{LatencyObjective{Quantile: 0.99, Limit: time.Second}, 30, 39},
		{Distribution{Signal: "score"}, 30, 163},
		{Categories{Signal: "class"}, 34, 121},
		{Mean{Signal: "score", Want: Higher}, 30, 159},
		{Rate{Signal: "done", Want: Higher}, 30, 39},
		{Disagreement{}, 30, 36},
		{Difference{Signal: "score"}, 30, 36},
	} {
		config := allKinds()
		config.Criteria, config.Slices, config.Sentinel = []Criterion{c.criterion}, nil, false
		config.LabelText = func(int, uint16) string { return "text" }
		config.ClassText = func(uint16) string { return "text" }
		e := mustJudge(t, config).NewEvidence()
		require.InDelta(t, c.empty, len(sent(t, e)), 5, c.criterion.Name())
		chance := newChance(0)
		for i, o := range benchmarkObservations()[:250] {
			o.Class = uint16(i % 5)
			e.Observe(Fresh, &o)
			e.ObserveWindow(Fresh, &o)
			e.ObservePair(chance.pair())
		}
		require.InEpsilon(t, c.cohort, len(sent(t, e)), 0.1, c.criterion.Name())
	}
}

func TestEncodedSizeOfAJudge(t *testing.T) {
	require.InEpsilon(t, 7_200, len(encoded(t, hundredThousand(t, 0))), 0.1)
	require.InEpsilon(t, 56_000, len(encoded(t, hundredThousand(t, 20))), 0.1)
}

// hundredThousand is a judge of five criteria after 100,000 requests in so many slices.
func hundredThousand(t testing.TB, slices int) *Judge {
	t.Helper()
	config := everyKind()
	if slices > 0 {
		config.Slices = []string{"country"}
	}
	j := mustJudge(t, config)
	j.BeginStep(half)
	e, list := j.NewEvidence(), benchmarkObservations()
	for i := range 100_000 {
		o := &list[i%len(list)]
		if slices > 0 {
			o.Slices = []uint8{uint8(i * 7 % slices)}
		}
		e.Observe(Fresh, o)
		if i%1000 == 999 {
			j.Fold(e, time.Duration(i)*time.Millisecond)
			e.Reset()
		}
	}
	return j
}
