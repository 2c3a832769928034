package rollback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// diskFaults are what can go wrong in a call. Which error number it is makes no difference to a [File] but in what it reports, so two stand for
// all; a write may also be short, and say so without an error.
var diskFaults = map[string]fault{
	"EIO":         {err: syscall.EIO},
	"ENOSPC":      {err: syscall.ENOSPC},
	"short write": {short: true},
}

// save does an operation as a canary does: by Save, which joins whatever it meets.
func (s *session) save(op string) error {
	var next State
	switch op {
	case "next":
		next = s.acked.Next(fmt.Sprint("v", s.acked.Epoch))
	case "expose":
		next = s.acked.Expose(s.acked.HighestShare + 0.25)
	case "trip":
		next = s.acked.RollBack(breach)
	default:
		return s.do(op)
	}
	for _, earlier := range s.tried { // may turn out to be stored after all, and is then joined
		s.tried = append(s.tried, next.Join(earlier))
	}
	s.tried = append(s.tried, next)
	return s.note(Save(context.Background(), s.f, next))
}

// checkFaulty is check after something went wrong. While a rollback is insisted on, its two slots are all there is; losing both ends in
// ErrCorrupt, which is still the safe side.
func (s *session) checkFaulty(image *disk) error {
	_, err := loadOnce(image)
	if errors.Is(err, ErrCorrupt) && slices.ContainsFunc(s.tried, State.Tripped) {
		return nil
	}
	return s.checkUnlessNew(image)
}

// faultHistory has every operation, each on a file that was just opened and on one that was open.
var faultHistory = []string{"load", "next", "expose", "load", "restart", "trip", "next", "restart", "expose", "trip"}

// callsOf returns the names of the calls that the history makes when nothing fails.
func callsOf(history []string) []string {
	s := newSession(newDisk(), bulky())
	for _, op := range history {
		if err := s.save(op); err != nil {
			panic(err)
		}
	}
	return s.d.calls
}

// pattern says which calls fail if one does.
type pattern struct {
	name  string
	fails func(first int, kind string) func(call int, name string) bool
}

var patterns = []pattern{
	{"alone", func(first int, _ string) func(int, string) bool {
		return func(call int, _ string) bool { return call == first }
	}},
	{"and the next call", func(first int, _ string) func(int, string) bool {
		return func(call int, _ string) bool { return call == first || call == first+1 }
	}},
	{"and the next of its kind", func(first int, kind string) func(int, string) bool {
		failed := 0
		return func(call int, name string) bool {
			if call < first || name != kind || failed == 2 {
				return false
			}
			failed++
			return true
		}
	}},
}

// failSeldom lets a call fail, or two. Every operation that is not acknowledged is tried again and must then come through; after each attempt
// the power may fail.
func failSeldom(p pattern) func(call int, kind string, f fault, plant bug) error {
	return func(call int, kind string, f fault, plant bug) error {
		_, err := persistAll(p.fails(call, kind), f, plant, func(s *session) error { return s.d.eachImage(full(16), s.checkFaulty) })
		return err
	}
}

// failThenLosePower lets one call fail, and loses the power in each call of one more operation at the end.
func failThenLosePower(call int, kind string, f fault, plant bug) error {
	return cut(func() *session {
		s, _ := persistAll(patterns[0].fails(call, kind), f, plant, func(*session) error { return nil })
		return s
	}, "next", func(s *session) error { return s.d.eachImage(full(16), s.check) })
}

// persistAll does the history on a disk on which some calls fail.
func persistAll(fails func(int, string) bool, f fault, plant bug, visit func(*session) error) (*session, error) {
	s := newSession(newDisk(), bulky())
	s.d.bug = plant
	failed := 0
	s.d.inject = func(n int, name string) fault {
		if fails(n, name) {
			failed++
			return f
		}
		return fault{}
	}
	for _, op := range faultHistory {
		err := s.persist(op, visit)
		if op == "trip" && failed > 1 && errors.Is(err, ErrCorrupt) {
			return s, nil // the two slots that were insisted on are both torn: the safe side
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", op, err)
		}
	}
	return s, nil
}

// persist does an operation until it is acknowledged. Two calls that fail can spoil two attempts, and the first start after them.
func (s *session) persist(op string, visit func(*session) error) error {
	for range 4 {
		err := s.save(op)
		if bad := visit(s); bad != nil {
			return bad
		}
		if err == nil && s.acked.Revision == 0 {
			return nil // a first start
		}
		if err == nil {
			return s.d.eachImage(full(16), mirroredOnDisk)
		}
		if !errors.Is(err, ErrUnwritable) {
			return fmt.Errorf("unexpected error: %w", err)
		}
	}
	return errors.New("never acknowledged, although the disk is well again")
}

// mirroredOnDisk is what is promised of every acknowledged state: it is there twice, whatever is lost.
func mirroredOnDisk(image *disk) error {
	n := image.names[simPath]
	if n == nil {
		return errors.New("acknowledged, but there is no file")
	}
	if v := readView(&simHandle{disk: image, node: n}); !v.mirrored() {
		return errors.Join(fmt.Errorf("acknowledged, but the slots hold revisions %d and %d", v.slots[0].Revision, v.slots[1].Revision), v.errs[0], v.errs[1])
	}
	return nil
}

// failFrom lets all calls fail from one on, or all of its kind: nothing may be acknowledged that is not there.
func failFrom(call int, kind string, f fault, plant bug) error {
	for _, name := range []string{"", kind} {
		if err := failKind(name, call, f, plant); err != nil {
			return fmt.Errorf("all calls of kind %q: %w", name, err)
		}
	}
	return nil
}

func failKind(kind string, first int, f fault, plant bug) error {
	s := newSession(newDisk(), bulky())
	s.d.bug = plant
	s.d.inject = func(n int, name string) fault {
		if n >= first && (kind == "" || kind == name) {
			return f
		}
		return fault{}
	}
	for _, op := range faultHistory {
		err := s.save(op)
		if bad := s.d.eachImage(full(64), s.checkFaulty); bad != nil {
			return fmt.Errorf("%s: %w", op, bad)
		}
		if err != nil {
			break
		}
	}
	return nil
}

// eachFault tries every fault in every call of the history.
func eachFault(try func(call int, kind string, f fault, plant bug) error, plant bug) error {
	for i, kind := range callsOf(faultHistory) {
		for name, f := range diskFaults {
			if f.short && kind != "write" || raceEnabled && name == "ENOSPC" {
				continue
			}
			if err := try(i+1, kind, f, plant); err != nil {
				return fmt.Errorf("%s in call %d, %s: %w", name, i+1, kind, err)
			}
		}
	}
	return nil
}

func TestFaultsAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, p := range patterns {
		require.NoError(t, eachFault(failSeldom(p), sound), p.name)
	}
}

func TestPowerLossAfterAFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	require.NoError(t, eachFault(failThenLosePower, sound))
}

func TestFaultsFromEveryCallOn(t *testing.T) {
	t.Parallel()
	require.NoError(t, eachFault(failFrom, sound))
}

var savesOnly = []string{"next", "expose", "trip", "next", "trip"}

// eachFailedOperation does the history once for every write and sync in it, which fails, up to the operation that fails with it.
func eachFailedOperation(visit func(failed func() *session) error) error {
	for call := range callsOf(savesOnly) {
		for _, f := range []fault{{err: syscall.EIO}, {short: true}} {
			failed := func() *session { return failedAt(call+1, f) }
			if len(failed().tried) == 0 {
				continue // nothing has failed
			}
			if err := visit(failed); err != nil {
				return fmt.Errorf("%+v in call %d: %w", f, call+1, err)
			}
		}
	}
	return nil
}

func failedAt(call int, f fault) *session {
	s := newSession(newDisk(), bulky())
	s.d.inject = func(n int, name string) fault {
		if n == call && (name == "write" || name == "sync") {
			return f
		}
		return fault{}
	}
	for _, op := range savesOnly {
		if s.save(op) != nil {
			break
		}
	}
	return s
}

// After a failed write or sync, the power fails in each call of what comes next in the same process: the good slot is not touched before the other
// one is good again, and a state that is loaded is in both.
func TestPowerLossAfterAFault(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"load", "save next"} {
		require.NoError(t, eachFailedOperation(func(failed func() *session) error {
			return cut(failed, op, func(s *session) error {
				if s.finished && s.acked.Revision != 0 {
					if err := s.d.eachImage(full(64), mirroredOnDisk); err != nil {
						return err
					}
				}
				return s.d.eachImage(full(64), s.checkUnlessNew)
			})
		}))
	}
}

// A process dies after a failed sync, and the next one, whose syncs succeed, loses the power while it mends. It cannot know of the failure, but
// the older slot is certain.
func TestPowerLossInTheProcessAfterAFault(t *testing.T) {
	for newer := range 2 { // a damaged slot is written first
		failed := func() *session {
			s := newSession(newDisk(), bulky())
			require.NoError(t, s.save("next"))
			s.d.names[simPath].seen[newer*slotSize]++
			s.d.inject = func(_ int, name string) fault {
				if name == "sync" {
					return fault{err: syscall.EIO}
				}
				return fault{}
			}
			require.ErrorIs(t, s.save("expose"), ErrUnwritable)
			return newSession(s.d.clone(), s.acked, s.tried...)
		}
		require.NoError(t, cut(failed, "load", func(s *session) error {
			return s.d.eachImage(1<<10, s.check)
		}), "slot %d", newer)
	}
}

// A new process that cannot settle what the old one has left still writes a rollback.
func TestTripIsWrittenThoughTheDirectoryCannotBeSynced(t *testing.T) {
	s := newSession(newDisk(), bulky())
	require.NoError(t, s.save("next"))
	s = newSession(s.d.clone(), s.acked)
	s.d.inject = func(_ int, name string) fault {
		if name == "sync dir" {
			return fault{err: syscall.EIO}
		}
		return fault{}
	}
	require.ErrorIs(t, s.do("expose"), ErrUnwritable)
	require.ErrorIs(t, s.do("trip"), ErrUnwritable)
	found, err := loadOnce(s.d.clone())
	require.NoError(t, err)
	require.True(t, found.Tripped())
}

// A slot that can never be written again: a rollback is not acknowledged, but it is on disk.
func TestTripReachesTheOtherSlotWhenOneIsBroken(t *testing.T) {
	for _, broken := range []int{0, 1} {
		s := newSession(newDisk(), bulky())
		require.NoError(t, s.save("next"))
		require.NoError(t, s.save("expose"))
		writes := 0
		s.d.inject = func(_ int, name string) fault {
			if name == "write" {
				writes++
				if writes%2 == 1-broken {
					return fault{err: syscall.EIO}
				}
			}
			return fault{}
		}
		err := s.swap(s.acked.RollBack(breach))
		require.ErrorIs(t, err, ErrUnwritable)
		require.ErrorIs(t, err, syscall.EIO)

		require.NoError(t, s.d.eachImage(1<<12, func(image *disk) error {
			found, err := loadOnce(image)
			require.NoError(t, err)
			require.True(t, found.Tripped(), "slot %d broken", broken)
			return nil
		}))
	}
}

// A disk on which nothing can grow: the file has all the space that it will ever need.
func TestFullDisk(t *testing.T) {
	s := newSession(newDisk(), bulky())
	require.NoError(t, s.save("next"))
	s.d.inject = func(_ int, name string) fault {
		if name == "create" {
			return fault{err: syscall.ENOSPC}
		}
		return fault{}
	}
	size := len(s.d.names[simPath].seen)
	for range 100 {
		require.NoError(t, s.save("expose"))
		require.NoError(t, s.save("trip"))
		require.NoError(t, s.save("next"))
	}
	require.Len(t, s.d.names[simPath].seen, size)
}

func TestFirstStartOnAFullDiskSaysSo(t *testing.T) {
	for _, call := range []string{"create", "write", "sync", "link", "sync dir"} {
		s := newSession(newDisk(), bulky())
		s.d.inject = func(_ int, name string) fault {
			if name == call {
				return fault{err: syscall.ENOSPC}
			}
			return fault{}
		}
		err := s.save("next")
		require.ErrorIs(t, err, ErrUnwritable, call)
		require.ErrorIs(t, err, syscall.ENOSPC, call)

		s.d.inject = nil
		require.NoError(t, s.save("next"), call)
		require.Len(t, s.d.names, 1, "%s: files are left behind", call)
	}
}

// What a failed call reports beside its error still shows a rollback.
func TestUnreadableDiskIsOnTheSafeSide(t *testing.T) {
	for _, c := range []struct {
		name  string
		fails func(call int, name string) bool
		known bool
	}{
		{"everything", func(int, string) bool { return true }, false},
		{"every read", func(_ int, name string) bool { return name == "read" }, false},
		{"the size", func(_ int, name string) bool { return name == "stat" }, false},
		{"opening to write", func(_ int, name string) bool { return name == "open" }, true},
		{"the lock", func(_ int, name string) bool { return name == "lock" }, true},
		{"the sync", func(_ int, name string) bool { return name == "sync" }, true},
		{"the directory sync", func(_ int, name string) bool { return name == "sync dir" }, true},
	} {
		s := newSession(newDisk(), bulky())
		require.NoError(t, s.save("next"))
		require.NoError(t, s.save("trip"))
		s.d.kill()
		s.d.inject = func(call int, name string) fault {
			if c.fails(call, name) {
				return fault{err: syscall.EIO}
			}
			return fault{}
		}
		f := newSession(s.d, State{}).f
		found, err := f.Load(t.Context())
		require.ErrorIs(t, err, ErrUnwritable, c.name)
		require.True(t, found.Tripped(), c.name)
		require.Equal(t, c.known, found.RolledBack(s.acked.Version), c.name)

		s.d.inject = nil // and when the disk is back, so is the state
		found, err = f.Load(t.Context())
		require.NoError(t, err, c.name)
		require.True(t, found.Equal(s.acked), c.name)
	}
}
