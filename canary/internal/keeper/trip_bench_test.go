package keeper

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/telemetry"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// BenchmarkTrip is the time from the verdict until the next request is stable's, p50-ns and p99-ns, and beside it that of the whole trip, with what is said of it to
// the store, the trail and the hook: call-p50-ns.
func BenchmarkTrip(b *testing.B) {
	judge, err := criteria.NewJudge(criteria.Config{Criteria: []criteria.Criterion{criteria.Backstop{}}})
	if err != nil {
		b.Fatal(err)
	}
	state := rollback.State{}.Next("2").Expose(0.5)
	k, err := Start(Config{
		Name: "test", Version: "2", Judge: judge, Slots: 64, Deadline: time.Second, Share: 0.5, Flag: flags.Config{Client: isolated.NewAPI().NewClient()},
		Abandoned: func() int { return 0 }, MaxAbandoned: 64, Recorder: new(telemetry.Recorder), Manual: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = k.Close(context.Background(), false) }()
	var effects, calls []time.Duration
	for b.Loop() {
		b.StopTimer()
		expose(b, k, state)
		began := time.Now()
		k.mu.Lock()
		k.withdraw()
		effects = append(effects, time.Since(began))
		k.mu.Unlock()
		if k.plan.Load().Threshold != 0 {
			b.Fatal("still exposed")
		}
		expose(b, k, state)
		b.StartTimer()
		began = time.Now()
		k.trip("keeper", "criterion error_rate: worse", "error_rate", "local")
		calls = append(calls, time.Since(began))
	}
	slices.Sort(effects)
	slices.Sort(calls)
	b.ReportMetric(float64(effects[len(effects)/2]), "p50-ns")
	b.ReportMetric(float64(effects[len(effects)*99/100]), "p99-ns")
	b.ReportMetric(float64(calls[len(calls)/2]), "call-p50-ns")
}

func expose(b *testing.B, k *Keeper, state rollback.State) {
	b.Helper()
	k.mu.Lock()
	k.latch, k.lit = rollback.NewLatch(state), true
	k.publish()
	k.mu.Unlock()
	if k.plan.Load().Threshold == 0 {
		b.Fatal("nothing to take away")
	}
}
