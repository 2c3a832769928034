package rollback

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var breach = Cause{Reason: "criterion error_rate: 4.1 % against 1.0 %", Actor: "keeper", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}

func TestZeroStateIsNoEpoch(t *testing.T) {
	var s State
	require.True(t, s.Tripped())
	require.False(t, s.RolledBack("v1"), "a version that nobody has tried is not rolled back")

	first := s.Next("v1")
	require.Equal(t, State{Epoch: 1, Version: "v1", Stage: Shadow}, first)
	require.False(t, first.Tripped())
}

func TestRollBackIsTerminalForItsEpoch(t *testing.T) {
	s := State{}.Next("v1").Expose(0.25).RollBack(breach)
	require.True(t, s.Tripped())
	require.True(t, s.RolledBack("v1"))
	require.False(t, s.RolledBack("v2"))
	require.Equal(t, 0.25, s.HighestShare)
	require.Equal(t, breach, s.Cause)

	for name, after := range map[string]State{
		"a second rollback": s.RollBack(Cause{Reason: "late"}),
		"more exposure":     s.Expose(1),
		"an older memory":   s.Join(State{}.Next("v1").Expose(0.25)),
		"the zero state":    s.Join(State{}),
		"itself":            s.Join(s),
	} {
		require.True(t, after.Equal(s), "%s changed it: %+v", name, after)
	}
}

func TestRollBackWithoutACauseTakesALaterOne(t *testing.T) {
	s := State{}.Next("v1").RollBack(Cause{}).RollBack(breach)
	require.Equal(t, breach, s.Cause)
}

func TestNextIsAFreshStart(t *testing.T) {
	s := State{}.Next("v1").Expose(0.5).RollBack(breach)
	s.Revision = 7
	next := s.Next("v2")

	require.Equal(t, State{Epoch: 2, Version: "v2", Stage: Shadow, Barred: []Bar{barOf(1, "v1")}, Revision: 7}, next)
	require.True(t, next.RolledBack("v1"))
	require.False(t, next.RolledBack("v2"))
}

func TestRolledBackVersionComesBackOnlyByNext(t *testing.T) {
	s := State{}.Next("v1").RollBack(breach).Next("v2")
	require.True(t, s.RolledBack("v1"))

	again := s.Next("v1")
	require.False(t, again.RolledBack("v1"), "its own epoch runs")
	require.False(t, again.Tripped())
	require.True(t, again.Next("v3").RolledBack("v1"), "and then the bar counts again")
}

func TestNextAfterTheLastEpochIsRolledBack(t *testing.T) {
	s := State{Epoch: math.MaxUint64, Version: "v1", Stage: Ramping}.Next("v2")
	require.True(t, s.Tripped())
	require.Equal(t, uint64(math.MaxUint64), s.Epoch)
	require.True(t, s.RolledBack("v1"))
}

func TestExposeKeepsTheHighestShare(t *testing.T) {
	for _, c := range []struct{ before, share, want float64 }{
		{0, 0, 0}, {0, 0.01, 0.01}, {0.5, 0.25, 0.5}, {0.5, 1, 1},
		{0, -1, 0}, {0.5, math.Inf(-1), 0.5}, {0.5, math.NaN(), 0.5}, {0, 1.5, 1}, {0, math.Inf(1), 1}, {0, 5e-324, 5e-324},
	} {
		s := State{}.Next("v1").Expose(c.before).Expose(c.share)
		require.Equal(t, c.want, s.HighestShare, "%v after %v", c.share, c.before)
	}
}

func TestGarbageBecomesNormalOnTheSafeSide(t *testing.T) {
	s := State{
		Epoch: 1, Version: strings.Repeat("v", 1000), Stage: 9, HighestShare: math.NaN(),
		Barred: make([]Bar, 1000),
	}.normal()
	require.Len(t, s.Version, MaxVersion)
	require.Equal(t, RolledBack, s.Stage)
	require.Equal(t, 1.0, s.HighestShare)
	require.Equal(t, []Bar{barOf(1, s.Version), {}}, s.Barred)
	require.True(t, s.RolledBack(strings.Repeat("v", 1000)))

	ramping := State{Epoch: 1, Stage: Ramping, HighestShare: math.Copysign(0, -1), Cause: breach}.normal()
	require.Equal(t, Cause{}, ramping.Cause, "an epoch that runs has no cause")
	require.False(t, math.Signbit(ramping.HighestShare))
}

func TestBarsKeepTheNewest(t *testing.T) {
	var s State
	for i := range MaxBarred + 10 {
		s = s.Next(fmt.Sprint("v", i)).RollBack(breach)
	}
	require.Len(t, s.Barred, MaxBarred)
	s = s.Next("good")
	for i := range MaxBarred + 10 {
		require.Equal(t, i >= 10, s.RolledBack(fmt.Sprint("v", i)), i)
	}
}

func TestBarsNameAVersionOnce(t *testing.T) {
	var s State
	for range 5 {
		s = s.Next("v1").RollBack(breach).Next("v2").RollBack(breach)
	}
	require.Equal(t, []Bar{barOf(10, "v2"), barOf(9, "v1")}, s.Barred)
}

func TestTransitionsShareNoMemory(t *testing.T) {
	s := State{}.Next("v1").RollBack(breach)
	kept := s.normal()
	for _, derived := range []State{s.RollBack(breach), s.Expose(1), s.Next("v2"), s.Join(State{}), State{}.Join(s), s.normal()} {
		derived.Barred[0] = Bar{}
		require.True(t, s.Equal(kept))
	}
}

func TestEqualLooksAtEverythingButTheRevision(t *testing.T) {
	s := State{}.Next("v1").Expose(0.5).RollBack(breach)
	for name, change := range map[string]func(*State){
		"epoch":   func(s *State) { s.Epoch++ },
		"version": func(s *State) { s.Version = "v2" },
		"stage":   func(s *State) { s.Stage = Ramping },
		"share":   func(s *State) { s.HighestShare = 0.6 },
		"turn":    func(s *State) { s.Turn++ },
		"step":    func(s *State) { s.Step = 0.6 },
		"yes":     func(s *State) { s.Approved = true },
		"hold":    func(s *State) { s.Hold.Cause.Reason = "held" },
		"held at": func(s *State) { s.Hold.Share = 0.6 },
		"lit":     func(s *State) { s.Beacon.Lit++ },
		"put out": func(s *State) { s.Beacon.Out++ },
		"before":  func(s *State) { s.Incumbent++ },
		"reason":  func(s *State) { s.Cause.Reason = "" },
		"actor":   func(s *State) { s.Cause.Actor = "" },
		"at":      func(s *State) { s.Cause.At = time.Time{} },
		"bars":    func(s *State) { s.Barred = nil },
	} {
		changed := s.normal()
		change(&changed)
		require.False(t, s.Equal(changed), name)
	}
	other := s.normal()
	other.Revision = 9
	other.Cause.At = other.Cause.At.In(time.FixedZone("", 3600))
	require.True(t, s.Equal(other))
}
