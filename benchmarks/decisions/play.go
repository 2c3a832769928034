package main

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/rules"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
	"github.com/modelcanary/go-sdk/criteria"
)

// An outcome is how one trial went for one contestant.
type outcome struct {
	fired bool
	early bool // before the candidate was bad
	calls int  // of the candidate, from when it was bad until the rollback
}

// trial plays one rollout to its end or until all rules have rolled back. All of
// them see the same requests.
func (r *row) trial(contestants []contestant, rng *rand.Rand) []outcome {
	if r.scene != nil {
		return r.act(contestants, rng.Uint64())
	}
	watching := make([]rules.Rule, len(contestants))
	active := make([]int, len(contestants))
	for i, c := range contestants {
		watching[i], active[i] = c.make(r), i
	}
	r.seed(watching, rng)
	outcomes := make([]outcome, len(contestants))
	calls, before := 0, 0
	var q worlds.Request
	for i := 0; i < r.requests && len(active) > 0; i++ {
		q = worlds.Request{I: i, Share: r.share}
		if r.shares != nil {
			q.Share = r.shares(i)
		}
		if i == r.start {
			before = calls
		}
		if rng.Float64() < q.Share {
			q.Arm = criteria.Candidate
		}
		r.world.Draw(rng, &q)
		if q.Arm == criteria.Candidate && (r.counts == nil || r.counts(&q)) {
			calls++
		}
		for k := 0; k < len(active); {
			if !watching[active[k]].Observe(&q) {
				k++
				continue
			}
			outcomes[active[k]] = outcome{fired: true, early: i < r.start, calls: calls - before}
			active = append(active[:k], active[k+1:]...)
		}
	}
	return outcomes
}

// act plays the scene for each contestant, with the same traffic.
func (r *row) act(contestants []contestant, seed uint64) []outcome {
	outcomes := make([]outcome, len(contestants))
	for i, c := range contestants {
		outcomes[i].fired = r.scene(rand.New(rand.NewPCG(seed, 0)), c.name == withRule)
	}
	return outcomes
}

// seed shows stable's requests before exposure to the rules that learn from them.
func (r *row) seed(watching []rules.Rule, rng *rand.Rand) {
	for i := -r.seeds; i < 0; i++ {
		q := worlds.Request{I: i, Share: r.share}
		r.world.Draw(rng, &q)
		for _, w := range watching {
			if s, ok := w.(rules.Seeder); ok {
				s.Seed(&q)
			}
		}
	}
}

// play plays all trials of a row and returns a summary for each contestant, nil
// for those that do not take part. A trial's traffic depends on the seed, the row
// and the number of the trial alone.
func (s *section) play(r *row, seed uint64, workers int) []*summary {
	var entered []contestant
	var place []int
	for i, c := range s.contestants {
		if r.takes(c) {
			entered, place = append(entered, c), append(place, i)
		}
	}
	outcomes := make([][]outcome, r.trials)
	stream := seed ^ hash(s.id(r))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for t := int(next.Add(1)) - 1; t < r.trials; t = int(next.Add(1)) - 1 {
				outcomes[t] = r.trial(entered, rand.New(rand.NewPCG(stream, uint64(t))))
			}
		})
	}
	wait.Wait()
	summaries := make([]*summary, len(s.contestants))
	for i, p := range place {
		summaries[p] = newSummary(outcomes, i)
	}
	return summaries
}

func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum64()
}
