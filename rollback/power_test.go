package rollback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const simPath = "/var/lib/app/model.state"

// session is a process that uses a state file on a simulated disk, and what an outsider may hold it to.
type session struct {
	d     *disk
	f     *File
	acked State   // the last state that a call returned without an error
	tried []State // what it was asked to store since

	finished bool // no call of the operation is still to come
}

// bulky differs in every sector of a slot from itself rolled back: a torn write is then really a mixture.
func bulky() State {
	s := fullState().Next("v0")
	s.Epoch, s.Revision = 1000, 0
	return s
}

func newSession(d *disk, acked State, tried ...State) *session {
	f, err := openFile(d, simPath)
	if err != nil {
		panic(err)
	}
	return &session{d: d, f: f, acked: acked, tried: tried}
}

// do does one operation of a history and notes what came of it.
func (s *session) do(op string) error {
	switch op {
	case "next":
		return s.swap(s.acked.Next(fmt.Sprint("v", s.acked.Epoch)))
	case "expose":
		return s.swap(s.acked.Expose(s.acked.HighestShare + 0.25))
	case "trip":
		return s.swap(s.acked.RollBack(Cause{Reason: strings.Repeat("r", MaxReason), At: breach.At}))
	case "save next":
		return s.save("next")
	case "replace":
		return s.replace()
	case "load":
		return s.note(s.f.Load(context.Background()))
	case "restart":
		if err := s.f.Close(); err != nil {
			return err
		}
		s.f = newSession(s.d, State{}).f
		return s.do("load")
	default:
		panic(op)
	}
}

func (s *session) swap(next State) error {
	s.tried = append(s.tried, next)
	return s.note(s.f.CompareAndSwap(context.Background(), next))
}

func (s *session) note(state State, err error) error {
	if err == nil {
		s.acked, s.tried = state, nil
	}
	if errors.Is(err, ErrNoState) && s.acked.Revision == 0 {
		return nil // the process before was killed before it had made the file
	}
	return err
}

// check opens what a power loss has left, and holds it to what was acknowledged.
func (s *session) check(image *disk) error {
	found, err := loadOnce(image)
	switch {
	case errors.Is(err, ErrNoState) && s.acked.Revision == 0:
		return nil
	case err != nil:
		return fmt.Errorf("does not open: %w", err)
	case found.Equal(s.acked), slices.ContainsFunc(s.tried, found.Equal):
		return nil
	default:
		return fmt.Errorf("opens as epoch %d %v share %g, acknowledged was epoch %d %v share %g",
			found.Epoch, found.Stage, found.HighestShare, s.acked.Epoch, s.acked.Stage, s.acked.HighestShare)
	}
}

// loadOnce is a process that loads and ends.
func loadOnce(d *disk) (State, error) {
	f := newSession(d, State{}).f
	found, err := f.Load(context.Background())
	err = errors.Join(err, f.Close())
	if d.handles != 0 {
		err = errors.Join(err, fmt.Errorf("%d handles left open", d.handles))
	}
	return found, err
}

// cut runs op in the session that setup makes, with the power failing before its first call, its second, and so on, and last not at all;
// visit sees what is left. A call that has changed nothing leaves what the call before it did, and is not visited again.
func cut(setup func() *session, op string, visit func(*session) error) error {
	s := setup()
	var problem error
	before, visited := len(s.d.calls), -1
	s.d.watch = func() {
		if problem != nil || visited == s.d.changes {
			return
		}
		visited = s.d.changes
		if err := visit(s); err != nil {
			problem = fmt.Errorf("power lost in %s after %q: %w", op, s.d.calls[before:], err)
		}
	}
	err := s.do(op)
	s.d.watch = nil
	if problem != nil {
		return problem
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	s.finished = true
	if err := visit(s); err != nil {
		return fmt.Errorf("power lost after %s: %w", op, err)
	}
	return nil
}

// after returns a setup that has done ops on a new disk.
func after(ops []string, plant bug) func() *session {
	return func() *session {
		s := newSession(newDisk(), bulky())
		s.d.bug = plant
		for _, op := range ops {
			if err := s.do(op); err != nil {
				panic(err) // nothing fails on this disk
			}
		}
		return s
	}
}

// sound is a disk without a bug.
var sound bug

// histories returns all of 1 to length operations, of which the first makes the file.
func histories(length int) [][]string {
	all := [][]string{{"next"}}
	for begin := 0; length > 1; length-- {
		end := len(all)
		for _, h := range all[begin:end] {
			for _, op := range []string{"next", "expose", "trip", "restart"} {
				all = append(all, append(slices.Clone(h), op))
			}
		}
		begin = end
	}
	return all
}

// everything is more images than a sound disk ever leaves: eight sectors are not durable, and a size.
const everything = 1 << 12

// powerLoss loses the power at every point of every history and checks every mixture that may be left. It returns how many those were, and how
// often there were too many of them to check all.
func powerLoss(length int, plant bug) (images, sampled int, err error) {
	for _, h := range histories(length) {
		done, last := h[:len(h)-1], h[len(h)-1]
		err := cut(after(done, plant), last, func(s *session) error {
			defer func() { sampled, s.d.sampled = sampled+s.d.sampled, 0 }()
			return s.d.eachImage(full(everything), func(image *disk) error {
				images++
				return s.check(image)
			})
		})
		if err != nil {
			return images, sampled, fmt.Errorf("after %v: %w", done, err)
		}
	}
	return images, sampled, nil
}

func TestPowerLossAtEveryPoint(t *testing.T) {
	t.Parallel()
	length := effort(t, "ROLLBACK_TEST_HISTORY", 4)
	images, sampled, err := powerLoss(length, sound)
	require.NoError(t, err)
	t.Logf("%d histories of up to %d operations, %d images", len(histories(length)), length, images)
	if !raceEnabled {
		require.Zero(t, sampled, "all of them were looked at")
		require.Greater(t, images, 100*len(histories(length)))
	}
}

// A power loss while the file is being mended after a power loss.
func TestPowerLossDuringRecovery(t *testing.T) {
	t.Parallel()
	images := 0
	for _, h := range [][]string{{"next", "trip"}, {"next", "trip", "next"}, {"next", "expose"}} {
		err := cut(after(h[:len(h)-1], sound), h[len(h)-1], func(s *session) error {
			return s.d.eachImage(full(1<<5), func(image *disk) error {
				again := func() *session { return newSession(image.clone(), s.acked, s.tried...) }
				return cut(again, "restart", func(r *session) error {
					return r.d.eachImage(full(16), func(image *disk) error {
						images++
						return r.checkUnlessNew(image)
					})
				})
			})
		})
		require.NoError(t, err, h)
	}
	t.Logf("%d images", images)
}

// checkUnlessNew is check for sessions that may have found no file.
func (s *session) checkUnlessNew(image *disk) error {
	if image.names[simPath] == nil && s.acked.Revision == 0 {
		return nil
	}
	return s.check(image)
}

// killThenPowerLoss kills a process in every call of an operation; the next process begins on its page cache, rolls back, and loses the power.
func killThenPowerLoss(plant bug) (images int, err error) {
	for _, h := range [][]string{{"next"}, {"next", "expose"}, {"next", "trip"}, {"next", "trip", "next"}} {
		for _, op := range []string{"load", "trip"} {
			err := cut(after(h[:len(h)-1], plant), h[len(h)-1], func(s *session) error {
				return cut(func() *session { return s.successor(op) }, op, func(r *session) error {
					return r.d.eachImage(full(1<<10), func(image *disk) error {
						images++
						return r.checkUnlessNew(image)
					})
				})
			})
			if err != nil {
				return images, fmt.Errorf("killed in %v: %w", h, err)
			}
		}
	}
	return images, nil
}

// successor is the process that begins after s was killed. Before it does anything but load, it has loaded.
func (s *session) successor(op string) *session {
	next := newSession(s.d.clone(), s.acked, s.tried...)
	if op != "load" {
		if err := next.do("load"); err != nil {
			panic(err) // nothing fails on this disk
		}
	}
	return next
}

func TestKillThenPowerLossAtEveryPoint(t *testing.T) {
	t.Parallel()
	images, err := killThenPowerLoss(sound)
	require.NoError(t, err)
	t.Logf("%d images", images)
}
