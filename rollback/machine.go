package rollback

import "math"

// Machine is the state machine of an epoch: what may happen to a [State], who may do it, and what follows. It is drawn in docs/state-machine.md.
//
// Its methods are pure and total: they take any state and any event, change neither, and never fail; what makes no sense is refused and changes
// nothing. A rollback is never refused, and nothing but a new epoch leaves it. The zero value is the machine of a canary without a ramp.
type Machine struct {
	Ramp Ramp
}

// Event is something that happens to an epoch, as plain data.
type Event struct {
	Kind EventKind
	// Cause is who or what did it, when and why.
	Cause Cause
	// Version is the candidate version, of OnBegin and OnDeploy.
	Version string
	// Share is, in [0, 1], that of the step for OnJump, the present one for OnHold, and the one about to be applied for OnExpose.
	Share float64
	// Proven says, for OnStep and OnPromote, that the time at the step is over and the candidate is proven not to be worse.
	Proven bool
	// Known is the other memory, of OnMerge.
	Known State
}

// EventKind is what happens.
type EventKind string

// The kinds of events. Any other is refused.
const (
	// OnDeploy: a process starts, with a candidate version in its configuration. The version of the stored epoch goes on with it, unless [CrashLoop]
	// processes in a row have ended uncleanly with it, which rolls it back; a version that was promoted before serves on; one that was rolled back before
	// stays out; any other begins the next epoch.
	OnDeploy EventKind = "deploy"
	// OnBegin: a person begins the next epoch, with any version.
	OnBegin EventKind = "begin"
	// OnExpose: a share is about to be applied.
	OnExpose EventKind = "expose"
	// OnLight: this process is about to expose the candidate for the first time; OnPutOut: nobody is with the candidate any more. See [Beacon].
	OnLight  EventKind = "light"
	OnPutOut EventKind = "put_out"
	// OnStep: the ramp takes the next step by itself. It needs proof, and [Ramp.Auto] or an approval, and no hold.
	OnStep EventKind = "step"
	// OnApprove: a person agrees to the next step.
	OnApprove EventKind = "approve"
	// OnHold: the share must not rise any more, on the word of a person or a criterion.
	OnHold EventKind = "hold"
	// OnResume: a person lifts the hold.
	OnResume EventKind = "resume"
	// OnJump: a person moves the ramp to another of its steps, at once and without proof. A lower step is held until a person resumes.
	OnJump EventKind = "jump"
	// OnPromote: a person makes the candidate the stable model. It needs proof, the stage [Promoted], and no hold.
	OnPromote EventKind = "promote"
	// OnTrip: the epoch is rolled back.
	OnTrip EventKind = "trip"
	// OnMerge: another memory of the same canary is taken in, see [State.Join].
	OnMerge EventKind = "merge"
)

// Effects is what follows from an event.
type Effects struct {
	// Changed says that the state is another one now and has to be stored.
	Changed bool
	// Raises says that more may be exposed than before: store and audit trail come first, and if either fails nothing may come of it. What does not
	// raise takes effect in memory first.
	Raises bool
	// Refused says why nothing has changed, in words; empty if the event was taken.
	Refused string
}

// On returns the state after an event.
func (m Machine) On(s State, e Event) (State, Effects) {
	s = s.normal()
	next, refused := m.take(s, e)
	next = next.normal()
	if refused != "" {
		return s, Effects{Refused: refused}
	}
	return next, Effects{Changed: !next.Equal(s), Raises: m.raises(s, next)}
}

// Ceiling is the highest share, in [0, 1], that the state allows, whatever the flag says: 0 if the candidate is out, or has become the stable model.
func (m Machine) Ceiling(s State) float64 {
	if s = s.normal(); s.Tripped() || s.Stage == Finished {
		return 0
	}
	ceiling := m.Ramp.Ceiling(s.Step)
	if s.Hold.Held() {
		ceiling = min(ceiling, s.Hold.Share)
	}
	return ceiling
}

// Share is the share that is to be applied when the flag asks for one, both in [0, 1]; at most all but the [Holdback].
func (m Machine) Share(s State, flag float64) float64 {
	if math.IsNaN(flag) {
		return 0
	}
	return max(0, min(flag, m.Ceiling(s), fullShare))
}

// raises reports whether more may be exposed after than before.
func (m Machine) raises(before, after State) bool {
	live := !after.Tripped()
	return m.Ceiling(after) > m.Ceiling(before) ||
		live && after.Approved && !before.Approved ||
		live && before.Hold.Held() && !after.Hold.Held() ||
		live && after.Stage == Finished && before.Stage != Finished ||
		live && after.Epoch > before.Epoch
}

// take is the table: what becomes of a normal state, or why nothing does.
func (m Machine) take(s State, e Event) (next State, refused string) {
	switch e.Kind {
	case OnBegin:
		return s.Next(e.Version), ""
	case OnDeploy:
		return deploy(s, e), ""
	case OnMerge:
		return s.Join(e.Known), ""
	}
	switch {
	case s.Epoch == 0:
		return s, "no epoch has begun"
	case e.Kind == OnPutOut:
		s.Beacon = s.Beacon.putOut()
		return s, ""
	case s.Tripped():
		return s, "the epoch was rolled back; only a new one can follow"
	case e.Kind == OnTrip:
		return s.RollBack(e.Cause), ""
	case s.Stage == Finished:
		return s, "the candidate has been promoted; it can be rolled back, or the next epoch begun"
	case e.Kind == OnExpose:
		return s.Expose(e.Share), ""
	case e.Kind == OnLight:
		s.Beacon = s.Beacon.light()
		return s, ""
	default:
		return m.decide(s, e)
	}
}

// decide is take for what people and the ramp decide about a candidate on trial.
func (m Machine) decide(s State, e Event) (next State, refused string) {
	step, more := m.Ramp.After(s.Step)
	switch e.Kind {
	case OnStep:
		if refused = m.refuseStep(s, e, more); refused == "" {
			s.Step, s.Approved = step, false
		}
	case OnApprove:
		if refused = m.refuseApproval(s, more); refused == "" {
			s.Approved = true
		}
	case OnHold:
		return hold(s, e), ""
	case OnResume:
		if !s.Hold.Held() {
			return s, "nothing is held"
		}
		s.Hold = Hold{}
	case OnJump:
		return m.jump(s, e)
	case OnPromote:
		if refused = m.refusePromotion(s, e); refused == "" {
			s.Stage, s.Beacon = Finished, s.Beacon.putOut()
		}
	default:
		return s, "unknown event " + string(e.Kind)
	}
	if refused != "" {
		return s, refused
	}
	return turned(s), ""
}

func (m Machine) refuseStep(s State, e Event, more bool) string {
	switch {
	case s.Hold.Held():
		return "the ramp is held: " + s.Hold.Cause.Reason
	case !more:
		return "there is no further step"
	case !m.Ramp.Auto && !s.Approved:
		return "the next step is not approved"
	case !e.Proven:
		return "it is not proven that the candidate is not worse"
	}
	return ""
}

func (m Machine) refuseApproval(s State, more bool) string {
	switch {
	case m.Ramp.Auto:
		return "the ramp takes its steps by itself"
	case !more:
		return "there is no further step"
	case s.Approved:
		return "the next step is approved already"
	}
	return ""
}

func (m Machine) refusePromotion(s State, e Event) string {
	switch {
	case s.Stage != Promoted || m.Ramp.Ceiling(s.Step) < fullShare:
		return "the candidate has not had its full share yet"
	case s.Hold.Held():
		return "the ramp is held: " + s.Hold.Cause.Reason
	case !e.Proven:
		return "it is not proven that the candidate is not worse"
	}
	return ""
}

// jump moves to another declared step. One that is lower is a person's word that the ramp must not undo by itself.
func (m Machine) jump(s State, e Event) (next State, refused string) {
	at := m.Ramp.Ceiling(s.Step)
	switch {
	case len(m.Ramp.Steps) == 0:
		return s, "no ramp is declared; the flag sets the share"
	case !m.Ramp.Has(e.Share):
		return s, "there is no such step"
	case e.Share == at:
		return s, "the ramp is at that step"
	}
	s.Step, s.Approved, s.Hold = e.Share, false, Hold{}
	if e.Share < at {
		s.Hold = holdOf(e)
	}
	return turned(s), ""
}

// hold stops the ramp; a second hold can only hold back more, and keeps the first cause.
func hold(s State, e Event) State {
	h := holdOf(e)
	if s.Hold.Held() {
		h.Cause = s.Hold.Cause
		h.Share = min(h.Share, s.Hold.Share)
	}
	if h.equal(s.Hold) {
		return s
	}
	s.Hold = h
	return turned(s)
}

func holdOf(e Event) Hold {
	h := Hold{Cause: e.Cause, Share: e.Share}
	if h.Cause.normal().isZero() {
		h.Cause.Reason = "held"
	}
	return h.normal()
}

// turned counts a decision.
func turned(s State) State {
	if s.Turn < math.MaxUint64 {
		s.Turn++
	}
	return s
}

// deploy is the start of a process.
func deploy(s State, e Event) State {
	version := clip(e.Version, MaxVersion)
	switch {
	case s.Epoch > 0 && version == s.Version:
		if !s.Tripped() && s.Beacon.Unclean() >= CrashLoop {
			return s.RollBack(e.crashLoop())
		}
		return s
	case s.Epoch > 0 && s.incumbent() == hashVersion(version):
		s = s.Next(version)
		s.Stage = Finished
		return turned(s)
	case s.RolledBack(version):
		return s.Next(version).RollBack(Cause{Reason: "the version was rolled back in an earlier epoch", Actor: e.Cause.Actor, At: e.Cause.At})
	default:
		return s.Next(version)
	}
}

// crashLoop is the cause of an epoch that is not begun another time.
func (e Event) crashLoop() Cause {
	return Cause{Reason: ReasonCrashLoop, Actor: e.Cause.Actor, At: e.Cause.At}
}

// ReasonCrashLoop is the reason of a rollback by [CrashLoop].
const ReasonCrashLoop = "crash_loop: three processes in a row ended uncleanly with the candidate exposed"
