//go:build !race

package canary

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/rollback"
)

// restless is an epoch of many lives, of a thousand requests each.
type restless struct {
	keyless bool
	anew    bool    // the store keeps no evidence: every life begins anew, as before there was any to keep
	defect  float64 // what the candidate adds to the risk of its users
}

const lives = 20

func (r restless) play(seed uint64) ending {
	memory := rollback.NewMemory()
	set := setup{percent: 20, every: 50, change: func(cfg *Config[question, answer]) {
		cfg.Store = memory
		if r.anew {
			cfg.Store = struct{ rollback.Store }{memory}
		}
	}}
	if r.keyless {
		set = set.withoutKeys()
	}
	tr := newTrial(seed, set)
	p := newPeople(tr, 20_000)
	counted := 0
	for life := 0; life < lives && !tr.over(); life++ {
		if life > 0 {
			if r.anew {
				counted += heard(tr)
			}
			tr.restart()
		}
		for i := 0; i < 1000 && !tr.over(); i++ {
			tr.ask(p.suffering(r.defect))
		}
	}
	counted += heard(tr)
	e := tr.end()
	e.testified = counted
	return e
}

// heard is how many requests were evidence.
func heard(tr *trial) int {
	arms := tr.c.present().keeper.Snapshot().Arms
	return int(arms[Stable].Counted + arms[Candidate].Counted)
}

// Twenty lives have one alpha together, and the evidence of all of them.
func TestSimRestarts(t *testing.T) {
	for _, keyless := range []bool{false, true} {
		t.Run(map[bool]string{false: "with keys", true: "without keys"}[keyless], func(t *testing.T) {
			t.Parallel()
			tell := func(what string, endings []ending) {
				least, most := endings[0].testified, 0
				for _, e := range endings {
					least, most = min(least, e.testified), max(most, e.testified)
				}
				t.Logf("%s: %d of %d rolled back, routing broken in %d, on %d to %d requests", what,
					count(endings, wasRolledBack), len(endings), count(endings, wasBroken), least, most)
			}
			same := restless{keyless: keyless}
			requireKept(t, same.play)
			old := same
			old.anew = true
			tell("equal models, every life anew", repeat(trials, old.play))

			same.defect = 0.015
			if !keyless {
				same.defect = 0.05
			}
			old.defect = same.defect
			endings := repeat(trials, same.play)
			tell(fmt.Sprintf("%v worse", same.defect), endings)
			found := count(endings, wasRolledBack)
			require.Greater(t, found, trials*9/10)
			endings = repeat(trials, old.play)
			tell(fmt.Sprintf("%v worse, every life anew", same.defect), endings)
			require.Less(t, count(endings, wasRolledBack), found*3/4)
		})
	}
}
