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

// cut runs op in a session that setup makes anew each time, with the power failing in its first call, its second, and so on, and last not at
// all; visit sees what is left.
func cut(setup func() *session, op string, visit func(*session) error) error {
	for k := 1; ; k++ {
		s := setup()
		s.d.powerAt = len(s.d.calls) + k
		err := s.do(op)
		if !s.d.off && err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		if err := visit(s); err != nil {
			return fmt.Errorf("power lost in call %d of %s, %v: %w", k, op, s.d.calls[max(0, len(s.d.calls)-k):], err)
		}
		if !s.d.off {
			return nil
		}
	}
}

// after returns a setup that has done ops on a new disk.
func after(ops []string, plant func(*disk)) func() *session {
	return func() *session {
		s := newSession(newDisk(), bulky())
		plant(s.d)
		for _, op := range ops {
			if err := s.do(op); err != nil {
				panic(err) // nothing fails on this disk
			}
		}
		return s
	}
}

func sound(*disk) {}

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

// powerLoss loses the power in every call of every history and checks every mixture that may be left. It returns how many those were.
func powerLoss(length int, plant func(*disk)) (images int, err error) {
	for _, h := range histories(length) {
		done, last := h[:len(h)-1], h[len(h)-1]
		err := cut(after(done, plant), last, func(s *session) error {
			return s.d.eachImage(full(1<<12), func(image *disk) error {
				images++
				return s.check(image)
			})
		})
		if err != nil {
			return images, fmt.Errorf("after %v: %w", done, err)
		}
	}
	return images, nil
}

func TestPowerLossAtEveryPoint(t *testing.T) {
	t.Parallel()
	images, err := powerLoss(4, sound)
	require.NoError(t, err)
	require.Greater(t, images, full(20_000))
	t.Logf("%d images", images)
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
func killThenPowerLoss(plant func(*disk)) (images int, err error) {
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

// The tests above are worth something only if they find what is wrong when something is.
func TestPowerLossFindsPlantedBugs(t *testing.T) {
	for name, plant := range map[string]func(*disk){
		"no fsync":           func(d *disk) { d.liesAboutSync = true },
		"no directory fsync": func(d *disk) { d.liesAboutSyncDir = true },
	} {
		_, err := powerLoss(3, plant)
		require.Error(t, err, name)
		_, err = killThenPowerLoss(plant)
		require.Error(t, err, name)
	}
}
