package local_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

// changes returns the keys of the one change that waits, nil when nothing waits.
func changes(t *testing.T, p *local.Provider) []string {
	t.Helper()
	events := p.Pending()
	if len(events) == 0 {
		return nil
	}
	require.Len(t, events, 1)
	require.Equal(t, openfeature.ProviderConfigChange, events[0].EventType)
	require.Equal(t, p.Metadata().Name, events[0].ProviderName)
	return events[0].FlagChanges
}

func TestSetEmitsExactlyTheChangedKey(t *testing.T) {
	p := local.New()
	steps := []struct {
		name string
		do   func() error
		want []string
	}{
		{"added", func() error { return p.Set("a", 10) }, []string{"a"}},
		{"the same value", func() error { return p.Set("a", 10) }, nil},
		{"the same number of another type", func() error { return p.Set("a", 10.0) }, nil},
		{"another value", func() error { return p.Set("a", 11) }, []string{"a"}},
		{"another type", func() error { return p.Set("a", "11") }, []string{"a"}},
		{"an object", func() error { return p.Set("b", map[string]any{"x": 1}) }, []string{"b"}},
		{"an equal object", func() error { return p.Set("b", map[string]any{"x": 1}) }, nil},
		{"another object", func() error { return p.Set("b", map[string]any{"x": 2}) }, []string{"b"}},
		{"deleted", func() error { return p.Delete("a") }, []string{"a"}},
		{"deleted again", func() error { return p.Delete("a") }, nil},
	}
	for _, step := range steps {
		require.NoError(t, step.do(), step.name)
		require.Equal(t, step.want, changes(t, p), step.name)
	}
}

func TestUnreadChangesAreMerged(t *testing.T) {
	p := local.New()
	for _, key := range []string{"c", "a", "b", "a"} {
		require.NoError(t, p.Set(key, true))
		require.NoError(t, p.Delete(key))
	}
	require.Equal(t, []string{"a", "b", "c"}, changes(t, p))
	require.NoError(t, p.Set("d", true))
	require.Equal(t, []string{"d"}, changes(t, p), "what was read is not told again")
}

func TestWaitingKeysAreBounded(t *testing.T) {
	p := local.New()
	flags := map[string]bool{}
	half := make([]string, local.MaxChangedKeys/2+1)
	for round := range 2 {
		for i := range half {
			half[i] = fmt.Sprintf("%d-%06d", round, i)
			flags[half[i]] = true
		}
		p.PostChange(half)
	}
	require.NoError(t, p.Set("later", true))
	events := p.Pending()
	require.Len(t, events, 1)
	require.Empty(t, events[0].FlagChanges, "an event without keys: anything may have changed, and one more key does not narrow that")
	require.Greater(t, len(flags), local.MaxChangedKeys)

	require.NoError(t, p.Set("a", true))
	require.Equal(t, []string{"a"}, changes(t, p), "exact again once it was read")
}

func TestNoKeyIsLostWhileReadAndWritten(t *testing.T) {
	p := local.New()
	want, got := map[string]bool{}, map[string]bool{}
	for w := range 4 {
		for i := range 100 {
			want[fmt.Sprintf("%d-%d", w, i)] = true
		}
	}
	done := make(chan struct{})
	var reader, writers sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case e := <-p.EventChannel():
				for _, key := range e.FlagChanges {
					got[key] = true
				}
			case <-done:
				return
			}
		}
	})
	for w := range 4 {
		writers.Go(func() {
			for i := range 100 {
				_ = p.Set(fmt.Sprintf("%d-%d", w, i), i)
			}
		})
	}
	writers.Wait()
	close(done)
	reader.Wait()
	for _, key := range changes(t, p) {
		got[key] = true
	}
	require.Equal(t, want, got)
}

func TestClientHearsOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		p := local.New()
		require.NoError(t, p.Set("before", 1)) // told although nobody listened yet
		api := isolated.NewAPI()
		var mu sync.Mutex
		heard := map[string]int{}
		on := func(e openfeature.EventDetails) {
			mu.Lock()
			defer mu.Unlock()
			for _, key := range e.FlagChanges {
				heard[key]++
			}
		}
		api.AddHandler(openfeature.ProviderConfigChange, &on)
		require.NoError(t, api.SetProviderAndWait(ctx, p))
		synctest.Wait()
		require.NoError(t, p.Set("after", 1))
		synctest.Wait()
		require.Equal(t, map[string]int{"before": 1, "after": 1}, heard)
		require.Equal(t, openfeature.ReadyState, api.NewClient().State())

		require.NoError(t, api.Shutdown(ctx))
		require.NoError(t, p.Set("late", 1), "setting after the shutdown neither blocks nor panics")
	})
}
