package rollback

import (
	"cmp"
	"math"
	"slices"
)

// State is everything a canary must not forget. It is plain data: copy it, print it, send it. Its methods are pure and total: they accept
// any value, never change their receiver or share memory with it, and never fail. What may happen to it, and who may do what, is told by [Machine].
//
// The zero value means "no epoch yet" and counts as rolled back; State{}.Next(version) begins the first epoch.
type State struct {
	// Epoch counts attempts: 1 is the first, 0 means none yet.
	Epoch uint64
	// Version is the candidate version of this epoch, at most [MaxVersion] bytes.
	Version string
	// Stage is how far the epoch has come.
	Stage Stage
	// HighestShare is the highest effective share ever applied in this epoch, in [0, 1].
	HighestShare float64

	// Turn counts what people and the ramp have decided in this epoch. Of two memories of an epoch the one with more turns is right about Step,
	// Approved, Hold and whether the epoch is [Finished].
	Turn uint64
	// Step is the share, in (0, 1], that the ramp allows at present: one of [Ramp.Steps], unless these have changed meanwhile. 0 is the first step.
	Step float64
	// Approved says that a person has agreed to the next step.
	Approved bool
	// Hold is a stop of the ramp; its zero value means that there is none.
	Hold Hold

	// Beacon counts the processes that have exposed the candidate, and those of them that ended well.
	Beacon Beacon
	// Incumbent is the 64-bit FNV-1a hash of the version that was promoted in the last epoch before this one that was finished; 0: none was.
	Incumbent uint64

	// Cause is why the epoch was rolled back; zero while it was not.
	Cause Cause
	// Barred are the versions rolled back so far, newest epoch first, at most [MaxBarred].
	Barred []Bar
	// Revision is set by the [Store] that returned this state; 0 means that it was never stored. Transitions carry it along.
	Revision uint64
}

// Tripped reports whether the candidate of this epoch must not be given traffic.
func (s State) Tripped() bool {
	return s.Epoch == 0 || s.Stage < Shadow || s.Stage > Finished
}

// RolledBack reports whether version must stay out: whether its last known epoch ended in a rollback. For the version of the current epoch the
// stage answers. Any other version is out if it is among the [State.Barred], until a person begins an epoch with it by [State.Next].
func (s State) RolledBack(version string) bool {
	version = clip(version, MaxVersion)
	if version == s.Version {
		return s.Tripped()
	}
	hash := hashVersion(version)
	return slices.ContainsFunc(s.Barred, func(b Bar) bool { return b.Version == hash })
}

// RollBack returns the state with its epoch rolled back and its version barred. An epoch already rolled back keeps its first cause.
func (s State) RollBack(cause Cause) State {
	s = s.normal()
	if s.Cause.isZero() {
		s.Cause = cause.normal()
	}
	s.Stage = RolledBack
	return s.normal()
}

// Expose returns the state with share noted in [State.HighestShare]. A share above 1 counts as 1; NaN, a share not above the highest, and any
// share in an epoch that is rolled back, change nothing.
func (s State) Expose(share float64) State {
	s = s.normal()
	if !s.Tripped() && share > s.HighestShare {
		s.HighestShare = min(share, 1)
	}
	return s.normal()
}

// Next returns the first state of the next epoch, with version as its candidate, even if that version is barred: beginning an epoch is a
// person's act. To let a deployment begin one by itself, ask [State.RolledBack] first. After epoch 2^64-1 there is no next one, and the
// result is rolled back.
func (s State) Next(version string) State {
	s = s.normal()
	if s.Epoch == math.MaxUint64 {
		return s.RollBack(Cause{Reason: "no epoch left"})
	}
	return State{
		Epoch:    s.Epoch + 1,
		Version:  clip(version, MaxVersion),
		Stage:    Shadow,
		Barred:   s.Barred,
		Revision: s.Revision,

		Incumbent: s.incumbent(),
	}
}

// incumbent is the hash of the version that serves as stable when this epoch is over, if that was a candidate once; 0 if not.
func (s State) incumbent() uint64 {
	if s.Stage == Finished {
		return hashVersion(s.Version)
	}
	return s.Incumbent
}

// Join returns what two memories of one canary know together: the higher epoch wins; inside an epoch rolled back wins, then who knows of more
// turns, then who exposes less; the highest share is the higher one, so are the counts of the beacon, and bars are united. Should two versions
// have begun the same epoch, a rolled back one wins, then the greater text. Of two causes the one with the earlier label is shown. The revision
// is the higher one: before storing, set it to that of the store.
//
// Join is commutative, associative and idempotent. Joining the zero State changes nothing.
func (s State) Join(o State) State {
	s, o = s.normal(), o.normal()
	winner := s
	if s.compare(o) < 0 {
		winner = o
	}
	if s.Epoch == o.Epoch {
		winner.HighestShare = max(s.HighestShare, o.HighestShare)
		winner.Beacon = s.Beacon.join(o.Beacon)
	}
	winner.Barred = joinBars(s.Barred, o.Barred)
	winner.Revision = max(s.Revision, o.Revision)
	return winner.normal()
}

// Equal reports whether s and o say the same. Revisions are not compared.
func (s State) Equal(o State) bool {
	return s.Epoch == o.Epoch && s.Version == o.Version && s.Stage == o.Stage && s.HighestShare == o.HighestShare &&
		s.Turn == o.Turn && s.Step == o.Step && s.Approved == o.Approved && s.Hold.equal(o.Hold) &&
		s.Beacon == o.Beacon && s.Incumbent == o.Incumbent && s.Cause.equal(o.Cause) && slices.Equal(s.Barred, o.Barred)
}

// compare orders normal states by who wins a join; equal ones differ only in what is joined field by field.
func (s State) compare(o State) int {
	return cmp.Or(
		cmp.Compare(s.Epoch, o.Epoch),
		compareBools(s.Stage == RolledBack, o.Stage == RolledBack),
		cmp.Compare(s.Version, o.Version),
		cmp.Compare(s.Turn, o.Turn),
		compareBools(o.Stage == Finished, s.Stage == Finished),
		cmp.Compare(o.Step, s.Step),
		s.Hold.compare(o.Hold),
		compareBools(o.Approved, s.Approved),
		o.Cause.compare(s.Cause),
		cmp.Compare(s.Incumbent, o.Incumbent),
	)
}

// compareBools orders false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// normal returns the one form in which a state is joined, compared and stored: bounded, on the safe side, with its own version barred once it
// is rolled back, in memory of its own.
func (s State) normal() State {
	s.Version = clip(s.Version, MaxVersion)
	s.HighestShare = normalShare(s.HighestShare)
	s.Step = normalStep(s.Step)
	s.Hold, s.Beacon = s.Hold.normal(), s.Beacon.normal()
	if s.Tripped() {
		s.Stage = RolledBack
		s.Cause = s.Cause.normal()
	} else {
		s.Stage = s.stage()
		s.Cause = Cause{}
	}
	var own []Bar
	if s.Tripped() && s.Version != "" {
		own = []Bar{barOf(s.Epoch, s.Version)}
	}
	s.Barred = joinBars(s.Barred, own)
	return s
}

// stage is how far an epoch that was not rolled back has come, by what was exposed and allowed.
func (s State) stage() Stage {
	switch {
	case s.Stage == Finished:
		return Finished
	case s.HighestShare >= fullShare && (s.Step == 0 || s.Step >= fullShare):
		return Promoted
	case s.HighestShare > 0:
		return Ramping
	default:
		return Shadow
	}
}

// normalStep puts the share of a step into [0, 1]. One that is not a number is the first step.
func normalStep(share float64) float64 {
	if math.IsNaN(share) {
		return 0
	}
	return min(max(share, 0), 1)
}

// normalShare puts a share into [0, 1]. One that is not a number may have been anything, so it counts as everything.
func normalShare(share float64) float64 {
	if math.IsNaN(share) {
		return 1
	}
	return min(max(share, 0), 1)
}
