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

var errFaulty = syscall.EIO

// diskFaults are what can go wrong in a call.
var diskFaults = map[string]fault{
	"EIO":         {err: syscall.EIO},
	"ENOSPC":      {err: syscall.ENOSPC},
	"EFBIG":       {err: syscall.EFBIG},
	"EROFS":       {err: syscall.EROFS},
	"short write": {short: true},
}

// save does an operation as a canary does: by Save, which joins whatever it meets.
func (s *session) save(op string) error {
	next := map[string]func() State{
		"next":   func() State { return s.acked.Next(fmt.Sprint("v", s.acked.Epoch)) },
		"expose": func() State { return s.acked.Expose(s.acked.HighestShare + 0.25) },
		"trip":   func() State { return s.acked.RollBack(breach) },
	}[op]()
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

var faultHistory = []string{"next", "expose", "trip", "next", "trip"}

// countCalls returns how many calls the history makes when nothing fails.
func countCalls() int {
	s := newSession(newDisk(), bulky())
	for _, op := range faultHistory {
		if err := s.save(op); err != nil {
			panic(err)
		}
	}
	return len(s.d.calls)
}

// failOnce lets one call fail. Every operation that is not acknowledged is tried again and must then come through; after each attempt
// the power may fail, and it may fail in each call of one more operation at the end.
func failOnce(call int, f fault, plant func(*disk)) error {
	setup := func(visit func(*session) error) (*session, error) {
		s := newSession(newDisk(), bulky())
		plant(s.d)
		s.d.inject = func(n int, _ string) fault {
			if n == call {
				return f
			}
			return fault{}
		}
		for _, op := range faultHistory {
			if err := s.persist(op, visit); err != nil {
				return s, fmt.Errorf("%s: %w", op, err)
			}
		}
		return s, nil
	}
	checkAll := func(s *session) error { return s.d.eachImage(full(16), s.checkFaulty) }
	if _, err := setup(checkAll); err != nil {
		return err
	}
	return cut(func() *session {
		s, _ := setup(func(*session) error { return nil })
		return s
	}, "next", func(s *session) error { return s.d.eachImage(full(16), s.check) })
}

// persist saves until it is acknowledged, at most three times.
func (s *session) persist(op string, visit func(*session) error) error {
	for range 3 {
		err := s.save(op)
		if bad := visit(s); bad != nil {
			return bad
		}
		if err == nil {
			return s.d.eachImage(full(16), mirroredOnDisk)
		}
		if !errors.Is(err, ErrUnwritable) {
			return fmt.Errorf("unexpected error: %w", err)
		}
	}
	return errors.New("never acknowledged, although only one call has failed")
}

// mirroredOnDisk is what is promised of every acknowledged state: it is there twice, whatever is lost.
func mirroredOnDisk(image *disk) error {
	if v := readView(&simHandle{disk: image, node: image.names[simPath]}); !v.mirrored() {
		return fmt.Errorf("acknowledged, but not in both slots: %w", errors.Join(v.errs[:]...))
	}
	return nil
}

// failFrom lets all calls fail from one on, or all of one kind: nothing may be acknowledged that is not there.
func failFrom(call int, f fault, plant func(*disk)) error {
	for _, kind := range []string{"", "lstat", "stat", "read", "write", "sync", "sync dir", "create", "link"} {
		err := failKind(kind, func(n int) bool { return n >= call }, f, plant)
		if err != nil {
			return fmt.Errorf("calls of kind %q: %w", kind, err)
		}
	}
	return nil
}

func failKind(kind string, when func(call int) bool, f fault, plant func(*disk)) error {
	s := newSession(newDisk(), bulky())
	plant(s.d)
	s.d.inject = func(n int, name string) fault {
		if when(n) && (kind == "" || kind == name) {
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

func eachFault(try func(call int, f fault, plant func(*disk)) error, plant func(*disk)) error {
	for call := range countCalls() {
		for name, f := range diskFaults {
			if raceEnabled && name != "EIO" {
				continue
			}
			if err := try(call+1, f, plant); err != nil {
				return fmt.Errorf("%s in call %d: %w", name, call+1, err)
			}
		}
	}
	return nil
}

func TestOneFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	require.NoError(t, eachFault(failOnce, sound))
}

func TestFaultsFromEveryCallOn(t *testing.T) {
	t.Parallel()
	require.NoError(t, eachFault(failFrom, sound))
}

func TestFaultsFindPlantedBugs(t *testing.T) {
	for name, plant := range map[string]func(*disk){
		"a failed fsync is ignored": func(d *disk) { d.hidesSyncErrors = true },
		"no fsync":                  func(d *disk) { d.liesAboutSync = true },
	} {
		require.Error(t, eachFault(failFrom, plant), name)
	}
}

// eachFailedOperation does the history once for every write and sync in it, which fails, up to the operation that fails with it.
func eachFailedOperation(visit func(failed func() *session) error) error {
	for call := range countCalls() {
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
	for _, op := range faultHistory {
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
				if !s.d.off && s.acked.Revision != 0 {
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
