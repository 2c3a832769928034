//go:build !race

package canary

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
)

// A candidate that fails in one country of twenty is taken out of that country, and goes on in the others, which are as well off as with stable.
func TestSimCarveOut(t *testing.T) {
	const requests, runs = 20_000, 20
	t.Parallel()
	for seed := range uint64(runs) {
		tr := newTrial(seed, setup{percent: 20, every: 10, change: func(cfg *Config[question, answer]) {
			cfg.Signals.Slices = Slices[question]{"country": func(q question) string { return q.answer.class }}
			cfg.SliceAction = criteria.CarveOut
			cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Tolerance: criteria.Strict}, criteria.Backstop{Limit: 0.999, Weight: 0.001}}
		}})
		harmed, later := 0, 0 // candidate calls in the bad country, before and after the carve
		for i := range requests {
			country := tr.rng.IntN(20)
			before := tr.served.Load()
			tr.ask(question{
				user: strconv.Itoa(i), answer: answer{class: strconv.Itoa(country)},
				harm: [2]bool{tr.fails(0.3), country == 7 || tr.fails(0.3)},
			})
			if country == 7 && tr.served.Load() > before {
				if len(tr.c.Snapshot().Carved) == 0 {
					harmed++
				} else {
					later++
				}
			}
		}
		s := tr.c.Snapshot()
		require.Len(t, s.Carved, 1, "seed %d", seed)
		require.Equal(t, "7", s.Carved[0].Slice)
		require.Equal(t, "error_rate", s.Carved[0].Criterion)
		require.Equal(t, keeper.Split, tr.c.present().keeper.Plan().Reason, "nobody is rolled back, and the split is sound")
		require.LessOrEqual(t, harmed, 40)
		require.LessOrEqual(t, later, 1, "the call that was on its way")
		require.Greater(t, tr.served.Load(), int64(requests/10), "the others go on")
		_, d, err := tr.c.Decide(t.Context(), question{user: "anybody", answer: answer{class: "7"}})
		require.NoError(t, err)
		require.Equal(t, ReasonCarved, d.Reason)
		tr.close()
	}
}
