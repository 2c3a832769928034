package keeper

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// heir is the process after one that has left this, with a change of what it declares.
func heir(t *testing.T, v *vault, change func(w *world)) (*world, *Keeper) {
	t.Helper()
	w := remembering(t, v)
	if change != nil {
		change(w)
	}
	k := w.start(t)
	pass(time.Second)
	return w, k
}

func TestEvidenceGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := first(t, 200)
		w, k := heir(t, v, nil)
		require.Equal(t, 1, w.tally()[EvidenceResumed])
		require.Contains(t, w.message(EvidenceResumed), "200 units have testified")
		require.Zero(t, w.tally()[EvidenceLost])
		require.EqualValues(t, 200, heard(k))
		serve(k, 1, 250)
		pass(time.Second)
		require.EqualValues(t, 250, heard(k), "nobody counts twice")
		require.EqualValues(t, 250, k.Snapshot().Testified)
		require.Equal(t, 50, k.Snapshot().Sessions, "sessions of before have had their second call here")
	})
}

// A process that is killed loses what came after the last save, and counts nobody twice who was in it.
func TestKill(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		w := remembering(t, v)
		w.Deadline = time.Hour
		k := w.start(t)
		serve(k, 1, 100)
		pass(archiveEvery + time.Second)
		require.Equal(t, 1, v.saved())
		slow := begin(k, 101)
		pass(time.Second) // it waits: no evidence yet
		serve(k, 102, 98)
		pass(time.Second)
		before := v.copied(t)
		pass(archiveEvery)
		require.Equal(t, 2, v.saved())
		after := v.copied(t)
		slow.Settle(ledger.OK, false, 1)

		_, early := heir(t, before, nil)
		require.EqualValues(t, 100, heard(early))
		serve(early, 1, 200)
		pass(time.Second)
		require.EqualValues(t, 200, heard(early), "those of the lost seconds are met anew")

		_, late := heir(t, after, nil)
		serve(late, 1, 300)
		pass(time.Second)
		require.EqualValues(t, 300, heard(late))
		require.EqualValues(t, 300, late.Snapshot().Testified, "also the one who was under way: the coin was spent")
	})
}

// Whatever does not fit is not believed, nor any part of it.
func TestEvidenceThatDoesNotFit(t *testing.T) {
	other := func(c criteria.Config) func(w *world) {
		return func(w *world) {
			judge, err := criteria.NewJudge(c)
			if err != nil {
				panic(err)
			}
			w.Judge = judge
			w.Memory.Restore = func(data []byte) (*criteria.Judge, error) { return criteria.RestoreJudge(c, data) }
		}
	}
	stricter, bolder := declared(), declared()
	stricter.Criteria[0] = criteria.ErrorRate{Tolerance: criteria.Strict}
	bolder.Alpha = 0.05
	for _, tc := range []struct {
		name   string
		spoil  func(epoch *uint64, data []byte) []byte
		change func(w *world)
		why    string
	}{
		{name: "cut", spoil: func(_ *uint64, b []byte) []byte { return b[:len(b)/2] }, why: "checksum"},
		{name: "empty", spoil: func(*uint64, []byte) []byte { return nil }, why: "something else"},
		{name: "one bit", spoil: func(_ *uint64, b []byte) []byte { b[len(b)/3] ^= 1; return b }, why: "checksum"},
		{name: "another epoch", spoil: func(e *uint64, b []byte) []byte { *e++; return b }, why: "of epoch 2"},
		{name: "another criterion", change: other(stricter), why: "another configuration"},
		{name: "another alpha", change: other(bolder), why: "another configuration"},
		{name: "another stable model", change: func(w *world) { w.Memory.Declared = "stable \"1.1\"" }, why: `stable "1", keyed true`},
		{name: "another name", change: func(w *world) { w.Name = "other" }, why: `canary "test"`},
		{name: "no keys", change: func(w *world) { w.Keyed = false }, why: "keyed true"},
		{name: "a sentinel", change: func(w *world) { w.Sentinel = 0.05 }, why: "sentinel 0"},
		{name: "reassignment", change: func(w *world) { w.Reassign = time.Hour }, why: "reassign 0s"},
		{name: "other sessions", change: func(w *world) { w.Windows.Calls = 3 }, why: "sessions of 2 calls"},
		{name: "ids that are taken", change: func(w *world) {
			w.Memory.Put = func(criteria.Dictionary) error { return errors.New("id 3 is taken") }
		}, why: "id 3 is taken"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				v := first(t, 200)
				epoch, data, err := v.LoadEvidence(t.Context())
				require.NoError(t, err)
				if tc.spoil != nil {
					data = tc.spoil(&epoch, data)
					require.NoError(t, v.Memory.SaveEvidence(t.Context(), epoch, data))
				}
				w, k := heir(t, v, tc.change)
				require.Equal(t, 1, w.tally()[EvidenceLost], w.told())
				require.Contains(t, w.message(EvidenceLost), tc.why)
				require.Zero(t, w.tally()[EvidenceResumed])
				require.Zero(t, heard(k))
				require.InDelta(t, 0.5, k.Plan().Share, 1e-12, "the rollout goes on all the same")
				serve(k, 201, 100)
				pass(20 * time.Second)
				if w.Keyed && w.Reassign == 0 && w.Sentinel == 0 {
					require.Zero(t, heard(k))
					require.Contains(t, k.Snapshot().Blind, "before the restart")
				}
				require.Equal(t, 2, v.saved(), "it is overwritten")
			})
		})
	}
}

// At a share that is no fraction of the buckets what the store remembers differs from what was applied by next to nothing. Nobody is in between.
func TestNobodyTestifiesInNoBand(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		_, err := rollback.Save(t.Context(), v, rollback.State{}.Next("2").Expose(0.2))
		require.NoError(t, err)
		_, k := heir(t, v, func(w *world) { require.NoError(t, w.hand.Set(rollout, 20)) })
		serve(k, 1, 100)
		pass(time.Second)
		require.Zero(t, heard(k))
		require.Contains(t, k.Snapshot().Blind, "before the restart")
	})
}

func TestEvidenceThatIsMissing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		_, err := rollback.Save(t.Context(), v, rollback.State{}.Next("2").Expose(0.5))
		require.NoError(t, err)
		w, _ := heir(t, v, nil)
		require.Contains(t, w.message(EvidenceLost), "no evidence stored")

		v = newVault()
		_, err = rollback.Save(t.Context(), v, rollback.State{}.Next("2"))
		require.NoError(t, err)
		w, k := heir(t, v, nil)
		require.Zero(t, w.tally()[EvidenceLost], "nobody was exposed, nothing is missed")
		serve(k, 1, 10)
		pass(time.Second)
		require.EqualValues(t, 10, heard(k))
	})
}

// Another version is another epoch: what is stored of the last one is nothing to it.
func TestEvidenceIsThatOfTheEpoch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := first(t, 200)
		w, k := heir(t, v, func(w *world) { w.Version = "3" })
		require.Zero(t, w.tally()[EvidenceLost]+w.tally()[EvidenceResumed])
		serve(k, 1, 100)
		pass(20 * time.Second)
		require.EqualValues(t, 100, heard(k))
		epoch, _, err := v.LoadEvidence(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, epoch)
	})
}

// A split that was broken has spoilt all that rests on it: after the restart that a person has to make, the evidence begins anew.
func TestBrokenSplitIsNotGoneOnWith(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		k, err := Start(remembering(t, v).Config)
		require.NoError(t, err)
		synctest.Wait() // of a handful of them the error rate says more than the check of the split, which is to see them all
		for i := range 200 {
			request(k, uint64(i)).Settle(ledger.OK, false, 1) // all of them stable's
		}
		pass(time.Second)
		require.Equal(t, RoutingBroken, k.Plan().Reason)
		require.NoError(t, k.Close(t.Context(), false))

		w, k := heir(t, v, nil)
		require.Contains(t, w.message(EvidenceLost), "was broken")
		require.Equal(t, Split, k.Plan().Reason)
	})
}

// A process that ends between the verdict and its way to the store: nobody meets the candidate any more.
func TestVerdictThatDidNotReachTheStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		k, err := Start(remembering(t, v).Config)
		require.NoError(t, err)
		for i := range 400 {
			h, outcome := begin(k, i), ledger.OK
			if route.Bucket(uint64(i)*0x9e3779b97f4a7c15, k.Plan().Salt) < k.Plan().Threshold {
				outcome = ledger.Error
			}
			h.Settle(outcome, outcome != ledger.OK, 1)
		}
		pass(time.Second)
		require.Equal(t, RolledBack, k.Plan().Reason)
		logE := k.Snapshot().LogE
		require.NoError(t, k.Close(t.Context(), false))
		_, data, err := v.LoadEvidence(t.Context())
		require.NoError(t, err)

		lost := newVault() // as if the state of before the trip were stored
		_, err = rollback.Save(t.Context(), lost, rollback.State{}.Next("2").Expose(0.5))
		require.NoError(t, err)
		require.NoError(t, lost.Memory.SaveEvidence(t.Context(), 1, data))
		w := remembering(t, lost)
		k = w.start(t)
		require.Equal(t, RolledBack, k.Plan().Reason, "before the first request")
		pass(time.Second)
		state, err := lost.Load(t.Context())
		require.NoError(t, err)
		require.True(t, state.Tripped())
		require.Contains(t, state.Cause.Reason, "criterion ")
		require.Equal(t, 1, w.tally()[TrippedEvent])
		require.Zero(t, w.tally()[ShareChanged], "it was never exposed")

		w, k = heir(t, v, nil)
		require.InDelta(t, logE, k.Snapshot().LogE, 0, "the evidence of a rollback is kept, for people")
		require.Zero(t, w.tally()[TrippedEvent], "it was told when it happened")
	})
}

func TestHoldAndSoakGoOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		ramp := rollback.Ramp{Steps: []float64{0.5, 1}, Soak: time.Hour}
		first := remembering(t, v)
		first.Ramp = ramp
		k, err := Start(first.Config)
		require.NoError(t, err)
		serve(k, 1, 10)
		pass(7 * time.Minute)
		k.hold("latency")
		require.NoError(t, k.Close(t.Context(), false))
		soaked := k.Snapshot().Soaked
		require.InDelta(t, 7, soaked.Minutes(), 0.1)

		w, k := heir(t, v, func(w *world) {
			w.Ramp = ramp
			require.NoError(t, w.hand.Set(rollout, 90))
		})
		require.InDelta(t, soaked.Minutes(), k.Snapshot().Soaked.Minutes(), 0.1)
		k.hold("latency")
		require.Equal(t, "criterion latency: limit reached", k.Snapshot().State.Hold.Cause.Reason)
		require.InDelta(t, 0.5, k.Plan().Share, 1e-12, "the share does not rise")
		require.Zero(t, w.tally()[HeldEvent], "it was told when it happened")
	})
}

// A step that comes with another share is another step: units of before are known, and their band may testify.
func TestAnotherShareIsAnotherStep(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := first(t, 1000)
		_, k := heir(t, v, func(w *world) { require.NoError(t, w.hand.Set(rollout, 75)) })
		serve(k, 1, 1000)
		pass(time.Second)
		band := heard(k) - 1000
		require.InDelta(t, 500, band, 60, "those above the share of before")
		serve(k, 1, 1000)
		pass(time.Second)
		require.Equal(t, 1000+band, heard(k))
	})
}

// A share that was applied after the last save has read coins that nobody knows of: no band below it testifies.
func TestHigherShareThanWasSaved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := first(t, 1000)
		state, err := v.Load(t.Context())
		require.NoError(t, err)
		_, err = rollback.Save(t.Context(), v, state.Expose(0.8))
		require.NoError(t, err)
		_, k := heir(t, v, func(w *world) { require.NoError(t, w.hand.Set(rollout, 75)) })
		serve(k, 1, 1000)
		pass(time.Second)
		require.EqualValues(t, 1000, heard(k))
		serve(k, 1001, 100)
		pass(time.Second)
		require.EqualValues(t, 1100, heard(k), "who is new testifies")
	})
}

// A pause at share 0 between two lives, and what is served in it, changes nothing in the step that waits.
func TestStepWaitsThroughAPause(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := first(t, 1000)
		_, k := heir(t, v, nil)
		serve(k, 1, 1000) // which ends the sessions
		pass(time.Second)
		inStep := k.fold.judge.Promotion().Calls
		require.Positive(t, inStep)
		require.NoError(t, k.Close(t.Context(), false))
		_, k = heir(t, v, func(w *world) { require.NoError(t, w.hand.Set(rollout, 0)) })
		serve(k, 1, 2000)
		pass(20 * time.Second)
		require.EqualValues(t, 1000, heard(k))
		require.EqualValues(t, inStep, k.fold.judge.Promotion().Calls, "to the judge, too, it is one step")
		require.NoError(t, k.Close(t.Context(), false))

		w, k := heir(t, v, func(w *world) { require.NoError(t, w.hand.Set(rollout, 0)) })
		serve(k, 1, 2000)
		pass(time.Second)
		require.NoError(t, w.hand.Set(rollout, 50))
		pass(time.Second)
		serve(k, 1, 1500)
		pass(time.Second)
		require.EqualValues(t, 1500, heard(k), "no coin was read in the pause, and none is read twice")
		require.Zero(t, k.Snapshot().RoutingLogE > 1)
	})
}

// Requests of before the evidence was there meet stable, all of them: no coin is read, and no session goes on in them.
func TestRequestsBeforeTheEvidence(t *testing.T) {
	v := newVault()
	k := manual(t, v)
	for i := range 100 {
		begin(k, i).Settle(ledger.OK, false, 1)
	}
	require.NoError(t, k.Close(t.Context(), false))
	require.Equal(t, 100, k.Snapshot().Sessions)

	away := &absent{vault: v}
	away.is.Store(true)
	w := remembering(t, v)
	w.Manual, w.Store = true, away
	k, err := Start(w.Config)
	require.NoError(t, err)
	for i := range 200 {
		request(k, uint64(i)*0x9e3779b97f4a7c15).Settle(ledger.OK, false, 1)
	}
	away.is.Store(false)
	k.Step(0)
	require.EqualValues(t, 100, heard(k))
	require.Equal(t, 100, k.Snapshot().Sessions)
	for i := range 200 {
		begin(k, i).Settle(ledger.OK, false, 1)
	}
	k.Step(0)
	require.EqualValues(t, 200, heard(k))
	require.Equal(t, 100, k.Snapshot().Sessions, "those of before have had their second call, in the step that goes on")
	require.NoError(t, k.Close(t.Context(), false))
}

// absent is a store that cannot be loaded for a while.
type absent struct {
	*vault
	is atomic.Bool
}

func (a *absent) Load(ctx context.Context) (rollback.State, error) {
	if a.is.Load() {
		return rollback.State{}, errFull
	}
	return a.vault.Load(ctx)
}

// The judge's time goes on from where it was, not from the last time that something was folded: rounds grow older while nobody asks.
func TestTheJudgesTimeGoesOn(t *testing.T) {
	v := newVault()
	for life := range 3 {
		k := manual(t, v)
		require.Equal(t, time.Duration(life)*7*time.Second, k.fold.age())
		if life == 0 {
			begin(k, 1).Settle(ledger.OK, false, 1)
			k.Step(time.Minute) // folded at the end of it
			require.Equal(t, time.Minute, k.fold.folded)
		}
		k.Step(7 * time.Second)
		k.fold.changes.Add(1)
		require.NoError(t, k.Close(t.Context(), false))
	}
}

// Periods are those of the clock on the wall, and never go back, in the next life neither. A new one has fresh coins.
func TestPeriodGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		now := time.Now()
		at := func(d time.Duration) func(w *world) {
			return func(w *world) {
				w.Reassign, w.Now = time.Hour, func() time.Time { return now.Add(d) }
			}
		}
		v := newVault()
		w := remembering(t, v)
		at(0)(w)
		k, err := Start(w.Config)
		require.NoError(t, err)
		serve(k, 1, 300)
		require.NoError(t, k.Close(t.Context(), false))
		period := k.Plan().Period

		_, k = heir(t, v.copied(t), at(-3*time.Hour))
		require.Equal(t, period, k.Plan().Period)
		serve(k, 1, 300)
		pass(time.Second)
		require.EqualValues(t, 300, heard(k))

		_, k = heir(t, v.copied(t), at(time.Hour))
		require.Equal(t, period+1, k.Plan().Period)
		serve(k, 1, 300)
		pass(time.Second)
		require.EqualValues(t, 600, heard(k))
	})
}

// Units that were thinned have spent their coin, also when the process ends before the step does.
func TestThinnedUnitsAreSeenInTheNextLife(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		w := remembering(t, v)
		w.Slots = 64
		k, err := Start(w.Config)
		require.NoError(t, err)
		var held []ledger.Hold
		for i := range 200 {
			held = append(held, begin(k, i))
		}
		for _, h := range held {
			h.Settle(ledger.OK, false, 1)
		}
		pass(time.Second)
		counted := heard(k)
		require.Less(t, counted, uint64(200))
		require.NoError(t, k.Close(t.Context(), false))

		_, k = heir(t, v, nil)
		serve(k, 0, 200)
		pass(time.Second)
		require.Equal(t, counted, heard(k))
	})
}

// So have those that were thinned in a step of which no slot was seen.
func TestUnitsThinnedInAnUnseenStepAreSeen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		w := remembering(t, v)
		w.Slots, w.Deadline = 64, time.Hour
		k, err := Start(w.Config)
		require.NoError(t, err)
		var held []ledger.Hold
		for i := range 200 {
			held = append(held, begin(k, i))
		}
		pass(time.Second)
		require.NoError(t, w.hand.Set(rollout, 75))
		pass(time.Second)
		require.InDelta(t, 0.75, k.Plan().Share, 1e-12)
		require.False(t, begin(k, 1000).Held(), "the ledger is full")
		for _, h := range held {
			h.Settle(ledger.OK, false, 1)
		}
		require.NoError(t, k.Close(t.Context(), false))

		_, k = heir(t, v, func(w *world) { require.NoError(t, w.hand.Set(rollout, 75)) })
		before := heard(k)
		position := route.Position(1000*0x9e3779b97f4a7c15%(1<<64), k.Plan().Salt)
		serve(k, 1000, 1)
		pass(time.Second)
		if position >= 0.5 {
			t.Fatalf("unit 1000 lies at %v: take another", position)
		}
		require.Equal(t, before, heard(k))
	})
}

func TestProgressIsReadAsItWasWritten(t *testing.T) {
	p := sample()
	b := p.marshal()
	var again progress
	require.NoError(t, again.unmarshal(b))
	require.Equal(t, b, again.marshal())
	require.Equal(t, p.texts, again.texts)
	require.Equal(t, p.carved, again.carved)
	for n := range b {
		require.ErrorIs(t, new(progress).unmarshal(b[:n]), errProgress, n)
		if n >= progressHeader && n < len(b)-progressTrailer {
			require.ErrorIs(t, new(progress).unmarshal(sealed(b[:n])), errProgress, "%d, with a checksum that fits", n)
		}
	}
	b[progressHeader-1]++
	require.ErrorContains(t, new(progress).unmarshal(sealed(b[:len(b)-progressTrailer])), "version 3, this release reads 1 to 2")
	b[progressHeader-1] = 0
	require.ErrorContains(t, new(progress).unmarshal(sealed(b[:len(b)-progressTrailer])), "version 0, this release reads 1 to 2")
}

// The first version had no feedback.
func TestProgressOfTheFirstVersion(t *testing.T) {
	p := sample()
	p.feedback = nil
	b := p.marshal()
	coins := len(p.coins.AppendBinary(nil))
	at := len(b) - progressTrailer - coins - 1
	require.Zero(t, b[at], "the length of no feedback")
	b = append(b[:at:at], b[at+1:len(b)-progressTrailer]...)
	b[progressHeader-1] = 1
	var read progress
	require.NoError(t, read.unmarshal(sealed(b)))
	require.Empty(t, read.feedback)
	require.Equal(t, p.windows, read.windows)
	require.Equal(t, p.marshal(), read.marshal())
}

// sealed is content with a checksum that fits.
func sealed(b []byte) []byte {
	w := append([]byte{}, b...)
	return binary.LittleEndian.AppendUint32(w, crc32.Checksum(w, castagnoli))
}

func sample() *progress {
	p := &progress{
		declared: "x", applied: 0.5, step: 0.25, told: []string{"latency"}, period: 7, soaked: time.Minute, lag: 3, judge: []byte("judge"), routing: []byte("routing"),
		windows: []byte("windows"), feedback: []byte("feedback"), counted: [2]uint64{3, 4}, sentinel: [2]uint64{1, 2}, stale: 9,
		carved: []CarvedSlice{{Carve: criteria.Carve{Dimension: 1, Cell: 2, Slice: "NZ", Criterion: "c", Finding: "f"}, At: time.Unix(0, 5)}},
		texts: criteria.Dictionary{
			Labels: [][]criteria.Entry{nil, {{ID: 3, Text: "is"}, {ID: 4, Text: "\xff"}}}, Classes: []criteria.Entry{{ID: 1, Text: "timeout"}},
			Slices: [][]criteria.Entry{{{ID: 0, Text: ""}}},
		},
	}
	p.coins.BeginStep(0.25, nil)
	return p
}

func FuzzProgress(f *testing.F) {
	f.Add(sample().marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, data := range [][]byte{b, sealed(b)} {
			var p progress
			if p.unmarshal(data) == nil {
				require.NoError(t, new(progress).unmarshal(p.marshal()))
			}
		}
	})
}

// The passes that draw are not held up for long: this is what they copy.
func BenchmarkDraw(b *testing.B) {
	for _, units := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(units), func(b *testing.B) {
			k := manual(b, newVault())
			for i := range units {
				begin(k, i).Settle(ledger.OK, false, int64(i))
				if i%1000 == 999 {
					k.Step(20 * time.Second)
				}
			}
			p := new(progress)
			for b.Loop() {
				k.draw(p)
			}
			b.ReportMetric(float64(len(p.marshal())), "bytes")
		})
	}
}

// manual is a keeper that is stepped by hand.
func manual(t testing.TB, v *vault) *Keeper {
	t.Helper()
	w := remembering(t, v)
	w.Manual = true
	k, err := Start(w.Config)
	require.NoError(t, err)
	return k
}
