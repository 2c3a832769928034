package keeper

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
)

// awaiting is a world that waits for corrections, an hour long.
func awaiting(t testing.TB) *world {
	t.Helper()
	w := newWorld(t, 50)
	list := []criteria.Criterion{criteria.Feedback{Signal: "corrected", Want: criteria.Lower, Within: time.Hour}}
	judge, err := criteria.NewJudge(criteria.Config{Criteria: list})
	require.NoError(t, err)
	w.Judge, w.Slots = judge, 4096
	w.Feedback = Feedback{Windows: criteria.FeedbackWindows(list), Trusting: []bool{false}, MaxOpen: 10_000, MaxPerUnit: 10, MaxReports: 1000, Remember: 2 * time.Hour}
	return w
}

// reportOn is a report on the request of a unit, see begin.
func reportOn(k *Keeper, number int, id uint64) *Report {
	plan, unit := k.Plan(), uint64(number)*0x9e3779b97f4a7c15
	r := &Report{Unit: unit, Cohort: k.Cohort(plan.Step), ID: id, Signal: "corrected", Value: 1}
	if route.Bucket(unit, plan.Salt) < plan.Threshold {
		r.Arm = criteria.Candidate
	}
	return r
}

// Who must not wait does not, whatever the keeper does; what they report is taken afterwards, as far as it can be kept.
func TestReportSoonNeverWaits(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		k := awaiting(t).start(t)
		begin(k, 1).Settle(ledger.OK, false, 1)
		pass(time.Second)
		b := k.fold.feedback
		b.mu.Lock() // as while windows are judged or saved
		const more = 3
		for i := range maxHurried + more {
			k.ReportSoon(reportOn(k, 1, uint64(i)))
		}
		require.EqualValues(t, more, b.lost.Load())
		b.mu.Unlock()
		pass(time.Second)
		s := k.Snapshot().Feedback
		require.EqualValues(t, more, s.Lost)
		require.EqualValues(t, 10, s.Counted, "as many as one unit may have")
		k.ReportSoon(reportOn(k, 1, 1<<40))
		require.Equal(t, Capped, k.Report(reportOn(k, 1, 1<<41)))
	})
}

// Reports are told apart by decision, unit, cohort, signal and source.
func TestFingerprints(t *testing.T) {
	r := Report{ID: 1, Unit: 2, Cohort: 3, Signal: "a"}
	seen := map[uint64]bool{r.fingerprint(): true}
	for _, change := range []func(*Report){
		func(r *Report) { r.ID++ }, func(r *Report) { r.Unit++ }, func(r *Report) { r.Cohort++ },
		func(r *Report) { r.Signal = "b" }, func(r *Report) { r.Client = true }, func(r *Report) { r.ID, r.Unit = 2, 1 },
	} {
		x := r
		change(&x)
		require.False(t, seen[x.fingerprint()])
		seen[x.fingerprint()] = true
	}
	same := r
	same.Value, same.Age, same.Arm = 5, time.Hour, criteria.Candidate
	require.Equal(t, r.fingerprint(), same.fingerprint(), "what is said is not who says it")
}

// The memory for so many reports is a power of two of what one filter has room for.
func TestOnceBytes(t *testing.T) {
	for ids, mib := range map[int]int{1: 1, 600_000: 1, 600_001: 2, 10_000_000: 32} {
		require.Equal(t, mib<<20, onceBytes(ids), ids)
	}
}
