package canary_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
	"github.com/modelcanary/go-sdk/rollback"
)

// killers end the process from within a model call, which no recover can help against.
var killers = map[string]func(){
	"exit": func() { os.Exit(3) },
	"map race": func() {
		runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))) // two writers one after the other are not noticed
		shared := map[int]int{}
		for range 8 {
			go func() {
				for i := 0; ; i++ {
					shared[i%8] = i
				}
			}()
		}
		select {}
	},
	"stack overflow": func() {
		debug.SetMaxStack(1 << 20)
		fmt.Fprintln(os.Stderr, overflow(0))
	},
	"killed": func() {
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	},
}

func overflow(n int) int { return overflow(n+1) + 1 } //nolint:staticcheck // it has no end on purpose

// envCrash makes the test binary a process with a canary: the killer and the path of its state file, divided by a comma.
const envCrash = "CANARY_TEST_CRASH"

// crashingProcess serves requests with a candidate that kills, and ends cleanly if that is never asked. It prints how often it was.
func crashingProcess(how string) {
	killer, path, _ := strings.Cut(how, ",")
	ctx := context.Background()
	hand := local.New()
	check(hand.Set(rollout, 50))
	api := isolated.NewAPI()
	check(api.SetProviderAndWait(ctx, hand))
	store, err := rollback.OpenFile(path)
	check(err)
	calls := 0
	c, err := canary.New(canary.Config[string, string]{
		Name:   "crash",
		Stable: modelAnswering("stable"),
		Candidate: canary.Model[string, string]{Version: "2", Predictor: canary.Func(func(context.Context, string) (string, error) {
			calls++
			killers[killer]()
			return "", nil
		})},
		Flags:            canary.Flags{Client: api.NewClient(), Rollout: rollout},
		Criteria:         []criteria.Criterion{criteria.ErrorRate{}},
		OperationalOnly:  true,
		CandidateTimeout: -1,
		Store:            store,
	})
	check(err)
	for i := range 1000 {
		_, err := c.Predict(ctx, strconv.Itoa(i))
		check(err)
	}
	check(c.Shutdown(ctx))
	check(store.Close())
	fmt.Printf("%d candidate calls, %s\n", calls, c.Snapshot().State.Cause.Reason)
}

func modelAnswering(version string) canary.Model[string, string] {
	return canary.Model[string, string]{Version: version, Predictor: answering(version)}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A candidate that takes its process with it is met by three processes and not by the fourth.
func TestCrashLoopOfProcesses(t *testing.T) {
	for killer := range killers {
		t.Run(killer, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "crash.state")
			for start := 1; start <= 5; start++ {
				child := exec.CommandContext(t.Context(), os.Args[0])
				child.Env = append(os.Environ(), envCrash+"="+killer+","+path, "GORACE=halt_on_error=1")
				out, err := child.Output()
				if start <= rollback.CrashLoop {
					require.Error(t, err, "start %d: %s", start, out)
					continue
				}
				require.NoError(t, err, "start %d", start)
				require.Equal(t, "0 candidate calls, "+rollback.ReasonCrashLoop+"\n", string(out), "start %d", start)
			}
		})
	}
}

// A hundred processes that end cleanly with the candidate exposed are no crash loop.
func TestCleanRestartsAreNoCrashLoop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clean.state")
	cfg := config(t, 50)
	for range 100 {
		store, err := rollback.OpenFile(path)
		require.NoError(t, err)
		cfg.Store = store
		c, err := canary.NewOfSlots(cfg, 256)
		require.NoError(t, err)
		requireShare(t, c, 0.5, canary.ReasonSplit)
		require.NoError(t, c.Shutdown(t.Context()))
		require.NoError(t, store.Close())
	}
}
