//go:build !race

package canary

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// When all users have testified the coins are silent. A candidate that dies then is out within 16 calls all the same.
func TestSimBackstopAfterAllHaveTestified(t *testing.T) {
	t.Parallel()
	const healthy, users, most, runs = 10_000, 200, 16, 200
	endings := repeat(runs, func(seed uint64) ending {
		tr := newTrial(seed, setup{percent: 20})
		question := func(candidate float64) question {
			return question{
				user: strconv.Itoa(int(seed)*users + tr.rng.IntN(users)),
				harm: [2]bool{tr.fails(0.01), tr.fails(candidate)},
			}
		}
		for range healthy {
			tr.ask(question(0.01))
		}
		before, testified := tr.served.Load(), tr.c.Snapshot().Testified
		for i := 0; i < 10_000 && !tr.over(); i++ {
			tr.ask(question(1))
		}
		if tr.c.Snapshot().Testified != testified {
			t.Errorf("seed %d: a coin was left", seed)
		}
		e := tr.end()
		e.calls -= int(before)
		return e
	})
	median, p90 := delays(endings)
	late := count(endings, func(e ending) bool { return !e.rolledBack || e.calls > most })
	t.Logf("median %d, 90th percentile %d candidate calls; more than %d in %d of %d", median, p90, most, late, runs)
	require.LessOrEqual(t, late, runs/100)
}
