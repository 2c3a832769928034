package rollback

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// sum gives the content of an evidence file the checksum that fits.
func sum(b []byte) []byte {
	binary.BigEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli))
	return b
}

func (d *disk) create(path string) (handle, error) {
	if f := d.call("create"); f.err != nil {
		return nil, f.err
	}
	if d.names[path] != nil {
		return nil, errors.New("there is a file already")
	}
	n := &node{dirty: map[int]*sector{}}
	d.setName(path, n)
	d.handles++
	return &simHandle{disk: d, node: n}, nil
}

// archive is a process that saves evidence: version after version, each other than the one before in every sector.
type archive struct {
	d     *disk
	f     *File
	acked int
	tried int
}

func newArchive(plant bug) *archive {
	s := newSession(newDisk(), State{})
	s.d.bug = plant
	if err := s.do("next"); err != nil {
		panic(err)
	}
	return &archive{d: s.d, f: s.f}
}

func evidenceAt(version int) []byte { return bytes.Repeat([]byte{byte(version)}, 700+300*version) }

func (a *archive) save() error {
	a.tried++
	err := a.f.SaveEvidence(context.Background(), uint64(a.tried), evidenceAt(a.tried))
	if err == nil {
		a.acked = a.tried
	}
	return err
}

// check is what holds whatever happened: there is a version that was saved, the last acknowledged one or a later, or nothing if none was.
func (a *archive) check(image *disk) error {
	f := newSession(image, State{}).f
	epoch, data, err := f.LoadEvidence(context.Background())
	switch {
	case errors.Is(err, ErrNoEvidence) && a.acked == 0:
		return nil
	case err != nil:
		return err
	case int(epoch) < a.acked || int(epoch) > a.tried:
		return fmt.Errorf("version %d, acknowledged was %d, tried %d", epoch, a.acked, a.tried)
	case !bytes.Equal(data, evidenceAt(int(epoch))):
		return fmt.Errorf("version %d is not whole", epoch)
	}
	return nil
}

// eachArchive visits what may be at the evidence's name after a power loss.
func (d *disk) eachArchive(path string, visit func(*disk) error) error {
	files := []*node{d.durable[path]}
	for _, r := range d.renamed {
		if r.name == path && !slices.Contains(files, r.to) {
			files = append(files, r.to)
		}
	}
	for _, n := range files {
		if n == nil {
			if err := visit(newDisk()); err != nil {
				return err
			}
			continue
		}
		_, err := n.eachImage(1<<8, func(content []byte) error {
			image := newDisk()
			image.names[path] = diskWith(content).names[simPath]
			return visit(image)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cutEvidence saves with the power failing before every call of the n-th save and after it, and checks every mixture that may be left; then the process that
// comes after saves on.
func cutEvidence(saves int, plant bug) (images int, err error) {
	a := newArchive(plant)
	for range saves - 1 {
		if err := a.save(); err != nil {
			return images, err
		}
	}
	var problem error
	look := func() {
		if problem != nil {
			return
		}
		if problem = a.d.eachArchive(a.f.evidence.path, func(image *disk) error { images++; return a.check(image) }); problem != nil {
			problem = fmt.Errorf("power lost after %q: %w", a.d.calls, problem)
			return
		}
		if problem = a.survive(); problem != nil {
			problem = fmt.Errorf("killed after %q: %w", a.d.calls, problem)
		}
	}
	a.d.watch = look
	err = a.save()
	a.d.watch = nil
	look()
	return images, errors.Join(problem, err)
}

// survive kills the process and lets another one go on: the page cache is as it was, a half-made file may lie about.
func (a *archive) survive() error {
	next := newSession(a.d.clone(), State{})
	if _, err := next.f.Load(context.Background()); err != nil {
		return err
	}
	if err := a.check(next.d); err != nil {
		return err
	}
	if err := next.f.SaveEvidence(context.Background(), 99, []byte("on")); err != nil {
		return err
	}
	if len(next.d.names) != 2 {
		return fmt.Errorf("%d files are left", len(next.d.names))
	}
	return next.f.Close()
}

func TestEvidenceAfterPowerLossAtEveryPoint(t *testing.T) {
	t.Parallel()
	for _, saves := range []int{1, 2, 3} {
		images, err := cutEvidence(saves, sound)
		require.NoError(t, err)
		require.GreaterOrEqual(t, images, 9)
	}
}

func TestEvidenceCrashesFindPlantedBugs(t *testing.T) {
	for name, plant := range map[string]bug{
		"no fsync":           {noSync: true},
		"no directory fsync": {noSyncDir: true},
	} {
		_, err := cutEvidence(2, plant)
		require.Error(t, err, name)
	}
}

// failEvidenceAt lets one call of the second save fail: the first is there still or the second already, the error says so, and trying again helps.
func failEvidenceAt(f fault, plant bug) error {
	for k := 1; ; k++ {
		a := newArchive(plant)
		if err := a.save(); err != nil {
			return err
		}
		at, calls := len(a.d.calls)+k, 0
		a.d.inject = func(n int, _ string) fault {
			if calls = n; n == at {
				return f
			}
			return fault{}
		}
		err := a.save()
		if calls < at {
			return err
		}
		if err := a.d.eachArchive(a.f.evidence.path, a.check); err != nil {
			return fmt.Errorf("call %d, %s: %w", k, a.d.calls[at-1], err)
		}
		if err != nil && !errors.Is(err, ErrUnwritable) {
			return fmt.Errorf("call %d, %s: %w", k, a.d.calls[at-1], err)
		}
		if err := a.save(); err != nil {
			return fmt.Errorf("again after call %d: %w", k, err)
		}
		if err := a.d.eachArchive(a.f.evidence.path, a.check); err != nil {
			return fmt.Errorf("again after call %d: %w", k, err)
		}
		if a.d.handles != 1 || len(a.d.names) != 2 {
			return fmt.Errorf("call %d leaves %d handles and %d files", k, a.d.handles, len(a.d.names))
		}
	}
}

func TestEvidenceWithOneFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	for name, f := range diskFaults {
		require.NoError(t, failEvidenceAt(f, sound), name)
	}
	require.Error(t, failEvidenceAt(diskFaults["EIO"], bug{ignoresSyncErrors: true}), "a failed fsync is ignored")
}

func TestUnreadableEvidenceSaysSo(t *testing.T) {
	for _, call := range []string{"lstat", "open to read", "read"} {
		a := newArchive(sound)
		require.NoError(t, a.save())
		a.d.inject = func(_ int, name string) fault {
			if name == call {
				return fault{err: syscall.EIO}
			}
			return fault{}
		}
		_, data, err := a.f.LoadEvidence(t.Context())
		require.ErrorIs(t, err, ErrUnwritable, call)
		require.ErrorIs(t, err, syscall.EIO, call)
		require.Nil(t, data, call)
	}
}
