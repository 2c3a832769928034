package rollback

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	fourSteps = Ramp{Steps: []float64{0.01, 0.05, 0.25, 1}}
	autoRamp  = Machine{Ramp: Ramp{Steps: fourSteps.Steps, Auto: true}}
	byHand    = Machine{Ramp: fourSteps}
)

func TestMachineTable(t *testing.T) {
	begun := State{}.Next("v1")
	exposed := begun.Expose(0.01)
	full := onStep(begun, 1).Expose(0.95)
	held := onHold(exposed, 0.01)
	proven := Event{Cause: breach, Proven: true}
	for _, c := range []struct {
		name    string
		m       Machine
		s       State
		kind    EventKind
		e       Event
		want    State
		refused string
		raises  bool
	}{
		{"before the first epoch", autoRamp, State{}, OnStep, proven, State{}, "no epoch has begun", false},
		{"tripped before the first epoch", autoRamp, State{}, OnTrip, proven, State{}, "no epoch has begun", false},
		{"no such event", autoRamp, begun, "dance", proven, begun, "unknown event dance", false},

		{"begin", byHand, begun, OnBegin, Event{Version: "v2"}, begun.Next("v2"), "", true},
		{"begin after a rollback", byHand, begun.RollBack(breach), OnBegin, Event{Version: "v1"}, begun.RollBack(breach).Next("v1"), "", true},
		{"begin after the last epoch", byHand, State{Epoch: math.MaxUint64, Stage: Shadow}, OnBegin, Event{Version: "v1"}, State{Epoch: math.MaxUint64, Stage: Shadow}.Next("v1"), "", false},

		{"first start", byHand, State{}, OnDeploy, Event{Version: "v1"}, begun, "", true},
		{"restart", byHand, held, OnDeploy, Event{Version: "v1"}, held, "", false},
		{"restart after a rollback", byHand, begun.RollBack(breach), OnDeploy, Event{Version: "v1"}, begun.RollBack(breach), "", false},
		{"deployment of another version", byHand, exposed, OnDeploy, Event{Version: "v2"}, begun.Next("v2"), "", true},
		{"deployment of a version that was rolled back", byHand, begun.RollBack(breach).Next("v2"), OnDeploy, Event{Version: "v1", Cause: breach}, begun.RollBack(breach).Next("v2").Next("v1").RollBack(Cause{
			Reason: "the version was rolled back in an earlier epoch", Actor: breach.Actor, At: breach.At,
		}), "", false},
		{"restart after a promotion", byHand, finished(full), OnDeploy, Event{Version: "v1"}, finished(full), "", false},
		{"deployment of the incumbent", byHand, finished(full).Next("v2").Expose(0.5), OnDeploy, Event{Version: "v1"}, finished(finished(full).Next("v2").Next("v1")), "", true},
		{"second unclean end", byHand, lit(exposed, 7, 5), OnDeploy, Event{Version: "v1", Cause: breach}, lit(exposed, 7, 5), "", false},
		{"third unclean end", byHand, lit(exposed, 8, 5), OnDeploy, Event{Version: "v1", Cause: breach}, lit(exposed, 8, 5).RollBack(Cause{Reason: ReasonCrashLoop, Actor: breach.Actor, At: breach.At}), "", false},
		{"unclean ends and another version", byHand, lit(exposed, 8, 5), OnDeploy, Event{Version: "v2"}, begun.Next("v2"), "", true},

		{"exposure", byHand, begun, OnExpose, Event{Share: 0.01}, exposed, "", false},
		{"exposure after a rollback", byHand, begun.RollBack(breach), OnExpose, Event{Share: 1}, begun.RollBack(breach), "the epoch was rolled back; only a new one can follow", false},
		{"lighting", byHand, begun, OnLight, Event{}, lit(begun, 1, 0), "", false},
		{"putting out", byHand, lit(begun, 4, 2), OnPutOut, Event{}, lit(begun, 4, 4), "", false},
		{"putting out after a rollback", byHand, lit(begun, 4, 2).RollBack(breach), OnPutOut, Event{}, lit(begun, 4, 4).RollBack(breach), "", false},

		{"the next step", autoRamp, exposed, OnStep, proven, onStep(exposed, 0.05), "", true},
		{"a step without proof", autoRamp, exposed, OnStep, Event{}, exposed, "it is not proven that the candidate is not worse", false},
		{"a step while held", autoRamp, held, OnStep, proven, held, "the ramp is held: " + breach.Reason, false},
		{"a step beyond the last", autoRamp, full, OnStep, proven, full, "there is no further step", false},
		{"a step without a ramp", Machine{Ramp: Ramp{Auto: true}}, exposed, OnStep, proven, exposed, "there is no further step", false},
		{"a step without approval", byHand, exposed, OnStep, proven, exposed, "the next step is not approved", false},
		{"a step with approval", byHand, onApproval(exposed), OnStep, proven, onStep(onTurn(exposed), 0.05), "", true},

		{"approval", byHand, exposed, OnApprove, proven, onApproval(exposed), "", true},
		{"approval again", byHand, onApproval(exposed), OnApprove, proven, onApproval(exposed), "the next step is approved already", false},
		{"approval of an automatic ramp", autoRamp, exposed, OnApprove, proven, exposed, "the ramp takes its steps by itself", false},
		{"approval at the end", byHand, full, OnApprove, proven, full, "there is no further step", false},

		{"a hold", byHand, exposed, OnHold, Event{Cause: breach, Share: 0.01}, held, "", false},
		{"a hold that says nothing", byHand, exposed, OnHold, Event{Share: 0.01}, withHold(exposed, Hold{Cause: Cause{Reason: "held"}, Share: 0.01}), "", false},
		{"a hold that holds back no more", byHand, held, OnHold, Event{Cause: Cause{Reason: "late"}, Share: 0.05}, held, "", false},
		{"a hold that holds back more", byHand, held, OnHold, Event{Cause: Cause{Reason: "late"}, Share: 0}, onHold(held, 0), "", false},
		{"resume", byHand, held, OnResume, proven, onTurn(onTurn(exposed)), "", true},
		{"resume below the step", byHand, onHold(exposed, 0.001), OnResume, proven, onTurn(onTurn(exposed)), "", true},
		{"resume of nothing", byHand, exposed, OnResume, proven, exposed, "nothing is held", false},

		{"a jump up", byHand, held, OnJump, Event{Cause: breach, Share: 0.25}, onStep(onTurn(exposed), 0.25), "", true},
		{"a jump down", autoRamp, onStep(exposed, 0.25), OnJump, Event{Cause: breach, Share: 0.05}, withHold(onTurn(onStep(exposed, 0.05)), Hold{Cause: breach, Share: 0.05}), "", false},
		{"a jump to where it is", autoRamp, exposed, OnJump, Event{Share: 0.01}, exposed, "the ramp is at that step", false},
		{"a jump to nowhere", autoRamp, exposed, OnJump, Event{Share: 0.02}, exposed, "there is no such step", false},
		{"a jump without a ramp", Machine{}, exposed, OnJump, Event{Share: 0.02}, exposed, "no ramp is declared; the flag sets the share", false},

		{"promotion", byHand, lit(full, 1, 0), OnPromote, proven, finished(lit(full, 1, 1)), "", true},
		{"promotion without proof", byHand, full, OnPromote, Event{}, full, "it is not proven that the candidate is not worse", false},
		{"promotion while held", byHand, onHold(full, 1), OnPromote, proven, onHold(full, 1), "the ramp is held: " + breach.Reason, false},
		{"promotion too early", byHand, onStep(exposed, 1), OnPromote, proven, onStep(exposed, 1), "the candidate has not had its full share yet", false},
		{"promotion after a rollback", byHand, full.RollBack(breach), OnPromote, proven, full.RollBack(breach), "the epoch was rolled back; only a new one can follow", false},
		{"a step after the promotion", autoRamp, finished(full), OnStep, proven, finished(full), "the candidate has been promoted; it can be rolled back, or the next epoch begun", false},

		{"a trip", byHand, exposed, OnTrip, Event{Cause: breach}, exposed.RollBack(breach), "", false},
		{"a trip after the promotion", byHand, finished(full), OnTrip, Event{Cause: breach}, finished(full).RollBack(breach), "", false},
		{"a second trip", byHand, exposed.RollBack(breach), OnTrip, Event{Cause: Cause{Reason: "late"}}, exposed.RollBack(breach), "the epoch was rolled back; only a new one can follow", false},
		{"a merge", byHand, exposed, OnMerge, Event{Known: held.RollBack(breach)}, held.RollBack(breach), "", false},
	} {
		c.e.Kind = c.kind
		got, effects := c.m.On(c.s, c.e)
		requireSame(t, c.want.normal(), got, c.name)
		require.Equal(t, c.refused, effects.Refused, c.name)
		require.Equal(t, c.raises, effects.Raises, c.name)
		require.Equal(t, !got.Equal(c.s.normal()), effects.Changed, c.name)
	}
}

func onTurn(s State) State {
	s.Turn++
	return s
}

func withHold(s State, h Hold) State {
	if !s.Hold.Held() && s.Turn == 0 {
		s.Turn++
	}
	s.Hold = h
	return s.normal()
}

func TestStageFollowsFromWhatWasExposedAndAllowed(t *testing.T) {
	begun := State{}.Next("v1")
	for _, c := range []struct {
		name string
		s    State
		want Stage
	}{
		{"nothing yet", begun, Shadow},
		{"a first share", begun.Expose(0.01), Ramping},
		{"all of it without a ramp", begun.Expose(0.95), Promoted},
		{"the last step, while the flag asks for less", onStep(begun, 1).Expose(0.5), Ramping},
		{"all of it on the last step", onStep(begun, 1).Expose(0.95), Promoted},
		{"lowered from there", onStep(begun, 0.25).Expose(0.95), Ramping},
		{"the roles changed", finished(begun.Expose(1)), Finished},
		{"out", finished(begun.Expose(1)).RollBack(breach), RolledBack},
	} {
		require.Equal(t, c.want, c.s.Stage, c.name)
	}
}

func TestShareIsTheLeastOfAllThatLimitIt(t *testing.T) {
	begun := State{}.Next("v1")
	for _, c := range []struct {
		name string
		s    State
		flag float64
		want float64
	}{
		{"the first step", begun, 1, 0.01},
		{"the flag", begun, 0.005, 0.005},
		{"a later step", onStep(begun, 0.25), 1, 0.25},
		{"the last step", onStep(begun, 1), 1, 0.95},
		{"a hold", onHold(onStep(begun, 0.25), 0.1), 1, 0.1},
		{"out", begun.RollBack(breach), 1, 0},
		{"finished", finished(begun.Expose(1)), 1, 0},
		{"no epoch", State{}, 1, 0},
		{"no number", begun, math.NaN(), 0},
		{"less than nothing", begun, -1, 0},
		{"more than all", onStep(begun, 1), math.Inf(1), 0.95},
	} {
		require.Equal(t, c.want, byHand.Share(c.s, c.flag), c.name)
	}
	require.Equal(t, 0.95, Machine{}.Share(begun, 1), "no ramp")
}

func TestRampIsAskedByShares(t *testing.T) {
	r := Ramp{Steps: []float64{0.1, 0.5}, Soak: time.Minute, Bake: time.Hour}
	next, ok := r.After(0)
	require.True(t, ok)
	require.Equal(t, 0.5, next)
	next, ok = r.After(0.05) // of a ramp that was declared otherwise
	require.True(t, ok)
	require.Equal(t, 0.1, next)
	_, ok = r.After(0.5)
	require.False(t, ok)
	require.Equal(t, time.Minute, r.MinTime(0.5))
	require.Equal(t, time.Hour, r.MinTime(1))
	require.Equal(t, time.Hour, Ramp{Bake: time.Hour}.MinTime(0))
	require.Equal(t, time.Minute, Ramp{Soak: time.Minute}.MinTime(1))
}

func TestBeaconCountsUncleanEnds(t *testing.T) {
	var b Beacon
	for want := range uint64(3) {
		require.Equal(t, want, b.Unclean())
		b = b.light()
	}
	require.Zero(t, b.putOut().Unclean())
	require.Equal(t, uint64(1), b.putOut().light().Unclean())
	require.Zero(t, Beacon{Lit: 1, Out: 9}.Unclean(), "garbage")
	require.Equal(t, Beacon{Lit: math.MaxUint64}, Beacon{Lit: math.MaxUint64}.light())
}

// The machine against a model of one screen, on random histories. Flags change, clocks step, processes restart and memories of earlier moments come back:
// none of that may matter where the model says that it does not.
func TestMachineAgainstTheModel(t *testing.T) {
	for seed := range uint64(3_000) {
		r := rand.New(rand.NewPCG(seed, 11))
		m := anyMachine(r)
		state, _ := m.On(State{}, Event{Kind: OnDeploy, Version: "v1"})
		want, flag := model{ramp: m.Ramp}, 0.0
		history := []State{state}
		for range 60 {
			e := anyEvent(r)
			switch r.IntN(8) {
			case 0:
				flag = []float64{0, 0.03, 0.3, 1, math.NaN()}[r.IntN(5)]
			case 1:
				e = Event{Kind: OnMerge, Known: history[r.IntN(len(history))]}
			case 2:
				read, err := decodeSlot(encodeSlot(at(1, state)))
				require.NoError(t, err)
				state, e = read, Event{Kind: OnDeploy, Version: "v1"}
			case 3:
				e = Event{Kind: OnExpose, Share: m.Share(state, flag)}
			}
			if e.Kind == OnLight || e.Kind == OnBegin || e.Kind == OnDeploy && e.Version != "v1" {
				continue // one epoch, without crashes
			}
			if e.Kind == OnMerge && r.IntN(10) == 0 {
				e.Known = state.RollBack(breach) // news of another replica
			}
			before := state
			state, _ = m.On(state, e)
			want.on(e)
			history = append(history, state)
			require.Equal(t, want.out, state.Tripped(), "%v after %+v", e, before)
			require.Equal(t, want.done && !want.out, state.Stage == Finished, "%v after %+v", e, before)
			require.Equal(t, want.share(flag), m.Share(state, flag), "%v after %+v", e, before)
		}
	}
}

// model is what the machine has to do, said as shortly as possible.
type model struct {
	ramp                      Ramp
	i                         int // step
	cap                       float64
	top                       float64 // highest share exposed
	held, approved, done, out bool
}

func (m *model) on(e Event) {
	last := max(0, len(m.ramp.Steps)-1)
	live := !m.out && !m.done
	switch {
	case e.Kind == OnTrip || e.Kind == OnMerge && e.Known.Epoch > 0 && e.Known.Tripped():
		m.out = true
	case !live:
	case e.Kind == OnExpose:
		m.top = max(m.top, e.Share)
	case e.Kind == OnStep && e.Proven && !m.held && m.i < last && (m.ramp.Auto || m.approved):
		m.i, m.approved = m.i+1, false
	case e.Kind == OnApprove && !m.ramp.Auto && m.i < last:
		m.approved = true
	case e.Kind == OnHold && (!m.held || e.Share < m.cap):
		m.held, m.cap = true, e.Share
	case e.Kind == OnResume:
		m.held = false
	case e.Kind == OnJump:
		if to := slices.Index(m.ramp.Steps, e.Share); to >= 0 && to != m.i {
			m.held, m.cap, m.i, m.approved = to < m.i, e.Share, to, false
		}
	case e.Kind == OnPromote && e.Proven && !m.held && m.i == last && m.top >= 0.95:
		m.done = true
	}
}

func (m *model) share(flag float64) float64 {
	if m.out || m.done || math.IsNaN(flag) {
		return 0
	}
	s := min(flag, 0.95)
	if len(m.ramp.Steps) > 0 {
		s = min(s, m.ramp.Steps[m.i])
	}
	if m.held {
		s = min(s, m.cap)
	}
	return s
}

func anyMachine(r *rand.Rand) Machine {
	ramps := []Ramp{{}, fourSteps, autoRamp.Ramp}
	return Machine{Ramp: ramps[r.IntN(len(ramps))]}
}

var eventKinds = []EventKind{OnDeploy, OnBegin, OnExpose, OnLight, OnPutOut, OnStep, OnApprove, OnHold, OnResume, OnJump, OnPromote, OnTrip, OnMerge}

// anyEvent trips seldom, so that histories are long.
func anyEvent(r *rand.Rand) Event {
	shares := []float64{0, 0.01, 0.05, 0.25, 1, 0.95}
	e := Event{
		Kind: eventKinds[r.IntN(len(eventKinds))], Cause: anyCause(r), Version: []string{"v1", "v2"}[r.IntN(2)],
		Share: shares[r.IntN(len(shares))], Proven: r.IntN(2) == 0,
	}
	if e.Kind == OnTrip && r.IntN(4) > 0 {
		e.Kind = OnStep
	}
	return e
}

func TestMachineIsTotal(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 13))
	for range 20_000 {
		m, s, e := anyMachine(r), anyState(r), anyEvent(r)
		e.Known = anyState(r)
		e.Share = []float64{e.Share, math.NaN(), math.Inf(1), -1}[r.IntN(4)]
		kept := s
		kept.Barred = slices.Clone(s.Barred)
		after, effects := m.On(s, e)
		requireSame(t, after.normal(), after, s, e)
		require.Equal(t, effects.Changed, !after.Equal(s.normal()))
		require.False(t, effects.Refused != "" && effects.Changed)
		require.False(t, e.Kind == OnTrip && !after.Tripped(), "a rollback is never refused")
		sameEpoch := after.Epoch == s.Epoch
		require.False(t, sameEpoch && s.Tripped() && !after.Tripped(), "%+v\n%+v", s, e)
		require.False(t, m.Ceiling(after) > m.Ceiling(s) && !effects.Raises, "%+v\n%+v", s, e)
		require.False(t, e.Kind == OnStep && effects.Changed && !e.Proven, "no step without proof")
		if math.IsNaN(s.HighestShare) || math.IsNaN(s.Step) || math.IsNaN(s.Hold.Share) {
			continue
		}
		require.Equal(t, kept, s, "the receiver is left alone")
	}
}
