package rollback

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// refused is what a child prints that is not given a file system of its own.
const refused = "refused: "

func init() {
	children["a full disk of its own"] = func(path string) { inTmpfs(path, "", tripOnAFullDisk) }
	children["a full disk"] = tripOnAFullDisk
}

// inTmpfs mounts an empty disk of 64 KiB where path is going to be, which only this process and its children see, and does something there.
func inTmpfs(path, options string, do func(path string)) {
	dir := filepath.Dir(path)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=700"+options); err != nil {
		fmt.Println(refused + err.Error())
		return
	}
	do(path)
}

// ownMounts lets a child mount what it likes, whoever runs the test.
func ownMounts() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// tripOnAFullDisk makes a state file, fills the disk to the last byte, and rolls back epoch after epoch.
func tripOnAFullDisk(path string) {
	trips, err := strconv.Atoi(os.Getenv("ROLLBACK_TEST_TRIPS"))
	exitOn(err)
	ctx := context.Background()
	f, err := OpenFile(path)
	exitOn(err)
	state, err := Save(ctx, f, State{}.Next("v0"))
	exitOn(err)
	exitOn(os.Chdir(filepath.Dir(path)))
	exitOn(fill())

	durable := 0
	for i := range trips {
		tripped, err := Save(ctx, f, state.RollBack(breach))
		exitOn(err)
		exitOn(f.Close())
		f, err = OpenFile(path)
		exitOn(err)
		found, err := f.Load(ctx)
		exitOn(err)
		if found.Equal(tripped) && found.RolledBack(fmt.Sprint("v", i)) {
			durable++
		}
		state, err = Save(ctx, f, found.Next(fmt.Sprint("v", i+1)))
		exitOn(err)
	}
	fmt.Printf("%d trips, first start: %v\n", durable, firstStartIsRefused(path+".other"))
}

// fill writes to a file in the working directory until not one more byte fits, into it or into another one.
func fill() error {
	f, err := os.Create("ballast")
	if err != nil {
		return err
	}
	for size := 4096; size > 0; {
		switch _, err := f.Write(make([]byte, size)); {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			return err
		}
	}
	if err := os.WriteFile("more", []byte{1}, 0o600); !errors.Is(err, syscall.ENOSPC) {
		return errors.Join(errors.New("the disk is not full"), err)
	}
	return f.Close()
}

// firstStartIsRefused tries to make a file that there is no room for.
func firstStartIsRefused(path string) bool {
	f, err := OpenFile(path)
	exitOn(err)
	_, err = Save(context.Background(), f, State{}.Next("v1"))
	left, globErr := filepath.Glob(path + "*")
	exitOn(errors.Join(globErr, f.Close()))
	return errors.Is(err, ErrUnwritable) && errors.Is(err, syscall.ENOSPC) && len(left) == 0
}

// answerOf runs a child to its end, and returns its line and whether it could be started and given a file system.
func answerOf(t *testing.T, name, path string, attr *syscall.SysProcAttr, env ...string) (line string, ok bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(append(os.Environ(), childEnv+"="+name, "ROLLBACK_TEST_PATH="+path), env...)
	child.SysProcAttr = attr
	child.Stderr = os.Stderr
	out, err := child.Output()
	line = strings.TrimSpace(string(out))
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		t.Fatalf("%s: %v: %s", name, err, line)
	}
	if err != nil {
		return err.Error(), false
	}
	return line, !strings.HasPrefix(line, refused)
}

// A disk that is really full. Where the kernel gives no file system to a test, what is left is the simulated one of TestFullDisk, which it repeats.
func TestTripsOnAReallyFullDisk(t *testing.T) {
	trips := effort(t, "ROLLBACK_TEST_TRIPS", 50)
	want := fmt.Sprintf("%d trips, first start: true", trips)
	env := "ROLLBACK_TEST_TRIPS=" + strconv.Itoa(trips)

	if dir := os.Getenv("ROLLBACK_TEST_SMALL_DISK"); dir != "" {
		t.Setenv("TMPDIR", dir)
		line, _ := answerOf(t, "a full disk", filepath.Join(t.TempDir(), "model.state"), nil, env)
		require.Equal(t, want, line)
		return
	}
	line, ok := answerOf(t, "a full disk of its own", filepath.Join(t.TempDir(), "model.state"), ownMounts(), env)
	if !ok {
		t.Logf("NOT SHOWN ON A REAL DISK: the kernel gives this test no file system of its own: %s", line)
		TestFullDisk(t)
		return
	}
	require.Equal(t, want, line)
}
