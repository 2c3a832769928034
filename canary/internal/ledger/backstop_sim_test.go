//go:build !race

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
)

// When every user has testified the coins are silent; the backstop is not.
func TestSimBackstopAfterAllHaveTestified(t *testing.T) {
	t.Parallel()
	const healthy, most = 20_000, 16
	late := 0
	calls := make([]int, trials)
	onAllProcessors(trials, func(i int) { calls[i] = callsOfADeadCandidate(t, uint64(i), healthy) })
	worst := 0
	for _, n := range calls {
		worst = max(worst, n)
		if n > most {
			late++
		}
	}
	t.Logf("later than %d calls in %d of %d, at worst after %d", most, late, trials, worst)
	require.LessOrEqual(t, late, trials/100)
}

// callsOfADeadCandidate plays a healthy epoch until nobody is left to testify, then lets every candidate call fail; it returns how many there were.
func callsOfADeadCandidate(t testing.TB, seed uint64, healthy int) (calls int) {
	const share, most = 0.2, 1000
	judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Backstop{}}})
	if err != nil {
		t.Error(err)
		return most
	}
	coins, people, evidence := &Coins{Keyed: true}, newUsers(seed, 200), judge.NewEvidence()
	coins.BeginStep(share, nil)
	judge.BeginStep(coins.Shares())
	for i := 0; calls < most; i++ {
		unit := people.units[people.rng.IntN(len(people.units))]
		o := criteria.Observation{Latency: -1}
		position := route.Position(unit, testSalt)
		if position < share {
			o.Arm = criteria.Candidate
			if i >= healthy {
				calls++
				o.Outcome, o.Answered = criteria.Failed, true
			}
		}
		if o.Outcome == criteria.Fine && people.rng.Float64() < 0.01 {
			o.Outcome, o.Answered = criteria.Failed, o.Arm == criteria.Candidate
		}
		s := coins.Toss(Entry{Unit: unit}, position)
		if i >= healthy && s != criteria.Uncounted {
			t.Errorf("a coin is left after %d requests", i)
			return most
		}
		evidence.Observe(s, &o)
		if judge.Fold(evidence, time.Duration(i)*pace).RollBack {
			break
		}
		evidence.Reset()
	}
	return calls
}
