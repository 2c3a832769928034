//go:build unix

package rollback

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func init() {
	children["write without end"] = writeWithoutEnd
	children["load once"] = loadInChild
}

// startChild runs this test binary as child on path.
func startChild(t *testing.T, name, path string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+name, "ROLLBACK_TEST_PATH="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	return child, bufio.NewReader(out)
}

// writeWithoutEnd stores one state after the other and prints those that are acknowledged, until it is killed.
func writeWithoutEnd(path string) {
	ctx := context.Background()
	f, err := OpenFile(path)
	exitOn(err)
	state, err := f.Load(ctx)
	if !errors.Is(err, ErrNoState) {
		exitOn(err)
	}
	fmt.Println("ready")
	for i := 0; ; i++ {
		switch {
		case state.Tripped():
			state = state.Next(fmt.Sprint("v", state.Epoch+1))
		case i%3 == 0:
			state = state.RollBack(breach)
		default:
			state = state.Expose(state.HighestShare + 0.1)
		}
		state, err = Save(ctx, f, state)
		exitOn(err)
		fmt.Println(hex.EncodeToString(encodeSlot(state)))
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func loadInChild(path string) {
	f, err := OpenFile(path)
	exitOn(err)
	found, err := f.Load(context.Background())
	fmt.Println(found.RolledBack("v1"), errors.Is(err, ErrLocked))
}

// killAfter starts a writer, kills it while it works on the state after acks acknowledged ones, and returns the last acknowledged.
func killAfter(t *testing.T, path string, acks int) State {
	t.Helper()
	child, out := startChild(t, "write without end", path)
	_, err := out.ReadString('\n')
	require.NoError(t, err)
	var last State
	for range acks {
		last = parseAck(t, out)
	}
	require.NoError(t, child.Process.Kill())
	for { // what was acknowledged between our reading and its death counts too
		line, err := out.ReadString('\n')
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		last = parseLine(t, line)
	}
	require.Error(t, child.Wait())
	return last
}

func parseAck(t *testing.T, out *bufio.Reader) State {
	t.Helper()
	line, err := out.ReadString('\n')
	require.NoError(t, err)
	return parseLine(t, line)
}

func parseLine(t *testing.T, line string) State {
	t.Helper()
	slot, err := hex.DecodeString(line[:len(line)-1])
	require.NoError(t, err)
	s, err := decodeSlot(slot)
	require.NoError(t, err)
	return s
}

// killers is how many processes are being killed side by side: starting one is most of the work.
const killers = 4

func TestKillAtAnyMoment(t *testing.T) {
	rounds := effort(t, "ROLLBACK_TEST_KILLS", map[bool]int{true: 100, false: 1000}[raceEnabled])
	var between atomic.Int64
	t.Run("killers", func(t *testing.T) {
		for killer := range killers {
			t.Run(strconv.Itoa(killer), func(t *testing.T) {
				t.Parallel()
				between.Add(killAgainAndAgain(t, uint64(killer), (rounds+killers-1)/killers))
			})
		}
	})
	t.Logf("%d kills, %d of them between what was stored and its acknowledgement", rounds, between.Load())
}

// killAgainAndAgain returns how often something was stored that was not acknowledged any more.
func killAgainAndAgain(t *testing.T, seed uint64, rounds int) (between int64) {
	t.Helper()
	r := rand.New(rand.NewPCG(15, seed))
	dir := t.TempDir()
	var path string
	var acked State
	for round := range rounds {
		if round%4 == 0 { // and while the file is being made
			path, acked = filepath.Join(dir, strconv.Itoa(round)), State{}
		}
		if last := killAfter(t, path, r.IntN(4)); last.Revision != 0 {
			acked = last
		}
		found, err := loadAndClose(t, path)
		if errors.Is(err, ErrNoState) {
			require.Zero(t, acked.Revision, "lost, round %d", round)
			continue
		}
		require.NoError(t, err, "does not open, round %d", round)
		require.True(t, found.Equal(found.Join(acked)), "round %d: %+v was acknowledged, found %+v", round, acked, found)
		require.LessOrEqual(t, found.Epoch, acked.Epoch+1)
		if !found.Equal(acked) {
			between++
		}
		acked = found
	}
	return between
}

func loadAndClose(t *testing.T, path string) (State, error) {
	t.Helper()
	f, err := OpenFile(path)
	require.NoError(t, err)
	found, err := f.Load(t.Context())
	require.NoError(t, f.Close())
	return found, err
}

func TestAnotherProcessSeesTheRollbackButOwnsNothing(t *testing.T) {
	f := openTemp(t)
	saved, err := Save(t.Context(), f, State{}.Next("v1"))
	require.NoError(t, err)
	require.Equal(t, "false true", childLoads(t, f.Path()))
	_, err = Save(t.Context(), f, saved.RollBack(breach))
	require.NoError(t, err)
	require.Equal(t, "true true", childLoads(t, f.Path()))
	require.NoError(t, f.Close())
	require.Equal(t, "true false", childLoads(t, f.Path()))
}

func childLoads(t *testing.T, path string) string {
	t.Helper()
	child, out := startChild(t, "load once", path)
	line, err := out.ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, child.Wait())
	return line[:len(line)-1]
}
