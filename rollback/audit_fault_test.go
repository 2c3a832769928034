package rollback

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// faultyActs is how many acts a test of faults records: enough to put two files aside.
const faultyActs = 7

// trailFailOnce lets one call fail. An act that is not acknowledged is tried again and must then come through; after each attempt the power
// may fail.
func trailFailOnce(call int, f fault, plant bug) error {
	s := newScribbler(newDisk())
	s.d.bug = plant
	s.d.inject = func(n int, _ string) fault {
		if n == call {
			return f
		}
		return fault{}
	}
	failures := 0
	for len(s.acked) < faultyActs {
		err := s.record()
		if err != nil && !errors.Is(err, ErrUnwritable) {
			return fmt.Errorf("unexpected error: %w", err)
		}
		if err != nil {
			failures++
		}
		if failures > 1 {
			return fmt.Errorf("failed again, although only one call has: %w", err)
		}
		if err := s.d.eachWholeImage(full(4), s.check); err != nil {
			return err
		}
	}
	return s.close()
}

// close ends the process: nothing may be left open, and the chain must be whole.
func (s *scribbler) close() error {
	err := errors.Join(s.a.Close(), s.complete())
	if s.d.handles != 0 {
		err = errors.Join(err, fmt.Errorf("%d handles left open", s.d.handles))
	}
	return err
}

// trailFailFrom lets all calls fail from one on, or all of one kind: nothing may be acknowledged that is not there.
func trailFailFrom(call int, f fault, plant bug) error {
	for _, kind := range []string{"", "lstat", "stat", "read", "write", "sync", "sync dir", "create", "link", "rename", "remove", "list", "lock", "open"} {
		s := newScribbler(newDisk())
		s.d.bug = plant
		s.d.inject = func(n int, name string) fault {
			if n >= call && (kind == "" || kind == name) {
				return f
			}
			return fault{}
		}
		failed := false
		for range faultyActs {
			before := failed
			failed = s.record() != nil
			if failed && before { // nothing is new
				continue
			}
			if err := s.d.eachWholeImage(1, s.check); err != nil {
				return fmt.Errorf("calls of kind %q: %w", kind, err)
			}
		}
		s.d.inject = nil
		if err := s.record(); err != nil {
			return fmt.Errorf("calls of kind %q have failed, and do not any more: %w", kind, err)
		}
		if err := s.close(); err != nil {
			return fmt.Errorf("calls of kind %q: %w", kind, err)
		}
	}
	return nil
}

func trailCalls() int {
	s := newScribbler(newDisk())
	for range faultyActs {
		if err := s.record(); err != nil {
			panic(err) // nothing fails on this disk
		}
	}
	return len(s.d.calls)
}

func eachTrailFault(try func(call int, f fault, plant bug) error, plant bug) error {
	for call := range trailCalls() {
		if raceEnabled && call%7 > 0 {
			continue
		}
		for _, name := range []string{"EIO", "short write"} { // the trail looks at no number of an error
			if err := try(call+1, diskFaults[name], plant); err != nil {
				return fmt.Errorf("%s in call %d: %w", name, call+1, err)
			}
		}
	}
	return nil
}

func TestTrailWithOneFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	require.NoError(t, eachTrailFault(trailFailOnce, sound))
}

func TestTrailWithFaultsFromEveryCallOn(t *testing.T) {
	t.Parallel()
	require.NoError(t, eachTrailFault(trailFailFrom, sound))
}

func TestTrailFaultsFindPlantedBugs(t *testing.T) {
	for name, plant := range map[string]bug{
		"a failed fsync is ignored": {ignoresSyncErrors: true},
		"no fsync":                  {noSync: true},
		"no directory fsync":        {noSyncDir: true},
	} {
		require.Error(t, eachTrailFault(trailFailFrom, plant), name)
	}
}

// A sync that failed leaves in memory what no later sync writes, also for the next process.
func TestTrailWritesAgainWhatAFailedSyncHasLeft(t *testing.T) {
	s := newScribbler(newDisk())
	require.NoError(t, s.record())
	s.d.inject = func(_ int, name string) fault {
		if name == "sync" {
			return fault{err: syscall.EIO}
		}
		return fault{}
	}
	require.ErrorIs(t, s.record(), syscall.EIO)
	s.d.kill()
	s.a = newSimTrail(s.d)
	require.NoError(t, s.record())
	require.NoError(t, s.d.eachWholeImage(1000, func(image *disk) error {
		entries, err := soundEntries(image.contents(simTrail))
		require.Len(t, entries, 3)
		return err
	}))
}

func TestTrailOnAFullDiskSaysSoAndGoesOnWhenThereIsRoom(t *testing.T) {
	s := newScribbler(newDisk())
	s.d.inject = func(_ int, name string) fault {
		if name == "write" || name == "create" {
			return fault{err: syscall.ENOSPC}
		}
		return fault{}
	}
	err := s.record()
	require.ErrorIs(t, err, ErrUnwritable)
	require.Equal(t, `rollback: audit trail cannot be written: "/var/lib/app/model.audit": no space left on device`, err.Error())
	s.d.inject = nil
	require.NoError(t, s.record())
	require.NoError(t, s.close())
}
