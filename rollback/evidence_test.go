package rollback

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// keeper is a store of this package, for state and evidence.
type keeper interface {
	closer
	EvidenceStore
}

// eachEvidenceStore runs test on every store of this package. Each holds a state.
func eachEvidenceStore(t *testing.T, test func(t *testing.T, store keeper)) {
	eachStore(t, func(t *testing.T, store closer) {
		_, err := Save(t.Context(), store, State{}.Next("v1"))
		require.NoError(t, err)
		test(t, store.(keeper))
	})
}

func TestEvidenceIsReplacedAsAWhole(t *testing.T) {
	eachEvidenceStore(t, func(t *testing.T, store keeper) {
		_, _, err := store.LoadEvidence(t.Context())
		require.ErrorIs(t, err, ErrNoEvidence)
		for i, n := range []int{0, 1, 511, 512, 513, 100_000, 3} {
			data := bytes.Repeat([]byte{byte(i + 1)}, n)
			require.NoError(t, store.SaveEvidence(t.Context(), uint64(i), data))
			clear(data) // it is not kept
			for range 2 {
				epoch, found, err := store.LoadEvidence(t.Context())
				require.NoError(t, err)
				require.Equal(t, uint64(i), epoch)
				require.Equal(t, bytes.Repeat([]byte{byte(i + 1)}, n), append([]byte{}, found...))
				clear(found) // it is the caller's
			}
		}
		state, err := store.Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, "v1", state.Version, "the state is another thing")
	})
}

func TestEvidenceIsBounded(t *testing.T) {
	eachEvidenceStore(t, func(t *testing.T, store keeper) {
		require.NoError(t, store.SaveEvidence(t.Context(), 1, []byte("kept")))
		err := store.SaveEvidence(t.Context(), 2, make([]byte, MaxEvidence+1))
		require.ErrorIs(t, err, ErrEvidenceSize)
		require.ErrorContains(t, err, "67108865 bytes, at most 67108864")
		_, found, err := store.LoadEvidence(t.Context())
		require.NoError(t, err)
		require.Equal(t, "kept", string(found))
	})
}

func TestEvidenceHonoursContextAndClose(t *testing.T) {
	eachEvidenceStore(t, func(t *testing.T, store keeper) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, store.SaveEvidence(gone, 1, nil), context.Canceled)
		_, _, err := store.LoadEvidence(gone)
		require.ErrorIs(t, err, context.Canceled)
		_, _, err = store.LoadEvidence(t.Context())
		require.ErrorIs(t, err, ErrNoEvidence, "nothing was saved")

		require.NoError(t, store.Close())
		require.ErrorIs(t, store.SaveEvidence(t.Context(), 1, nil), ErrClosed)
		_, _, err = store.LoadEvidence(t.Context())
		require.ErrorIs(t, err, ErrClosed)
	})
}

// holding is a file that holds its state, and evidence.
func holding(t *testing.T) *File {
	t.Helper()
	f := openTemp(t)
	_, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
	require.NoError(t, f.SaveEvidence(t.Context(), 7, []byte("evidence")))
	return f
}

func TestEvidenceIsMadeForItsOwnerOnlyAndNothingElse(t *testing.T) {
	f := holding(t)
	require.Equal(t, []string{"model.state", "model.state.evidence"}, names(t, f))
	info, err := os.Stat(f.Path() + ".evidence")
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
	require.Equal(t, int64(evidenceFrame+len("evidence")), info.Size())
}

func TestEvidenceSurvivesARestart(t *testing.T) {
	f := holding(t)
	require.NoError(t, f.Close())
	epoch, found, err := openAt(t, f.Path()).LoadEvidence(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(7), epoch)
	require.Equal(t, "evidence", string(found))
}

// Two processes: only the one that has the state says what the evidence is.
func TestEvidenceIsForWhoHoldsTheState(t *testing.T) {
	f := openTemp(t)
	require.ErrorIs(t, f.SaveEvidence(t.Context(), 1, nil), ErrLocked, "nothing is loaded")
	first := holding(t)
	second := openAt(t, first.Path())
	_, err := second.Load(t.Context())
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorIs(t, second.SaveEvidence(t.Context(), 8, []byte("usurped")), ErrLocked)
	_, found, err := second.LoadEvidence(t.Context())
	require.NoError(t, err)
	require.Equal(t, "evidence", string(found))

	require.NoError(t, first.Close())
	_, err = second.Load(t.Context())
	require.NoError(t, err)
	require.NoError(t, second.SaveEvidence(t.Context(), 8, []byte("inherited")))
}

func TestLeftoverOfAKilledProcessIsRemoved(t *testing.T) {
	f := holding(t)
	require.NoError(t, os.WriteFile(f.Path()+".evidence.new", []byte("half"), 0o644))
	require.NoError(t, f.SaveEvidence(t.Context(), 8, []byte("whole")))
	require.Equal(t, []string{"model.state", "model.state.evidence"}, names(t, f))
	info, err := os.Stat(f.Path() + ".evidence")
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
}

func TestEvidenceIsNotWrittenThroughALink(t *testing.T) {
	for _, name := range []string{".evidence", ".evidence.new"} {
		f := openTemp(t)
		_, err := Save(t.Context(), f, State{}.Next("v1"))
		require.NoError(t, err)
		target := filepath.Join(t.TempDir(), "target")
		require.NoError(t, os.WriteFile(target, []byte("precious"), 0o600))
		require.NoError(t, os.Symlink(target, f.Path()+name))

		err = f.SaveEvidence(t.Context(), 1, []byte("evidence"))
		if name == ".evidence" {
			require.ErrorIs(t, err, ErrNotRegular)
			_, _, err = f.LoadEvidence(t.Context())
			require.ErrorIs(t, err, ErrNotRegular)
		} else {
			require.NoError(t, err, "the link was removed")
		}
		kept, err := os.ReadFile(target)
		require.NoError(t, err)
		require.Equal(t, "precious", string(kept))
	}
}

func TestNoFileStandsWhereEvidenceShould(t *testing.T) {
	f := openTemp(t)
	_, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(f.Path()+".evidence", 0o700))
	require.ErrorIs(t, f.SaveEvidence(t.Context(), 1, nil), ErrNotRegular)
	_, _, err = f.LoadEvidence(t.Context())
	require.ErrorIs(t, err, ErrNotRegular)
}

func TestHugeEvidenceIsNotRead(t *testing.T) {
	f := holding(t)
	require.NoError(t, os.Truncate(f.Path()+".evidence", 1<<40)) // sparse
	_, _, err := f.LoadEvidence(t.Context())
	require.ErrorIs(t, err, ErrBadEvidence)
}

// Nothing of what is damaged is believed, whatever is damaged; and the next save makes good for it.
func TestDamagedEvidence(t *testing.T) {
	whole := encodeEvidence(7, []byte("evidence of an epoch"))
	damaged := map[string][]byte{
		"empty": {}, "zeros": make([]byte, len(whole)), "something else": []byte(`{"this": "is somebody else's file", "and": "long enough"}`),
		"state file": fileOf(State{}, State{}), "one byte more": append(bytes.Clone(whole), 0), "twice": append(bytes.Clone(whole), whole...),
	}
	for n := range len(whole) {
		damaged[fmt.Sprint("cut to ", n)] = whole[:n]
	}
	for bit := range len(whole) * 8 {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		damaged[fmt.Sprint("bit ", bit)] = flipped
	}
	for name, content := range damaged {
		d := newDisk()
		s := newSession(d, State{})
		require.NoError(t, s.do("next"))
		d.names[s.f.evidence.path] = diskWith(content).names[simPath]
		epoch, data, err := s.f.LoadEvidence(t.Context())
		require.ErrorIs(t, err, ErrBadEvidence, name)
		require.Zero(t, epoch, name)
		require.Nil(t, data, name)
		require.NoError(t, s.f.SaveEvidence(t.Context(), 8, []byte("new")), name)
		_, data, err = s.f.LoadEvidence(t.Context())
		require.NoError(t, err, name)
		require.Equal(t, "new", string(data), name)
	}
}

func TestEvidenceOfANewerReleaseSaysSo(t *testing.T) {
	d := newDisk()
	s := newSession(d, State{})
	b := encodeEvidence(7, []byte("evidence"))
	b[11] = 2
	d.names[s.f.evidence.path] = diskWith(resealed(b)).names[simPath]
	_, _, err := s.f.LoadEvidence(t.Context())
	require.ErrorIs(t, err, ErrBadEvidence)
	require.ErrorContains(t, err, "format version 2, this release reads 1")
}

// resealed is a file with a checksum that fits.
func resealed(b []byte) []byte {
	again := encodeEvidence(0, b[evidenceHeader:len(b)-4])
	copy(again, b[:evidenceHeader])
	return sum(again)
}

// A disk that hangs over evidence holds up nobody who has to store a state.
func TestHangingEvidenceDoesNotHoldUpATrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, d := make(chan struct{}), newDisk()
		f, err := openFile(hangingRename{d, hang}, simPath)
		require.NoError(t, err)
		_, err = Save(t.Context(), f, State{}.Next("v1"))
		require.NoError(t, err)
		saved := make(chan error)
		go func() { saved <- f.SaveEvidence(context.Background(), 1, []byte("slow")) }()
		synctest.Wait()

		state, err := Save(t.Context(), f, State{}.Next("v1").RollBack(breach))
		require.NoError(t, err)
		require.True(t, state.Tripped())
		closed := make(chan error)
		go func() { closed <- f.Close() }()
		synctest.Wait()
		require.True(t, f.held.Load(), "the lock is not given up while evidence is being written")
		close(hang)
		require.NoError(t, <-saved)
		require.NoError(t, <-closed)
		require.False(t, f.held.Load())
	})
}

// hangingRename is a disk whose renames hang.
type hangingRename struct {
	fileSystem
	until chan struct{}
}

func (h hangingRename) rename(from, to string) error {
	<-h.until
	return h.fileSystem.rename(from, to)
}

func FuzzDecodeEvidence(f *testing.F) {
	f.Add(encodeEvidence(7, []byte("evidence")))
	f.Add([]byte(evidenceMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if epoch, data, err := decodeEvidence(b); err == nil {
			require.Equal(t, b, encodeEvidence(epoch, data))
		}
	})
}
