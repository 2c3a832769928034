//go:build !race

package canary

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

// visitors come and go: each asks a few times, again at once after a failure, and one in ten fails at half of the calls. defect is what the candidate adds to the
// risk from the second call on.
func visitors(seed uint64, defect float64, criterion criteria.Criterion, change func(*Config[question, answer])) ending {
	const requests, present = 12_000, 50
	tr := newTrial(seed, setup{percent: 20, every: 10, change: func(cfg *Config[question, answer]) {
		cfg.Criteria = []criteria.Criterion{criterion, criteria.Backstop{Limit: 0.999, Weight: 0.001}}
		if change != nil {
			change(cfg)
		}
	}})
	type visitor struct {
		name  string
		calls int
		risk  float64
	}
	var here [present]visitor
	for i, came := 0, 0; i < requests && !tr.over(); i++ {
		v := &here[tr.rng.IntN(present)]
		if v.calls == 0 || tr.rng.IntN(8) == 0 {
			*v = visitor{name: strconv.FormatUint(seed, 36) + "/" + strconv.Itoa(came)}
			if came++; tr.rng.IntN(10) == 0 {
				v.risk = 0.5
			}
		}
		added := 0.0
		if v.calls > 0 {
			added = defect
		}
		v.calls++
		tr.ask(question{user: v.name, harm: [2]bool{tr.fails(v.risk), tr.fails(v.risk + added)}})
	}
	return tr.end()
}

// What no first call shows is found in sessions, and nowhere else; equal models are left alone.
func TestSimSessions(t *testing.T) {
	t.Parallel()
	sessions := criteria.SessionErrorRate{Calls: 5, Within: 30 * time.Second, Tolerance: criteria.Strict}
	requireKept(t, func(seed uint64) ending { return visitors(seed, 0, sessions, nil) })
	requireKept(t, func(seed uint64) ending {
		return visitors(seed, 0, sessions, func(cfg *Config[question, answer]) { cfg.Sentinel = 0.05 })
	})
	found := count(repeat(trials, func(seed uint64) ending { return visitors(seed, 0.1, sessions, nil) }), wasRolledBack)
	blind := count(repeat(without, func(seed uint64) ending {
		return visitors(seed, 0.1, criteria.ErrorRate{Tolerance: criteria.Strict}, nil)
	}), wasRolledBack)
	t.Logf("10 points from the second call on: found in %d of %d; by first calls alone in %d of %d", found, trials, blind, without)
	require.GreaterOrEqual(t, found, trials*95/100)
	require.LessOrEqual(t, blind, without/20)
}
