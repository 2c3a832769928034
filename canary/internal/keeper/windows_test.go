package keeper

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/criteria"
)

// windowNews is what a judge is told of windows.
type windowNews struct {
	shares  [criteria.NumStrata]float64 // a step begins
	stratum criteria.Stratum
	arm     criteria.Arm
	harm    bool
}

type windowNotes []windowNews

func (n *windowNotes) BeginWindows(shares [criteria.NumStrata]float64) {
	*n = append(*n, windowNews{shares: shares})
}

func (n *windowNotes) FoldWindow(stratum criteria.Stratum, arm criteria.Arm, harm bool) {
	*n = append(*n, windowNews{stratum: stratum, arm: arm, harm: harm})
}

// watching is a keeper that notes windows of two calls within a minute.
func watching(t *testing.T, change func(*world)) (*world, *Keeper, *windowNotes) {
	t.Helper()
	w := newWorld(t, 50)
	w.Manual, w.Windows = true, sessions.Config{Calls: 2, Within: time.Minute}
	if change != nil {
		change(w)
	}
	k := w.start(t)
	notes := new(windowNotes)
	k.fold.windows.to = notes
	return w, k, notes
}

// ask is a call of a unit with a mark, that ends at once.
func ask(k *Keeper, unit uint64, mark ledger.Mark, outcome ledger.Outcome) {
	plan := k.Plan()
	h := k.Ledger.Reserve(unit, plan.Step, plan.Mark|mark, plan.Spent)
	h.Begin(k.Now())
	h.Settle(outcome, false, 1)
	k.Step(0)
}

func TestWindowsOfUnits(t *testing.T) {
	step := windowNews{shares: [criteria.NumStrata]float64{0.5, 0.5}}
	const mine = ledger.Candidate
	for _, tc := range []struct {
		name string
		play func(k *Keeper)
		want windowNotes
	}{
		{"two calls", func(k *Keeper) {
			ask(k, 1, mine, ledger.OK)
			ask(k, 1, mine, ledger.Error)
			ask(k, 2, 0, ledger.OK)
			ask(k, 2, 0, ledger.OK)
		}, windowNotes{step, {arm: criteria.Candidate, harm: true}, {}}},
		{"a third call", func(k *Keeper) {
			ask(k, 1, mine, ledger.OK)
			ask(k, 1, mine, ledger.OK)
			ask(k, 1, mine, ledger.Error)
		}, windowNotes{step, {arm: criteria.Candidate}}},
		{"one call, and time", func(k *Keeper) {
			ask(k, 1, mine, ledger.Timeout)
			k.Step(time.Minute)
		}, windowNotes{step, {arm: criteria.Candidate, harm: true}}},
		{"a caller who leaves is no harm", func(k *Keeper) {
			ask(k, 1, mine, ledger.Cancelled)
			k.Step(time.Minute)
		}, windowNotes{step, {arm: criteria.Candidate}}},
		{"overdue", func(k *Keeper) {
			request(k, 1).Settle(ledger.OK, false, 1)
			late := request(k, 1)
			k.Step(0)
			k.Step(3 * time.Second)
			late.Settle(ledger.OK, false, 1)
		}, windowNotes{step, {harm: true}}},
		{"no evidence, no window", func(k *Keeper) {
			ask(k, 1, mine|ledger.Excluded, ledger.Error)
			ask(k, 1, mine, ledger.Error)
			ask(k, 0, ledger.Anonymous|ledger.Excluded, ledger.Error)
			k.Step(time.Hour)
		}, nil},
		{"nor part of one", func(k *Keeper) {
			ask(k, 1, mine, ledger.OK)
			ask(k, 1, mine|ledger.Excluded, ledger.Error)
			ask(k, 1, mine, ledger.OK)
		}, windowNotes{step, {arm: criteria.Candidate}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, k, notes := watching(t, nil)
			tc.play(k)
			require.Equal(t, tc.want, *notes)
		})
	}
}

// With a sentinel the window keeps the arm of the unit's own coin, and its shares.
func TestWindowsWithASentinel(t *testing.T) {
	_, k, notes := watching(t, func(w *world) { w.Sentinel = 0.25 })
	ask(k, 1, ledger.Sentinel, ledger.OK) // diverted
	ask(k, 1, ledger.Sentinel|ledger.Candidate, ledger.Error)
	require.Equal(t, windowNotes{{shares: [criteria.NumStrata]float64{0.5, 0.5}}, {arm: criteria.Candidate, harm: true}}, *notes)
}

// A new step ends the windows of the one before, and is told of after them.
func TestWindowsOfSteps(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w, k, notes := watching(t, nil)
		ask(k, 1, 0, ledger.Error)
		require.NoError(t, w.hand.Set(rollout, 75))
		pass(3 * time.Second)
		k.Step(0)
		require.Equal(t, 1, k.Snapshot().Sessions)
		require.InDelta(t, 0.75, k.Plan().Share, 1e-12)
		require.Empty(t, *notes, "nobody has called in the new step")
		ask(k, 2, 0, ledger.OK)
		ask(k, 2, 0, ledger.OK)
		require.Equal(t, windowNotes{
			{shares: [criteria.NumStrata]float64{0.5, 0.5}}, {harm: true}, {shares: [criteria.NumStrata]float64{0.75, 0.5}}, {},
		}, *notes)
	})
}

// The end of the keeper ends the windows, when the last call has.
func TestWindowsAtTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		_, k, notes := watching(t, nil)
		h := request(k, 1)
		ask(k, 2, 0, ledger.Error)
		require.ErrorContains(t, k.Close(context.Background(), false), "1 calls still under way")
		require.Empty(t, *notes)
		h.Settle(ledger.OK, false, 1)
		require.NoError(t, k.Close(context.Background(), false))
		require.Equal(t, windowNotes{{shares: [criteria.NumStrata]float64{0.5, 0.5}}, {}, {harm: true}}, *notes)
	})
}

// The judge is given windows under the shares of their step. Without a criterion on them there is nothing to fold.
func TestWindowsReachTheJudge(t *testing.T) {
	w := newWorld(t, 50)
	w.Manual, w.Windows = true, sessions.Config{Calls: 1, Within: time.Minute}
	k := w.start(t)
	ask(k, 1, 0, ledger.OK)
	require.Zero(t, k.fold.windows.Waiting())
	require.True(t, k.fold.windows.evidence.Empty())
	w.Windows = sessions.Config{}
	k = w.start(t)
	require.Nil(t, k.fold.windows)
	require.Zero(t, k.Snapshot().Sessions)
}
