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
		{ErrorRate{}, 30, 40},
		{Latency{}, 30, 130},
		{Distribution{Signal: "score"}, 30, 170},
		{Categories{Signal: "class"}, 34, 118},
		{Backstop{}, 30, 34},
	} {
		config := everyKind()
		config.Criteria = []Criterion{c.criterion}
		config.LabelText = func(int, uint16) string { return "text" }
		e := mustJudge(t, config).NewEvidence()
		require.InDelta(t, c.empty, len(sent(t, e)), 5, c.criterion.Name())
		for _, o := range benchmarkObservations()[:250] {
			e.Observe(Fresh, &o)
		}
		require.InEpsilon(t, c.cohort, len(sent(t, e)), 0.1, c.criterion.Name())
	}
}

func TestEncodedSizeOfAJudge(t *testing.T) {
	require.InEpsilon(t, 5_000, len(encoded(t, hundredThousand(t, 0))), 0.1)
	require.InEpsilon(t, 84_000, len(encoded(t, hundredThousand(t, 20))), 0.1)
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
