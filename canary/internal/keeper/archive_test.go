package keeper

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// vault is a memory whose evidence can be lost, late and broken.
type vault struct {
	*rollback.Memory
	mu    sync.Mutex
	save  func(context.Context) error // before each save; nil: nothing
	load  func(context.Context) error
	saves int // acknowledged
}

func (v *vault) breakSave(f func(context.Context) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.save = f
}

func (v *vault) SaveEvidence(ctx context.Context, epoch uint64, data []byte) error {
	v.mu.Lock()
	save := v.save
	v.mu.Unlock()
	if save != nil {
		if err := save(ctx); err != nil {
			return err
		}
	}
	err := v.Memory.SaveEvidence(ctx, epoch, data)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err == nil {
		v.saves++
	}
	return err
}

func (v *vault) LoadEvidence(ctx context.Context) (uint64, []byte, error) {
	if v.load != nil {
		if err := v.load(ctx); err != nil {
			return 0, nil, err
		}
	}
	return v.Memory.LoadEvidence(ctx)
}

// saved is how often evidence was saved.
func (v *vault) saved() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.saves
}

// copied is what another process finds that begins now.
func (v *vault) copied(t *testing.T) *vault {
	t.Helper()
	c := &vault{Memory: rollback.NewMemory()}
	state, err := v.Load(t.Context())
	require.NoError(t, err)
	_, err = rollback.Save(t.Context(), c, state)
	require.NoError(t, err)
	if epoch, data, err := v.Memory.LoadEvidence(t.Context()); err == nil {
		require.NoError(t, c.Memory.SaveEvidence(t.Context(), epoch, data))
	}
	return c
}

// declared are the criteria of a world.
func declared() criteria.Config {
	return criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Latency{Role: criteria.Hold}, criteria.SessionErrorRate{}, criteria.Backstop{}}}
}

// remembering is a world whose evidence is kept in a vault.
func remembering(t testing.TB, v *vault) *world {
	t.Helper()
	w := newWorld(t, 50)
	judge, err := criteria.NewJudge(declared())
	require.NoError(t, err)
	w.Judge, w.Store, w.Slots = judge, v, 4096
	w.Windows = sessions.Config{Calls: 2, Within: time.Hour}
	w.Memory = &Memory{
		Declared: "stable \"1\"",
		Texts:    func() criteria.Dictionary { return criteria.Dictionary{} },
		Put:      func(criteria.Dictionary) error { return nil },
		Restore:  func(data []byte) (*criteria.Judge, error) { return criteria.RestoreJudge(declared(), data) },
	}
	return w
}

func newVault() *vault { return &vault{Memory: rollback.NewMemory()} }

// serve lets units be served, each once, from one on.
func serve(k *Keeper, from, units int) {
	for i := range units {
		begin(k, from+i).Settle(ledger.OK, false, 1)
	}
}

// begin begins a request of a unit, in the arm of its bucket.
func begin(k *Keeper, number int) ledger.Hold {
	plan, unit := k.Plan(), uint64(number)*0x9e3779b97f4a7c15
	mark := plan.Mark
	if route.Bucket(unit, plan.Salt) < plan.Threshold {
		mark |= ledger.Candidate
	}
	h := k.Ledger.Reserve(unit, plan.Step, mark, plan.Spent)
	h.Begin(k.Now())
	return h
}

// heard is how many requests were evidence.
func heard(k *Keeper) uint64 {
	s := k.Snapshot()
	return s.Arms[0].Counted + s.Arms[1].Counted
}

func TestEvidenceIsSavedNowAndThen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		k := remembering(t, v).start(t)
		for range 100 {
			serve(k, int(time.Now().UnixMilli()), 3)
			pass(time.Second)
		}
		busy := v.saved()
		require.InDelta(t, 10, busy, 1, "every ten seconds")
		pass(time.Minute)
		require.LessOrEqual(t, v.saved(), busy+1)
		pass(2 * time.Hour) // until the last session has ended
		idle := v.saved()
		pass(time.Hour)
		require.Equal(t, idle, v.saved(), "nothing is new")

		serve(k, 1, 1)
		require.NoError(t, k.Close(t.Context(), false))
		require.Equal(t, idle+1, v.saved(), "and at the end")
		require.NoError(t, k.Close(t.Context(), false))
		require.Equal(t, idle+1, v.saved())
	})
}

// The clock of a step is worth a save a minute, until it has run down.
func TestSoakIsSavedNowAndThen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		w := remembering(t, v)
		w.Ramp = rollback.Ramp{Steps: []float64{0.5}, Soak: 10 * time.Minute}
		w.start(t)
		pass(11 * time.Minute)
		soaked := v.saved()
		require.InDelta(t, 10, soaked, 2)
		pass(time.Hour)
		require.LessOrEqual(t, v.saved(), soaked+1)
	})
}

func TestEvidenceOfNobodyIsNotKept(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		for name, change := range map[string]func(w *world){
			"a store without evidence": func(w *world) { w.Store = struct{ rollback.Store }{v} },
			"no store":                 func(w *world) { w.Store = nil },
			"nothing to go on by":      func(w *world) { w.Memory = nil },
		} {
			w := remembering(t, v)
			change(w)
			k, err := Start(w.Config)
			require.NoError(t, err)
			serve(k, 1, 100)
			pass(time.Minute)
			require.NoError(t, k.Close(t.Context(), false))
			require.Zero(t, v.saved(), name)
			require.NotContains(t, w.told(), EvidenceLost, name)
		}
	})
}

// Whatever becomes of the evidence: the trip, its way to the store and the requests do not wait.
func TestHangingEvidenceDelaysNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v, release := newVault(), make(chan struct{})
		v.breakSave(func(context.Context) error { <-release; return nil })
		w := remembering(t, v)
		k, err := Start(w.Config)
		require.NoError(t, err)
		serve(k, 1, 100)
		pass(time.Minute)
		serve(k, 101, 100)
		pass(time.Second)
		require.EqualValues(t, 200, heard(k), "the keeper folds")

		began := time.Now()
		require.NoError(t, k.Rollback(t.Context(), "alice", "worse").Err)
		require.Less(t, time.Since(began), 20*time.Millisecond)
		state, err := v.Load(t.Context())
		require.NoError(t, err)
		require.True(t, state.Tripped())

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = k.Close(ctx, false)
		require.ErrorContains(t, err, "the evidence is still being saved")
		require.NotContains(t, err.Error(), "the state")
		require.NotContains(t, err.Error(), "delivered")
		close(release)
		require.NoError(t, k.Close(t.Context(), false), "it is tried again")
		require.Positive(t, v.saved())
	})
}

// A store that minds its context is told to give up when Close is.
func TestHangingEvidenceIsToldToGiveUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		v.breakSave(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		w := remembering(t, v)
		k, err := Start(w.Config)
		require.NoError(t, err)
		serve(k, 1, 100)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, k.Close(ctx, false), "still being saved")
		pass(time.Second) // the bubble must end without a goroutine
		v.breakSave(func(context.Context) error { return errFull })
		require.ErrorIs(t, k.Close(t.Context(), false), errFull)
	})
}

// What one close has given up, and has not come back yet, is tried again by the next one that has the time.
func TestEvidenceGivenUpIsSavedByTheNextClose(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		back := make(chan struct{})
		v.breakSave(func(ctx context.Context) error { <-ctx.Done(); <-back; return ctx.Err() })
		k, err := Start(remembering(t, v).Config)
		require.NoError(t, err)
		serve(k, 1, 100)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, k.Close(ctx, false), "still being saved")
		closed := make(chan error)
		go func() { closed <- k.Close(t.Context(), false) }()
		pass(time.Second)
		v.breakSave(nil)
		close(back)
		require.NoError(t, <-closed)
		require.Equal(t, 1, v.saved())
	})
}

// Evidence that was given up is not missed once another epoch is on record.
func TestEvidenceGivenUpOfAnEpochThatIsOver(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		v.breakSave(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		w := remembering(t, v)
		k, err := Start(w.Config)
		require.NoError(t, err)
		serve(k, 1, 100)
		pass(2 * archiveEvery) // it hangs
		next := k.State().Next("3")
		_, err = rollback.Save(t.Context(), v, next)
		require.NoError(t, err)
		require.NoError(t, w.hand.Set(rollout, 60)) // something to save
		pass(time.Second)
		require.True(t, k.clerk.knows(next.Epoch))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, k.Close(ctx, false), "still being saved")
		require.NoError(t, k.Close(t.Context(), false))
		require.Zero(t, v.saved())
	})
}

func TestFailingEvidenceIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := newVault()
		v.breakSave(func(context.Context) error { return errFull })
		w := remembering(t, v)
		k := w.start(t)
		serve(k, 1, 100)
		pass(65 * time.Second)
		require.InDelta(t, 6, k.StoreFailures(), 1, "though nothing is new")
		require.Equal(t, 1, w.tally()[StoreFailed], "it is told once")
		require.Contains(t, w.message(StoreFailed), "evidence is not durable: full")
		v.breakSave(func(context.Context) error { panic("oh") })
		pass(15 * time.Second)
		require.Equal(t, 1, w.tally()[StoreFailed])
		v.breakSave(nil)
		pass(15 * time.Second)
		require.Equal(t, 1, v.saved())
		require.Equal(t, 1, w.tally()[StoreRecovered])
		failures := k.StoreFailures()
		pass(time.Minute)
		require.Equal(t, failures, k.StoreFailures())
		require.Equal(t, 1, v.saved())
	})
}

// Evidence that does not come begins anew; the state does not wait for ever, and what comes too late is not believed.
func TestEvidenceThatIsNotRead(t *testing.T) {
	for name, load := range map[string]func(release chan struct{}) func(context.Context) error{
		"late": func(release chan struct{}) func(context.Context) error {
			return func(context.Context) error { <-release; return nil }
		},
		"broken": func(chan struct{}) func(context.Context) error { return func(context.Context) error { return errFull } },
		"panic":  func(chan struct{}) func(context.Context) error { return func(context.Context) error { panic("oh") } },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				v := first(t, 200)
				release := make(chan struct{})
				v.load = load(release)
				w := remembering(t, v)
				k := w.start(t)
				pass(recallWait)
				require.InDelta(t, 0.5, k.Plan().Share, 1e-12)
				require.Equal(t, 1, w.tally()[EvidenceLost], w.told())
				require.Zero(t, heard(k))
				serve(k, 1, 100)
				pass(20 * time.Second)
				require.Zero(t, heard(k), "every unit counts as seen")
				close(release)
				pass(20 * time.Second)
				require.Zero(t, heard(k))
				require.Equal(t, 2, v.saved(), "it is kept from now on")
			})
		})
	}
}

// A process that is told to end while its evidence is read waits for that, too.
func TestCloseWhileEvidenceIsRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		v := first(t, 10)
		v.load = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		k, err := Start(remembering(t, v).Config)
		require.NoError(t, err)
		pass(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, k.Close(ctx, false), "the evidence is still being saved")
		require.NoError(t, k.Close(t.Context(), false))
	})
}

// first is what a process leaves that has served units and ended.
func first(t *testing.T, units int) *vault {
	t.Helper()
	v := newVault()
	k, err := Start(remembering(t, v).Config)
	require.NoError(t, err)
	serve(k, 1, units)
	require.NoError(t, k.Close(t.Context(), false))
	require.EqualValues(t, units, heard(k))
	require.Equal(t, 1, v.saved())
	return v
}

// Many at once: passes, looks, ends.
func TestArchiveConcurrentSafe(t *testing.T) {
	v := newVault()
	k, err := Start(remembering(t, v).Config)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				k.awake.Add(int64(archiveEvery))
				k.fold.changes.Add(1)
				k.archive.keep(false)
				_ = k.Snapshot()
			}
		})
		wg.Go(func() {
			if err := k.Close(context.Background(), false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, k.Close(context.Background(), false))
	require.Positive(t, v.saved())
	require.Nil(t, k.archive.running)
}

// tally is how often each event was told, message what the last of a kind said.
func (w *world) tally() map[EventKind]int {
	n := map[EventKind]int{}
	for _, kind := range w.told() {
		n[kind]++
	}
	return n
}

func (w *world) message(kind EventKind) (text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Kind == kind {
			text = e.Message
		}
	}
	return text
}
