package local_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

func TestInitReadsTheFileAgain(t *testing.T) {
	path := write(t, percent("5"))
	p, err := local.OpenFile(path)
	require.NoError(t, err)
	rewrite(t, path, percent("6"))
	require.NoError(t, p.Init(openfeature.EvaluationContext{}))
	defer p.Shutdown()
	require.Equal(t, 6.0, share(p))
	require.Equal(t, []string{changed("share")}, told(p))
}

func TestInitAndShutdownAreIdempotent(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) { // fails when a goroutine is left
		p, err := local.OpenFile(path)
		require.NoError(t, err)
		p.Shutdown() // before any Init
		for range 3 {
			for range 3 {
				require.NoError(t, p.Init(openfeature.EvaluationContext{}))
			}
			rewrite(t, path, percent("6"))
			pollOnce(t)
			rewrite(t, path, percent("5"))
			pollOnce(t)
			for range 3 {
				require.NoError(t, p.ShutdownWithContext(context.Background()))
			}
		}
	})
}

func TestConcurrentInitShutdownEvaluate(t *testing.T) {
	path := write(t, percent("5"))
	p, err := local.OpenFile(path, local.WithPoll(time.Millisecond))
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if err := p.Init(openfeature.EvaluationContext{}); err != nil {
					t.Error(err)
				}
				_ = p.Err()
				p.Shutdown()
			}
		})
		all.Go(func() {
			for range 200 {
				if v := share(p); v != 5 && v != 6 {
					t.Errorf("share %v, want one that was written", v)
				}
			}
		})
	}
	all.Go(func() {
		for i := range 100 {
			rewrite(t, path, percent([]string{"5", "6"}[i%2]))
		}
	})
	all.Wait()
	p.Shutdown()
}

func TestTwoDomainsShareOneGoroutine(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		p, err := local.OpenFile(path)
		require.NoError(t, err)
		api := isolated.NewAPI()
		require.NoError(t, api.SetProviderAndWait(ctx, p))
		require.NoError(t, api.SetProviderAndWait(ctx, p, openfeature.WithDomain("models")))
		rewrite(t, path, "")
		pollOnce(t)
		require.Equal(t, openfeature.StaleState, api.NewClient().State())
		require.Equal(t, openfeature.StaleState, api.NewClient(openfeature.WithDomain("models")).State())
		require.NoError(t, api.Shutdown(ctx))
	})
}

func TestHangingReadBlocksNeitherInitNorShutdownNorEvaluation(t *testing.T) {
	p, err := local.OpenFile(write(t, percent("5")))
	require.NoError(t, err)
	release := p.HoldReload()
	soon := func() context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	require.ErrorIs(t, p.InitWithContext(soon(), openfeature.EvaluationContext{}), context.DeadlineExceeded)
	require.Equal(t, 5.0, share(p))
	require.ErrorIs(t, p.ShutdownWithContext(soon()), context.DeadlineExceeded)
	require.ErrorIs(t, p.InitWithContext(soon(), openfeature.EvaluationContext{}), context.DeadlineExceeded, "a second life waits for the first")
	require.ErrorIs(t, p.ShutdownWithContext(soon()), context.DeadlineExceeded, "asked again, it still tells the truth")
	require.LessOrEqual(t, reading(), 1, "never two at once")
	release()
	require.NoError(t, p.ShutdownWithContext(context.Background()))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 {
		require.NoError(t, p.ShutdownWithContext(ctx), "all is gone, so there is nothing to wait for")
	}
}

// reading counts the goroutines that read a file.
func reading() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "local.(*Provider).reload(")
}

func TestInitThatGivesUpEndsOnlyWhatItBegan(t *testing.T) {
	p, err := local.OpenFile(write(t, percent("5")))
	require.NoError(t, err)
	dead, cancel := context.WithCancel(context.Background())
	cancel()

	release := p.HoldReload()
	require.ErrorIs(t, p.InitWithContext(dead, openfeature.EvaluationContext{}), context.Canceled)
	require.False(t, p.Running())
	release()
	p.AwaitEnd() // without a Shutdown

	release = p.HoldReload()
	patient := make(chan error)
	go func() { patient <- p.Init(openfeature.EvaluationContext{}) }()
	for !p.Running() {
		runtime.Gosched()
	}
	require.ErrorIs(t, p.InitWithContext(dead, openfeature.EvaluationContext{}), context.Canceled)
	require.True(t, p.Running(), "the other one is still waiting")
	release()
	require.NoError(t, <-patient)
	p.Shutdown()
	require.False(t, p.Running())
}
