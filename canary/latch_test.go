package canary_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

// life is a canary in a world that a test makes move, and the little that must be true of it.
type life struct {
	t       *testing.T
	random  *rand.Rand
	store   *shelf
	hand    *local.Provider
	cfg     canary.Config[string, string]
	c       *canary.Canary[string, string]
	percent any
	release chan struct{} // of a store that hangs

	out map[string]bool // versions that were rolled back
	log []string
}

// moves are what can happen.
var moves = []struct {
	name   string
	weight int
	happen func(l *life)
}{
	{"flag up", 4, func(l *life) { l.set(1 + l.random.IntN(100)) }},
	{"flag to 0", 2, func(l *life) { l.set(0) }},
	{"flag nonsense", 2, func(l *life) { l.set([]any{-1, 101, "x", true}[l.random.IntN(4)]) }},
	{"store fails", 2, func(l *life) { l.mend(); l.store.breakSwap(failSwap) }},
	{"store hangs", 1, func(l *life) { l.mend(); l.release = make(chan struct{}); l.store.breakSwap(hangSwap(l.release)) }},
	{"store works", 4, func(l *life) { l.mend() }},
	{"rollback", 1, func(l *life) {
		ctx, cancel := context.WithTimeout(l.t.Context(), 100*time.Millisecond)
		defer cancel()
		_ = l.c.Rollback(ctx, "alice", "worse")
		l.out[l.cfg.Candidate.Version] = true
	}},
	{"restart", 1, func(l *life) { l.restart(l.cfg.Candidate.Version) }},
	{"deploy", 1, func(l *life) { l.restart(fmt.Sprintf("v%d", l.random.IntN(6))) }},
	{"time", 4, func(l *life) { pass(time.Duration(l.random.IntN(40_000)) * time.Millisecond) }},
}

func (l *life) set(value any) {
	l.percent = value
	require.NoError(l.t, l.hand.Set(rollout, value))
}

func (l *life) mend() {
	l.store.breakSwap(nil)
	if l.release != nil {
		close(l.release)
		l.release = nil
	}
}

// restart ends the process and begins another. The state is saved: an unsaved rollback may be forgotten by a restart, and Shutdown says so.
func (l *life) restart(version string) {
	l.mend()
	require.NoError(l.t, l.c.Shutdown(l.t.Context()))
	l.cfg.Candidate.Version = version
	c, err := canary.New(l.cfg)
	require.NoError(l.t, err)
	l.c = c
}

// check asserts what must be true at every moment.
func (l *life) check() {
	s := l.c.Snapshot()
	require.LessOrEqual(l.t, s.Share, 0.95)
	stored := l.store.stored()
	if s.Share > 0 {
		require.Equal(l.t, stored.Epoch, s.State.Epoch, "%v", l.log)
		require.GreaterOrEqual(l.t, stored.HighestShare, s.Share-1e-12, "a share is remembered before it is applied: %v", l.log)
	}
	if !l.out[l.cfg.Candidate.Version] {
		return
	}
	require.Zero(l.t, s.Share, "%v", l.log)
	require.Equal(l.t, rollback.RolledBack, s.State.Stage, "%v", l.log)
	for i := range 10 {
		require.Equal(l.t, canary.Stable, armOf(l.t, l.c, fmt.Sprint(i)), "%v", l.log)
	}
}

// settle asserts what is true once everything works again.
func (l *life) settle() {
	l.mend()
	l.set(30)
	pass(20 * time.Second)
	s := l.c.Snapshot()
	require.True(l.t, s.Durable, "%v", l.log)
	if l.out[l.cfg.Candidate.Version] {
		require.Zero(l.t, s.Share)
		require.True(l.t, l.store.stored().Tripped())
		return
	}
	require.InDelta(l.t, 0.3, s.Share, 1e-12, "%v", l.log)
}

// In whatever order flags change, stores break and processes restart: what was rolled back stays out, no share runs ahead of the store, and in the end all is well.
func TestLatchInARandomWorld(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := &life{t: t, random: rand.New(rand.NewPCG(seed, 7)), store: newShelf(), out: map[string]bool{}}
				client, hand := flagAt(t, 5)
				l.hand = hand
				l.cfg = configOf(client)
				l.cfg.Store, l.cfg.Candidate.Version = l.store, "v0"
				l.c = open(t, l.cfg)
				total := 0
				for _, m := range moves {
					total += m.weight
				}
				for range 60 {
					pick := l.random.IntN(total)
					for _, m := range moves {
						if pick -= m.weight; pick < 0 {
							l.log = append(l.log, m.name)
							m.happen(l)
							break
						}
					}
					l.check()
					pass(time.Duration(l.random.IntN(300)) * time.Millisecond)
					l.check()
				}
				l.settle()
				require.NoError(t, l.c.Shutdown(t.Context()))
			})
		})
	}
}
