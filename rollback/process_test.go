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
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func init() { children["do as told"] = doAsTold }

// doAsTold does what it reads, line by line, with one file and what it remembers of it, as a canary does. It answers each line with the error, what
// a load has shown, and what it remembers now.
func doAsTold(path string) {
	f, err := OpenFile(path)
	exitOn(err)
	var memory State
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var seen State
		var err error
		switch in.Text() {
		case "load":
			seen, err = f.Load(context.Background())
			memory = rejoined(memory, seen)
		case "close":
			exitOn(f.Close())
			f, err = OpenFile(path)
		case "next":
			memory, err = Save(context.Background(), f, memory.Next(fmt.Sprint("v", memory.Epoch, "-", os.Getpid())))
		case "expose":
			memory, err = Save(context.Background(), f, memory.Expose(memory.HighestShare+0.1))
		case "trip":
			memory, err = Save(context.Background(), f, memory.RollBack(breach))
		}
		fmt.Println(outcome(err), stateToLine(seen), stateToLine(memory))
	}
}

// rejoined is what is remembered after a load, to be stored on top of it.
func rejoined(memory, seen State) State {
	memory = memory.Join(seen)
	if seen.Revision != 0 {
		memory.Revision = seen.Revision
	}
	return memory
}

func outcome(err error) string {
	for name, known := range map[string]error{"locked": ErrLocked, "empty": ErrNoState} {
		if errors.Is(err, known) {
			return name
		}
	}
	if err != nil {
		return strings.ReplaceAll(err.Error(), " ", "_")
	}
	return "ok"
}

func stateToLine(s State) string {
	s = s.normal()
	s.Revision++ // 0 is none
	return hex.EncodeToString(encodeSlot(s))
}

func stateOfLine(t *testing.T, text string) State {
	t.Helper()
	slot, err := hex.DecodeString(text)
	require.NoError(t, err)
	s, err := decodeSlot(slot)
	require.NoError(t, err)
	s.Revision--
	return s
}

// process is a child that does as told.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader

	memory State // what it remembers
}

func startProcess(t *testing.T, path string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.Env = append(os.Environ(), childEnv+"=do as told", "ROLLBACK_TEST_PATH="+path)
	p.Stderr = os.Stderr
	var err error
	p.in, err = p.StdinPipe()
	require.NoError(t, err)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.out = bufio.NewReader(out)
	require.NoError(t, p.Start())
	return p
}

func (p *process) tell(t *testing.T, op string) {
	t.Helper()
	_, err := fmt.Fprintln(p.in, op)
	require.NoError(t, err)
}

func (p *process) answer(t *testing.T) (outcome string, seen State) {
	t.Helper()
	line, err := p.out.ReadString('\n')
	require.NoError(t, err)
	words := strings.Fields(line)
	require.Len(t, words, 3)
	p.memory = stateOfLine(t, words[2])
	return words[0], stateOfLine(t, words[1])
}

// rivals are two processes on one file.
type rivals struct {
	path  string
	both  [2]*process
	owner int // -1: nobody knows
	acked State
}

// turn lets both do something at the same time.
func (r *rivals) turn(t *testing.T, ops [2]string) {
	t.Helper()
	before := r.acked
	for i, op := range ops {
		r.both[i].tell(t, op)
	}
	var did []int
	for i, op := range ops {
		outcome, seen := r.both[i].answer(t)
		switch {
		case op == "close":
			require.Equal(t, "ok", outcome)
			if r.owner == i {
				r.owner = -1
			}
		case outcome == "ok":
			did = append(did, i)
			require.True(t, knows(r.both[i].memory, before), "%s: %+v, acknowledged was %+v", op, r.both[i].memory, before)
			r.acked = r.acked.Join(stored(op, seen, r.both[i].memory))
		case outcome == "locked":
			require.NotEqual(t, r.owner, i, "the owner is refused")
			if op == "load" { // while the owner writes, one of the slots is torn, or both were when they were read
				require.True(t, seen.Equal(State{}.normal()) || knows(seen, before), "%+v, acknowledged was %+v", seen, before)
			}
		default:
			require.Equal(t, "empty", outcome, op)
			require.Zero(t, before.Epoch)
		}
	}
	if ops[0] != "close" && ops[1] != "close" && before.Epoch != 0 {
		require.Len(t, did, 1, "%q: one is the owner", ops)
	}
	for _, i := range did {
		if ops[i] != "close" {
			r.owner = i
		}
	}
}

// stored is what an operation has shown to be stored: all that is remembered, if it was to store that.
func stored(op string, seen, memory State) State {
	if op == "load" {
		return seen
	}
	return memory
}

// knows reports whether s knows all that part does.
func knows(s, part State) bool { return s.Join(part).Equal(s.normal()) }

// poll lets the one that does not own the file look at it, with nobody writing.
func (r *rivals) poll(t *testing.T) {
	t.Helper()
	if r.owner < 0 {
		return
	}
	reader := r.both[1-r.owner]
	reader.tell(t, "load")
	outcome, seen := reader.answer(t)
	require.Equal(t, "locked", outcome)
	require.True(t, seen.Equal(r.acked), "%+v, acknowledged was %+v", seen, r.acked)
}

// depose kills the owner, perhaps while it writes, and finds the other one in its place.
func (r *rivals) depose(t *testing.T, during string) {
	t.Helper()
	if r.owner < 0 {
		return
	}
	old, heir := r.both[r.owner], r.both[1-r.owner]
	if during != "" {
		old.tell(t, during)
	}
	require.NoError(t, old.Process.Kill())
	require.Error(t, old.Wait())
	heir.tell(t, "load")
	outcome, seen := heir.answer(t)
	require.Equal(t, "ok", outcome, "the lock goes with its owner")
	require.True(t, knows(seen, r.acked), "%+v, acknowledged was %+v", seen, r.acked)
	r.acked = seen
	r.both[r.owner] = startProcess(t, r.path)
	r.owner = 1 - r.owner
}

func TestTwoProcessesOnOneFile(t *testing.T) {
	t.Parallel()
	turns := map[bool]int{true: 100, false: 1000}[raceEnabled]
	rnd := rand.New(rand.NewPCG(17, 18))
	ops := []string{"load", "next", "expose", "expose", "trip", "trip", "close"}
	r := &rivals{path: filepath.Join(t.TempDir(), "model.state"), owner: -1}
	for i := range r.both {
		r.both[i] = startProcess(t, r.path)
	}
	for turn := range turns {
		r.turn(t, [2]string{ops[rnd.IntN(len(ops))], ops[rnd.IntN(len(ops))]})
		r.poll(t)
		if turn%20 == 19 {
			r.depose(t, []string{"", "trip", "next"}[rnd.IntN(3)])
		}
	}
	r.settle(t)
}

// settle lets each of them store what it remembers: what the one that was refused has tripped is not lost either.
func (r *rivals) settle(t *testing.T) {
	t.Helper()
	for i, p := range r.both {
		other := r.both[1-i]
		other.tell(t, "close")
		_, _ = other.answer(t)
		p.tell(t, "load")
		_, _ = p.answer(t)
		p.tell(t, "expose")
		outcome, _ := p.answer(t)
		require.Equal(t, "ok", outcome)
	}
	for _, p := range r.both {
		require.NoError(t, p.in.Close())
		require.NoError(t, p.Wait())
	}
	found, err := loadAndClose(t, r.path)
	require.NoError(t, err)
	for _, part := range []State{r.acked, r.both[0].memory, r.both[1].memory} {
		require.True(t, knows(found, part), "%+v, one of them knew %+v", found, part)
	}
	t.Logf("%d epochs, %d versions barred", found.Epoch, len(found.Barred))
}
