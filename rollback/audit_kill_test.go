//go:build unix

package rollback

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func init() {
	children["record without end"] = recordWithoutEnd
}

// recordWithoutEnd records one act after the other and prints those that are acknowledged, until it is killed. A file holds a dozen acts.
func recordWithoutEnd(path string) {
	a := openAudit(osFS{}, path, AuditOptions{MaxBytes: 16 << 10, Keep: 1000})
	fmt.Println("ready")
	for i := 0; ; i++ {
		e := bulkyAct(i)
		e.Epoch = uint64(os.Getpid())
		exitOn(a.Record(context.Background(), e))
		fmt.Println(i)
	}
}

// recorder is a process that was killed, and how many acts were acknowledged to it.
type recorder struct {
	pid   uint64
	acked int
}

// killRecorder kills a recorder while it works on the act after acks acknowledged ones.
func killRecorder(t *testing.T, path string, acks int) recorder {
	t.Helper()
	child, out := startChild(t, "record without end", path)
	for range 1 + acks {
		_, err := out.ReadString('\n')
		require.NoError(t, err)
	}
	require.NoError(t, child.Process.Kill())
	killed := recorder{uint64(child.Process.Pid), acks}
	for ; ; killed.acked++ { // what was acknowledged between our reading and its death counts too
		if _, err := out.ReadString('\n'); err != nil {
			break
		}
	}
	require.Error(t, child.Wait())
	return killed
}

func TestTrailSurvivesAKillAtAnyMoment(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	const kills = 100
	for range kills / 10 {
		path := filepath.Join(t.TempDir(), "trail")
		var killed []recorder
		for range 10 {
			killed = append(killed, killRecorder(t, path, r.IntN(20)))
		}
		a := trailIn(t, path, AuditOptions{})
		require.NoError(t, a.Record(t.Context(), Entry{Action: "last"}))
		entries, err := soundEntries(contentsOf(t, path))
		require.NoError(t, err)
		requireRecorded(t, killed, entries)
	}
}

// requireRecorded holds entries to: those of one process after the other, with every acknowledged one and at most one more.
func requireRecorded(t *testing.T, killed []recorder, entries []Entry) {
	t.Helper()
	for _, process := range killed {
		n := 0
		for ; entries[0].Epoch == process.pid || entries[0].Action == actionTorn; entries = entries[1:] {
			if entries[0].Action != actionTorn {
				require.Equal(t, uint64(n), entries[0].Revision)
				n++
			}
		}
		require.GreaterOrEqual(t, n, process.acked)
		require.LessOrEqual(t, n, process.acked+1)
	}
	require.Equal(t, []string{"last"}, actions(entries))
}

func TestTrailRefusesAPipeWithoutWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trail")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	require.ErrorIs(t, trailIn(t, path, AuditOptions{}).Record(t.Context(), act(0)), ErrNotRegular)
	require.NoError(t, syscall.Mkfifo(path+".1", 0o600))
	require.NoError(t, syscall.Unlink(path))
	err := trailIn(t, path, AuditOptions{}).Record(t.Context(), act(0))
	require.ErrorIs(t, err, ErrUnwritable)
	require.ErrorContains(t, err, "no regular file")
}
