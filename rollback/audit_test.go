package rollback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func trailIn(t *testing.T, path string, o AuditOptions) *Audit {
	t.Helper()
	a, err := OpenAudit(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// act is the n-th of a series of entries.
func act(n int) Entry {
	return Entry{
		Canary: "ranking", At: breach.At, Actor: "alice", Action: string(OnStep), Epoch: 3, Version: "v2",
		From: "ramping 1 %", To: "ramping 5 %", Reason: fmt.Sprint("act ", n), Evidence: "e-value 51 of 20", Revision: uint64(n),
	}
}

func readersOf(contents [][]byte) []io.Reader {
	var readers []io.Reader
	for _, b := range contents {
		readers = append(readers, bytes.NewReader(b))
	}
	return readers
}

func contentsOf(t *testing.T, path string) [][]byte {
	t.Helper()
	files, err := AuditFiles(path)
	require.NoError(t, err)
	var contents [][]byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		contents = append(contents, b)
	}
	return contents
}

// soundEntries are those of a trail whose chain is whole.
func soundEntries(contents [][]byte) ([]Entry, error) {
	var entries []Entry
	for e, err := range ReadAudit(readersOf(contents)...) {
		if err != nil {
			return entries, err
		}
		entries = append(entries, e)
	}
	_, err := VerifyAudit(AuditMark{}, readersOf(contents)...)
	return entries, err
}

func TestTrailIsReadAsItWasRecorded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	var want []Entry
	for range 3 { // processes
		a := trailIn(t, path, AuditOptions{})
		for range 3 {
			want = append(want, act(len(want)))
			require.NoError(t, a.Record(t.Context(), want[len(want)-1]))
		}
		require.NoError(t, a.Close())
	}
	got, err := soundEntries(contentsOf(t, path))
	require.NoError(t, err)
	require.Equal(t, want, got)

	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1)
}

func TestFileIsAnAuditor(t *testing.T) {
	f := openTemp(t)
	require.NoError(t, f.Record(t.Context(), act(0)))
	require.Equal(t, f.Path()+".audit.jsonl", f.AuditPath())
	_, err := f.Load(t.Context())
	require.ErrorIs(t, err, ErrNoState)
	saved, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
	require.NoError(t, f.Record(t.Context(), Entry{Action: "begin", Revision: saved.Revision}))
	require.NoError(t, f.Close())
	require.ErrorIs(t, f.Record(t.Context(), act(1)), ErrClosed)
	got, err := soundEntries(contentsOf(t, f.AuditPath()))
	require.NoError(t, err)
	require.Len(t, got, 2)
}

func TestOpenAuditNamesAllThatIsWrong(t *testing.T) {
	for _, path := range []string{"", "a\x00b"} {
		_, err := OpenAudit(path, AuditOptions{MaxBytes: 1, Keep: -1})
		require.ErrorIs(t, err, ErrPath)
		require.ErrorContains(t, err, "rollback: AuditOptions.MaxBytes 1 outside [65536, 67108864]")
		require.ErrorContains(t, err, "rollback: AuditOptions.Keep -1 outside [1, 1000]")
	}
	for _, o := range []AuditOptions{{MaxBytes: maxAuditBytes + 1}, {MaxBytes: -1}, {Keep: maxAuditKeep + 1}} {
		_, err := OpenAudit("x", o)
		require.Error(t, err, "%+v", o)
	}
	a, err := OpenAudit("x", AuditOptions{})
	require.NoError(t, err)
	require.Equal(t, AuditOptions{MaxBytes: 1 << 20, Keep: 8}, a.options)
	require.True(t, filepath.IsAbs(a.Path()))
}

func TestFullFilesArePutAsideAndTheOldestDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	a := trailIn(t, path, AuditOptions{MaxBytes: minAuditBytes, Keep: 2})
	bulk := act(0)
	bulk.Evidence = strings.Repeat("x", MaxAuditEvidence)
	const n = 100
	for i := range n {
		bulk.Revision = uint64(i)
		require.NoError(t, a.Record(t.Context(), bulk))
	}
	files, err := AuditFiles(path)
	require.NoError(t, err)
	require.Len(t, files, 3)
	require.Equal(t, path, files[2])
	require.NotContains(t, files, path+".1") // deleted, and no other has got its name
	contents := contentsOf(t, path)
	for _, b := range contents {
		require.LessOrEqual(t, len(b), minAuditBytes)
	}
	got, err := soundEntries(contents)
	require.NoError(t, err)
	for i, e := range got {
		require.Equal(t, uint64(n-len(got)+i), e.Revision)
	}
	require.Greater(t, len(got), 2*minAuditBytes/(MaxAuditEvidence+1000))
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 3)
}

func TestTrailIsWrittenByOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	first, second := trailIn(t, path, AuditOptions{}), trailIn(t, path, AuditOptions{})
	require.NoError(t, first.Record(t.Context(), act(0)))
	err := second.Record(t.Context(), act(1))
	require.ErrorIs(t, err, ErrLocked)
	require.Equal(t, fmt.Sprintf("rollback: audit trail is in use elsewhere: %q", path), err.Error())
	require.NoError(t, first.Record(t.Context(), act(2)))
	require.NoError(t, first.Close())
	require.NoError(t, second.Record(t.Context(), act(3)))
	got, err := soundEntries(contentsOf(t, path))
	require.NoError(t, err)
	require.Equal(t, []Entry{act(0), act(2), act(3)}, got)
}

func TestLosingTheRaceToMakeTheTrail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	winner := trailIn(t, path, AuditOptions{})
	loser := openAudit(slowLink{osFS{}, func() {
		require.NoError(t, winner.Record(t.Context(), act(0)))
	}}, path, winner.options)
	require.ErrorIs(t, loser.Record(t.Context(), act(1)), ErrLocked)
	require.NoError(t, winner.Record(t.Context(), act(2)))
	got, err := soundEntries(contentsOf(t, path))
	require.NoError(t, err)
	require.Equal(t, []Entry{act(0), act(2)}, got)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestPlacesThatAreNoTrail(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string) error
		want error
		also error
	}{
		"directory":         {func(path string) error { return os.Mkdir(path, 0o700) }, ErrNotRegular, nil},
		"symbolic link":     {func(path string) error { return os.Symlink("elsewhere", path) }, ErrNotRegular, nil},
		"missing directory": {func(path string) error { return os.Remove(filepath.Dir(path)) }, ErrUnwritable, os.ErrNotExist},
	} {
		path := filepath.Join(t.TempDir(), "dir", "trail")
		require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
		require.NoError(t, c.make(path))
		a := trailIn(t, path, AuditOptions{})
		err := a.Record(t.Context(), act(0))
		require.ErrorIs(t, err, c.want, name)
		if c.also != nil {
			require.ErrorIs(t, err, c.also, name)
		}
		e, ok := errors.AsType[*AuditError](err)
		require.True(t, ok)
		require.Equal(t, path, e.Path)
	}
}

func TestTrailGoesOnBehindWhatIsNotItsOwn(t *testing.T) {
	for name, foreign := range map[string]string{
		"half a line":            `{"seq":77,"at":"20`,
		"a line of another kind": "hello\n",
		"zeros":                  strings.Repeat("\x00", 5000),
		"long":                   strings.Repeat("x", 3*maxLine) + "\ny",
		"empty lines":            "\n\n\n",
	} {
		path := filepath.Join(t.TempDir(), "trail")
		a := trailIn(t, path, AuditOptions{})
		require.NoError(t, os.WriteFile(path, []byte(foreign), 0o600))
		require.NoError(t, a.Record(t.Context(), act(0)), name)
		appendTo(t, path, foreign) // and while it is open
		require.NoError(t, a.Record(t.Context(), act(1)), name)
		require.NoError(t, a.Close())
		appendTo(t, path, foreign)
		a = trailIn(t, path, AuditOptions{})
		require.NoError(t, a.Record(t.Context(), act(2)), name)
		require.NoError(t, a.Record(t.Context(), act(3)), name)

		contents := contentsOf(t, path)
		require.Equal(t, 3, bytes.Count(contents[0], []byte(foreign)), "%s: kept", name)
		got, err := soundEntries(contents)
		require.NoError(t, err, name)
		require.Equal(t, []string{"torn", "step", "torn", "step", "torn", "step", "step"}, actions(got), name)
		require.Equal(t, breach.At, got[0].At)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func actions(entries []Entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Action)
	}
	return all
}

func TestWhatIsTakenAwayFromARunningTrailIsMissed(t *testing.T) {
	for name, c := range map[string]struct {
		take func(path string) error
		line int
	}{
		"the file": {os.Remove, 0},
		"its end": {func(path string) error {
			b, err := os.ReadFile(path)
			return errors.Join(err, os.WriteFile(path, b[:bytes.IndexByte(b, '\n')+1], 0o600))
		}, 2},
	} {
		path := filepath.Join(t.TempDir(), "trail")
		a := trailIn(t, path, AuditOptions{})
		for i := range 3 {
			require.NoError(t, a.Record(t.Context(), act(i)))
		}
		mark, err := VerifyAudit(AuditMark{}, readersOf(contentsOf(t, path))...)
		require.NoError(t, err)
		require.Equal(t, a.last, mark)
		require.NoError(t, c.take(path), name)
		require.NoError(t, a.Record(t.Context(), act(3)), name)
		last, err := VerifyAudit(AuditMark{}, readersOf(contentsOf(t, path))...)
		if c.line == 0 {
			require.NoError(t, err, name)
			require.Equal(t, uint64(4), last.Seq, "what came before is not there, and the number says so")
			continue
		}
		e, ok := errors.AsType[*ChainError](err)
		require.True(t, ok, name)
		require.Equal(t, c.line, e.Line, name)
	}
}

func TestTrailThatIsDeletedGoesOnFromTheFilePutAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	a := trailIn(t, path, AuditOptions{})
	require.NoError(t, a.Record(t.Context(), act(0)))
	require.NoError(t, a.Close())
	require.NoError(t, os.Rename(path, path+".7"))
	appendTo(t, path+".7", "torn")
	a = trailIn(t, path, AuditOptions{})
	require.NoError(t, a.Record(t.Context(), act(1)))
	got, err := soundEntries(contentsOf(t, path))
	require.NoError(t, err)
	require.Equal(t, []string{"step", "torn", "step"}, actions(got))
	require.Equal(t, 8, a.next)
}

func TestRecordConcurrentSafe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	a := trailIn(t, path, AuditOptions{})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 10 {
				e := act(i)
				e.Epoch = uint64(worker)
				if err := a.Record(context.Background(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := soundEntries(contentsOf(t, path))
	require.NoError(t, err)
	require.Len(t, got, 80)
	next := map[uint64]uint64{}
	for _, e := range got {
		require.Equal(t, next[e.Epoch], e.Revision)
		next[e.Epoch]++
	}
}

// hangingList lets the look into the directory hang, which a trail needs and a state file does not.
type hangingList struct {
	fileSystem
	entered, release chan struct{}
}

func (h hangingList) list(string) ([]string, error) {
	close(h.entered)
	<-h.release
	return nil, syscall.EIO
}

func TestATrailThatHangsHoldsUpNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hangingList{newDisk(), make(chan struct{}), make(chan struct{})}
		f, err := openFile(h, simPath)
		require.NoError(t, err)
		hung := make(chan error, 1)
		go func() { hung <- f.Record(context.Background(), act(0)) }()
		<-h.entered

		_, err = Save(t.Context(), f, State{}.Next("v1").RollBack(breach))
		require.NoError(t, err)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, f.Record(impatient, act(1)), context.DeadlineExceeded)

		close(h.release)
		err = <-hung
		require.ErrorIs(t, err, ErrUnwritable)
		require.ErrorIs(t, err, syscall.EIO)
		require.NoError(t, f.Close())
		require.ErrorIs(t, f.Record(t.Context(), act(2)), ErrClosed)
	})
}

func TestRecordDoesNotBeginWithAContextThatIsDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	a := trailIn(t, path, AuditOptions{})
	done, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, a.Record(done, act(0)), context.Canceled)
	require.NoFileExists(t, path)
}
