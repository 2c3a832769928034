package rollback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const simTrail = "/var/lib/app/model.audit"

// scribbler is a process that keeps a trail on a simulated disk, and what an outsider may hold it to.
type scribbler struct {
	d     *disk
	a     *Audit
	n     int   // acts so far
	acked []int // those that were acknowledged, in order
}

// newScribbler keeps a trail of which a file holds three acts and of which two files are kept.
func newScribbler(d *disk) *scribbler {
	return &scribbler{d: d, a: newSimTrail(d)}
}

func newSimTrail(d *disk) *Audit {
	return openAudit(d, simTrail, AuditOptions{MaxBytes: 3000, Keep: 1000})
}

// bulkyAct is one whose line reaches over several sectors.
func bulkyAct(n int) Entry {
	e := act(n)
	for range 40 {
		e.Evidence += fmt.Sprint("evidence ", n, "; ")
	}
	return e
}

func (s *scribbler) record() error {
	n := s.n
	s.n++
	err := s.a.Record(context.Background(), bulkyAct(n))
	if err == nil {
		s.acked = append(s.acked, n)
	}
	return err
}

// check lets a new process go on with what is left on a disk, and holds the trail to what was acknowledged.
func (s *scribbler) check(image *disk) error {
	s = &scribbler{d: image, a: newSimTrail(image), n: s.n, acked: slices.Clone(s.acked)}
	for range 2 {
		if err := s.record(); err != nil {
			return fmt.Errorf("does not go on: %w", err)
		}
	}
	return s.complete()
}

// complete reports whether the chain is whole and every acknowledged act is there, once and in its order.
func (s *scribbler) complete() error {
	entries, err := soundEntries(s.d.contents(simTrail))
	if err != nil {
		return err
	}
	var found []int
	for _, e := range entries {
		if e.Action != actionTorn {
			found = append(found, int(e.Revision))
		}
	}
	if !slices.IsSorted(found) || len(slices.Compact(slices.Clone(found))) != len(found) {
		return fmt.Errorf("acts are out of order or twice: %v", found)
	}
	for _, n := range s.acked {
		if _, ok := slices.BinarySearch(found, n); !ok {
			return fmt.Errorf("act %d was acknowledged, found %v", n, found)
		}
	}
	return nil
}

// scribble records through three processes that end orderly, with enough in each to put files aside.
func (s *scribbler) scribble() error {
	for range 3 {
		for range 4 {
			if err := s.record(); err != nil {
				return err
			}
		}
		if err := s.a.Close(); err != nil {
			return err
		}
		s.a = newSimTrail(s.d)
	}
	return nil
}

// untilPowerLoss scribbles with the power failing before its first call, its second, and so on, and after the last, and shows each to visit: in a copy, so that
// visit may do with it what it likes. A call that has changed nothing leaves what the call before it did, and is not shown again.
func untilPowerLoss(plant bug, visit func(*scribbler) error) error {
	s := newScribbler(newDisk())
	s.d.bug = plant
	return s.watched(s.scribble, visit)
}

// watched lets a process do something, and shows what it would leave behind before each call and at the end.
func (s *scribbler) watched(do func() error, visit func(*scribbler) error) error {
	var problem error
	visited := -1
	look := func() {
		if problem != nil || visited == s.d.changes {
			return
		}
		visited = s.d.changes
		calls := s.d.calls
		left := &scribbler{d: s.d.clone(), n: s.n, acked: slices.Clone(s.acked)}
		if err := visit(left); err != nil {
			problem = fmt.Errorf("power lost after %q: %w", calls[max(0, len(calls)-8):], err)
		}
	}
	s.d.watch = look
	err := do()
	s.d.watch = nil
	look()
	return errors.Join(problem, err)
}

func trailPowerLoss(plant bug) (images int, err error) {
	err = untilPowerLoss(plant, func(s *scribbler) error {
		return s.d.eachWholeImage(full(32), func(image *disk) error {
			images++
			return s.check(image)
		})
	})
	return images, err
}

func TestTrailSurvivesPowerLossAtEveryCall(t *testing.T) {
	t.Parallel()
	images, err := trailPowerLoss(sound)
	require.NoError(t, err)
	t.Logf("%d images", images)
}

func TestTrailIsWholeForReadersAfterAKillAtEveryCall(t *testing.T) {
	t.Parallel()
	require.NoError(t, untilPowerLoss(sound, func(s *scribbler) error { return s.complete() }))
}

// trailKillThenPowerLoss kills at every call, and lets the power fail at every call of the first two acts of the next process.
func trailKillThenPowerLoss(plant bug) (images int, err error) {
	err = untilPowerLoss(plant, func(killed *scribbler) error {
		s := &scribbler{d: killed.d, a: newSimTrail(killed.d), n: killed.n, acked: killed.acked}
		s.d.bug = plant
		twoActs := func() error { return errors.Join(s.record(), s.record()) }
		err := s.watched(twoActs, func(left *scribbler) error {
			return left.d.eachWholeImage(full(4), func(image *disk) error {
				images++
				return left.check(image)
			})
		})
		return errors.Join(err, s.complete())
	})
	return images, err
}

func TestTrailSurvivesAKillThenPowerLoss(t *testing.T) {
	t.Parallel()
	images, err := trailKillThenPowerLoss(sound)
	require.NoError(t, err)
	t.Logf("%d images", images)
}

// The tests above are worth something only if they find what is wrong when something is.
func TestTrailPowerLossFindsPlantedBugs(t *testing.T) {
	for name, plant := range map[string]bug{
		"no fsync":           {noSync: true},
		"no directory fsync": {noSyncDir: true},
	} {
		_, err := trailPowerLoss(plant)
		require.Error(t, err, name)
		_, err = trailKillThenPowerLoss(plant)
		require.Error(t, err, name)
	}
}
