package canary_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

// requireServes asserts which model answers the candidate's share, in which epoch.
func requireServes(t *testing.T, c *canary.Canary[string, string], version string, epoch uint64) {
	t.Helper()
	out, d, err := c.Decide(t.Context(), keyOf(t, c, canary.Candidate))
	require.NoError(t, err)
	require.Contains(t, out, version+": ")
	require.Equal(t, version, d.Version)
	require.Equal(t, epoch, d.Epoch)
}

// A rolled-back candidate is followed by another, without a restart.
func TestBegin(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, j, _ := deploy(t, store, "2", 50)
		require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
		requireShare(t, c, 0, canary.ReasonRolledBack)
		pass(2 * time.Second)
		require.NotZero(t, c.Snapshot().Requests[canary.Stable].Calls)

		began := time.Now()
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		require.Less(t, time.Since(began), time.Second, "Begin does not wait longer than it has to")
		s := c.Snapshot()
		require.Equal(t, "3", s.Candidate)
		require.Equal(t, stableIs, s.Stable)
		require.Equal(t, uint64(2), s.State.Epoch)
		require.Equal(t, rollback.Ramping, s.State.Stage)
		require.True(t, s.Durable)
		require.Zero(t, s.Requests[canary.Stable].Calls, "counts are the epoch's")
		requireShare(t, c, 0.5, canary.ReasonSplit)
		requireServes(t, c, "3", 2)

		pass(time.Second)
		require.True(t, store.stored().Equal(c.Snapshot().State))
		require.True(t, store.stored().RolledBack("2"), "the old version stays out")
		begun := j.only(t, canary.Begun)
		require.Equal(t, "bob", begun.Actor)
		require.Equal(t, uint64(2), begun.Epoch)
		require.Equal(t, `epoch 2 of version "3"`, begun.Message)
		require.Equal(t, []canary.EventKind{canary.StateMissing, canary.ShareChanged, canary.RolledBack, canary.Begun, canary.ShareChanged}, j.kinds())
	})
}

// A person's act: the version may be one that was rolled back, even the present one.
func TestBeginABarredVersion(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, _, _ := deploy(t, store, "2", 50)
		require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("2")))
		requireServes(t, c, "2", 2)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireServes(t, c, "3", 3)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("2")))
		requireServes(t, c, "2", 4)
		pass(time.Second)
		require.False(t, store.stored().RolledBack("2"))
		require.False(t, store.stored().RolledBack("3"), "who was merely followed is not barred")
	})
}

// After a restart the epoch goes on with the version in the configuration; with the old one, which was not rolled back, a next one begins.
func TestRestartAfterBeginGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, _, end := deploy(t, store, "2", 50)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		end()
		c, j, end := deploy(t, store, "3", 50)
		require.Equal(t, uint64(2), c.Snapshot().State.Epoch)
		pass(time.Second)
		j.only(t, canary.StateResumed)
		require.Empty(t, j.all(canary.Begun))
		end()
		c, _, _ = deploy(t, store, "2", 50)
		require.Equal(t, uint64(3), c.Snapshot().State.Epoch)
	})
}

func TestBeginRefusesBadModels(t *testing.T) {
	for _, tc := range []struct {
		name   string
		model  canary.Model[string, string]
		fields []string
	}{
		{"nothing", canary.Model[string, string]{}, []string{"Candidate"}},
		{"no predictor", canary.Model[string, string]{Version: "3"}, []string{"Candidate.Predictor"}},
		{"no version", canary.Model[string, string]{Predictor: answering("x")}, []string{"Candidate.Version"}},
		{"no text", canary.Model[string, string]{Version: "\xff", Predictor: answering("x")}, []string{"Candidate.Version"}},
		{"stable's version", versionOf(stableIs), []string{"Candidate.Version"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				store := newShelf()
				c, j, _ := deploy(t, store, "2", 50)
				before := c.Snapshot().State
				err := c.Begin(t.Context(), "bob", tc.model)
				var fields []string
				for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
					var problem *canary.ConfigError
					require.ErrorAs(t, e, &problem)
					fields = append(fields, problem.Field)
				}
				require.Equal(t, tc.fields, fields)
				require.True(t, store.stored().Equal(before))
				require.Empty(t, j.all(canary.Begun))
				requireShare(t, c, 0.5, canary.ReasonSplit)
			})
		})
	}
}

func TestBeginAfterShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, _, end := deploy(t, store, "2", 50)
		end()
		require.ErrorIs(t, c.Begin(t.Context(), "bob", versionOf("3")), canary.ErrClosed)
		require.Equal(t, "2", store.stored().Version)
		end()
	})
}

func TestBeginWithAContextThatHasEnded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, _, _ := deploy(t, store, "2", 50)
		tries := store.asked()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.Begin(ctx, "bob", versionOf("3")), context.Canceled)
		require.Equal(t, tries, store.asked())
		requireShare(t, c, 0.5, canary.ReasonSplit)
	})
}

// Whatever the store does, an epoch that is not durable has not begun, and the one before goes on.
func TestBeginWithABadStore(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(s *shelf)
		says  string
	}{
		{"full", func(s *shelf) { s.breakSwap(failSwap) }, errDisk.Error()},
		{"unreadable", func(s *shelf) { s.breakLoad(failLoad) }, errDisk.Error()},
		{"panics", func(s *shelf) { s.breakLoad(func(context.Context) error { panic(s) }) }, "the store panicked with a *canary_test.shelf"},
		{"exits", func(s *shelf) { s.breakLoad(func(context.Context) error { runtime.Goexit(); return nil }) }, "ended its goroutine"},
		{"corrupt, and irreplaceable", func(s *shelf) { s.breakLoad(func(context.Context) error { return rollback.ErrCorrupt }) }, rollback.ErrCorrupt.Error()},
		{"another replica was first", func(s *shelf) {
			first := true
			s.breakSwap(func(ctx context.Context, _ rollback.State) error {
				if first {
					first = false
					stored := s.stored()
					next := stored.Next("4").RollBack(rollback.Cause{Reason: "bad"})
					_, err := s.inner.CompareAndSwap(ctx, next)
					return err
				}
				return nil
			})
		}, `another writer of the store was faster: it holds epoch 2 of version "4", rolled_back`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				store := newShelf()
				c, j, _ := deploy(t, store, "2", 50)
				key := keyOf(t, c, canary.Candidate)
				tc.spoil(store)
				require.ErrorContains(t, c.Begin(t.Context(), "bob", versionOf("3")), tc.says)
				require.Equal(t, canary.Candidate, armOf(t, c, key))
				require.Equal(t, uint64(1), c.Snapshot().State.Epoch)
				require.Equal(t, "2", c.Snapshot().Candidate)
				require.Empty(t, j.all(canary.Begun))

				store.breakLoad(nil)
				store.breakSwap(nil)
				require.NoError(t, c.Begin(t.Context(), "bob", versionOf("5")))
				requireServes(t, c, "5", store.stored().Epoch)
			})
		})
	}
}

// A store that hangs, and does not mind its context, holds up neither Begin nor Shutdown beyond theirs; the next Begin waits for it, in vain or not.
func TestBeginWithAHangingStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store, release := newShelf(), make(chan struct{})
		c, j, _ := deploy(t, store, "2", 50)
		store.breakLoad(hangLoad(release))
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			began := time.Now()
			require.ErrorIs(t, c.Begin(ctx, "bob", versionOf("3")), context.DeadlineExceeded)
			cancel()
			require.Equal(t, time.Minute, time.Since(began))
			requireShare(t, c, 0.5, canary.ReasonSplit)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, c.Shutdown(ctx), "the store has not returned to Begin")
		require.ErrorIs(t, c.Begin(t.Context(), "bob", versionOf("3")), canary.ErrClosed)
		close(release)
		require.NoError(t, c.Shutdown(t.Context()))
		require.Empty(t, j.all(canary.Begun))
	})
}

// Begins take turns.
func TestBeginWaitsForItsTurn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		c, _, _ := deploy(t, store, "2", 50)
		store.breakSwap(func(context.Context, rollback.State) error { <-time.After(time.Second); return nil })
		done := make(chan error, 5)
		for i := range 5 {
			go func() { done <- c.Begin(t.Context(), "bob", versionOf(fmt.Sprint("3-", i))) }()
		}
		for range 5 {
			require.NoError(t, <-done)
		}
		s := c.Snapshot()
		require.Equal(t, uint64(6), s.State.Epoch)
		require.Equal(t, s.State.Version, s.Candidate)
		pass(time.Minute)
		require.Equal(t, s.State.Epoch, store.stored().Epoch)
	})
}

// A Begin that waits for the store when the canary is shut down gives up at once.
func TestBeginDuringShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store, release := newShelf(), make(chan struct{})
		c, _, end := deploy(t, store, "2", 50)
		store.breakLoad(hangLoad(release))
		done := make(chan error, 1)
		go func() { done <- c.Begin(t.Context(), "bob", versionOf("3")) }()
		pass(time.Second)
		timer := time.AfterFunc(time.Second, func() { close(release) })
		defer timer.Stop()
		began := time.Now()
		end()
		require.ErrorIs(t, <-done, canary.ErrClosed)
		require.Equal(t, time.Second, time.Since(began))
		_, d, err := c.Decide(t.Context(), "x")
		require.NoError(t, err)
		require.Equal(t, canary.ReasonClosed, d.Reason)
	})
}

// A damaged state is replaced by a person's act alone.
func TestBeginReplacesADamagedState(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		path := fileState(t, ramping)
		spoil(t, path, func(b []byte) []byte { return make([]byte, len(b)) })
		store, err := rollback.OpenFile(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, store.Close()) })
		c, j, end := deploy(t, store, "2", 50)
		requireShare(t, c, 0, canary.ReasonStateUnknown)

		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireServes(t, c, "3", 1)
		pass(time.Minute)
		stored, err := store.Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, "3", stored.Version)
		require.Equal(t, uint64(1), stored.Epoch)
		require.Empty(t, j.all(canary.StateMissing), "the old keeper has taken nothing from the new file")
		end()
	})
}

// newer is a store whose state is from a newer release until it is replaced.
type newer struct{ *shelf }

func (s newer) Replace(ctx context.Context, next rollback.State) (rollback.State, error) {
	s.breakLoad(nil)
	return s.CompareAndSwap(ctx, next)
}

func TestBeginReplacesAFutureState(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newer{newShelf()}
		store.breakLoad(func(context.Context) error { return &rollback.StateError{Path: "x", Reason: rollback.ErrFutureVersion} })
		c, _, _ := deploy(t, store, "2", 50)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireServes(t, c, "3", 1)
	})
}

// A store that comes back just then: the old keeper, which has not known its state, must not take the new epoch for one it has to follow, nor begin its own.
func TestBeginWhenTheStoreComesBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store, release := newShelf(), make(chan struct{})
		store.breakLoad(failLoad)
		c, j, _ := deploy(t, store, "9", 50)
		requireShare(t, c, 0, canary.ReasonStateUnknown)
		store.breakLoad(nil)
		store.breakSwap(func(_ context.Context, next rollback.State) error {
			if next.Version == "3" {
				<-release
			}
			return nil
		})
		done := make(chan error, 1)
		go func() { done <- c.Begin(t.Context(), "bob", versionOf("3")) }()
		pass(time.Minute) // for the old keeper to try again and again
		require.Zero(t, store.stored().Epoch)
		close(release)
		require.NoError(t, <-done)
		pass(time.Minute)
		require.Equal(t, "3", store.stored().Version)
		require.Equal(t, uint64(1), store.stored().Epoch)
		require.Empty(t, j.all(canary.StateMissing))
		requireServes(t, c, "3", 1)
	})
}

// When Begin fails, a canary that does not know its state goes on asking for it.
func TestStateComesBackAfterAFailedBegin(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakLoad(failLoad)
		c, _, _ := deploy(t, store, "2", 50)
		require.ErrorIs(t, c.Begin(t.Context(), "bob", versionOf("3")), errDisk)
		store.breakLoad(nil)
		pass(10 * time.Second)
		require.Equal(t, "2", c.Snapshot().Candidate)
		require.Equal(t, uint64(1), c.Snapshot().State.Epoch)
		requireShare(t, c, 0.5, canary.ReasonSplit)
	})
}

// A rollback that could only be noted, because the state is not known, is not forgotten by the epoch that follows.
func TestBeginKeepsANotedRollback(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		store.breakLoad(failLoad)
		c, _, end := deploy(t, store, "2", 50)
		require.ErrorIs(t, c.Rollback(t.Context(), "alice", "worse").Err, errDisk)
		store.breakLoad(nil)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		require.True(t, store.stored().RolledBack("2"))
		require.False(t, store.stored().RolledBack("3"))
		end()
	})
}

// What calls of the old epoch still show concerns the old epoch: its candidate is out, and stays out, and the new one is not harmed.
func TestLateVerdict(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store, release := newShelf(), make(chan struct{})
		var j journal
		cfg := config(t, 50)
		cfg.Store, cfg.OnEvent, cfg.CandidateTimeout = store, j.note, time.Minute
		cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			<-release
			return "", errModel
		})
		c := open(t, cfg)
		const calls = 200
		type served struct {
			out string
			d   canary.Decision
			err error
		}
		done := make(chan served, calls)
		for i := range calls {
			go func() {
				out, d, err := c.Decide(t.Context(), fmt.Sprint(i))
				done <- served{out, d, err}
			}()
		}
		pass(time.Second)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireServes(t, c, "3", 2)
		store.breakSwap(failSwap) // what the old keeper finds out it cannot store any more
		close(release)
		fallbacks := 0
		for i := range calls {
			s := <-done
			require.NoError(t, s.err)
			require.Equal(t, uint64(1), s.d.Epoch, "call %d", i)
			require.Equal(t, stableIs, s.d.Version)
			require.Contains(t, s.out, "stable: ")
			if s.d.Fallback {
				fallbacks++
			}
		}
		require.InDelta(t, calls/2, fallbacks, 40)
		pass(time.Minute)
		late := j.only(t, canary.RolledBack)
		require.Equal(t, uint64(1), late.Epoch)
		require.Contains(t, late.Message, "100 % of candidate")
		requireServes(t, c, "3", 2)
		require.Equal(t, rollback.Ramping, c.Snapshot().State.Stage)
		require.False(t, store.stored().RolledBack(candidate))

		store.breakSwap(nil)
		pass(time.Minute)
		require.True(t, store.stored().RolledBack(candidate), "the new keeper has stored it")
		require.Equal(t, "3", store.stored().Version)
		require.False(t, store.stored().Tripped())
	})
}

// A candidate call of the old epoch that never returns is waited for by Shutdown, and reported by number.
func TestShutdownWaitsForTheOldEpoch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		cfg := config(t, 95)
		cfg.Candidate.Predictor = hung(release, func() {})
		c := open(t, cfg)
		key := keyOf(t, c, canary.Candidate)
		_, err := c.Predict(t.Context(), key)
		require.NoError(t, err)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireServes(t, c, "3", 2)
		pass(time.Hour)
		requireGivesUp(t, c, time.Minute, "2 candidate calls have not returned")
		close(release)
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

// Without a candidate stable serves and nothing is remembered, until there is one.
func TestNoCandidateYet(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		store := newShelf()
		var j journal
		cfg := config(t, 50)
		cfg.Candidate, cfg.Store, cfg.OnEvent, cfg.CandidateTimeout = canary.Model[string, string]{}, store, j.note, timeout
		cfg.Preflight = 0
		began := time.Now()
		c := open(t, cfg)
		require.Less(t, time.Since(began), time.Second)
		for i := range 100 {
			out, err := w.call(c, t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("stable: ", i), out)
		}
		pass(time.Minute)
		requireShare(t, c, 0, canary.ReasonNoCandidate)
		_, d, err := c.Decide(t.Context(), "x")
		require.NoError(t, err)
		requireDecided(t, canary.Decision{Canary: "test", Version: stableIs, Reason: canary.ReasonNoCandidate}, d)
		s := c.Snapshot()
		require.Empty(t, s.Candidate)
		require.Zero(t, s.State.Epoch)
		require.NoError(t, s.StateError)
		require.EqualValues(t, 100, s.Requests[canary.Stable].Calls)
		require.Zero(t, store.asked())
		require.ErrorIs(t, c.Rollback(t.Context(), "alice", "worse").Err, canary.ErrNoCandidate)
		require.Empty(t, j.kinds())

		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireServes(t, c, "3", 1)
		require.NoError(t, c.Shutdown(t.Context()))
		require.Equal(t, []canary.EventKind{canary.Begun, canary.ShareChanged}, j.kinds())
	})
}

// The epoch that is stored is not harmed by a process without a candidate; the next one follows it.
func TestNoCandidateLeavesTheStateAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := newShelf()
		_, _, end := deploy(t, store, "2", 50)
		end()
		stored, tries := store.stored(), store.asked()
		cfg := config(t, 50)
		cfg.Candidate, cfg.Store = canary.Model[string, string]{}, store
		c := open(t, cfg)
		pass(time.Minute)
		require.True(t, store.stored().Equal(stored))
		require.Equal(t, tries, store.asked())
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("2")))
		requireServes(t, c, "2", 2)
	})
}

// Nothing of a preflight is taken over: the new candidate has one of its own.
func TestBeginDuringAPreflight(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var j journal
		cfg := config(t, 100)
		cfg.Preflight, cfg.OnEvent = 1000, j.note
		c := open(t, cfg)
		for i := range 500 {
			_, err := c.Predict(t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
		}
		pass(time.Second)
		require.Equal(t, canary.PreflightRunning, c.Snapshot().Preflight.Stage)
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireShare(t, c, 0, canary.ReasonPreflight)
		for i := range 998 {
			out, d, err := c.Decide(t.Context(), fmt.Sprint(i))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint("stable: ", i), out)
			require.Equal(t, uint64(2), d.Epoch)
		}
		pass(time.Second)
		require.Equal(t, canary.PreflightRunning, c.Snapshot().Preflight.Stage)
		_, err := c.Predict(t.Context(), "the last")
		require.NoError(t, err)
		pass(2 * time.Second)
		require.Equal(t, canary.PreflightDone, c.Snapshot().Preflight.Stage)
		requireServes(t, c, "3", 2)
		require.Equal(t, uint64(2), j.only(t, canary.PreflightPassed).Epoch)
	})
}

// The hook may begin the next epoch itself.
func TestBeginFromOnEvent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var c *canary.Canary[string, string]
		var j journal
		errs := make(chan error, 1)
		cfg := config(t, 50)
		cfg.OnEvent = func(e canary.Event) {
			j.note(e)
			if e.Kind == canary.RolledBack {
				errs <- c.Begin(context.Background(), "the hook", versionOf("3"))
			}
		}
		c = open(t, cfg)
		require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
		require.NoError(t, <-errs)
		requireServes(t, c, "3", 2)
		require.Equal(t, "the hook", j.only(t, canary.Begun).Actor)
	})
}

// A flag provider that hangs does not keep an epoch from beginning; without a flag there is no share.
func TestBeginWithAHangingProvider(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 50)
		hand := local.New()
		require.NoError(t, hand.Set(rollout, 50))
		provider := &hanging{Provider: hand, release: make(chan struct{})}
		cfg.Flags.Client = clientOf(t, provider)
		c := open(t, cfg)
		provider.hangs.Store(true)
		began := time.Now()
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		require.Equal(t, time.Second, time.Since(began))
		s := c.Snapshot()
		require.Equal(t, uint64(2), s.State.Epoch)
		require.Zero(t, s.Share)
		close(provider.release)
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

// Changing a configuration after New changes nothing, not even in the next epoch.
func TestBeginReadsTheConfigurationOfNew(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 50)
		cfg.Signals.Slices = canary.Slices[string]{"length": func(in string) string { return fmt.Sprint(len(in)) }}
		c := open(t, cfg)
		cfg.Signals.Slices["first"] = func(string) string { panic(errors.New("not asked")) }
		cfg.Criteria[0] = nil
		require.NoError(t, c.Begin(t.Context(), "bob", versionOf("3")))
		requireServes(t, c, "3", 2)
		require.NotContains(t, c.Snapshot().CallbackPanics, "slice:first")
		require.Len(t, c.Snapshot().Verdicts, 2)
	})
}
