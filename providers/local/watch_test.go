package local_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

// open opens a file and starts to follow it; the test has to shut the provider down before its bubble ends.
func open(t *testing.T, path string, opts ...local.Option) *local.Provider {
	t.Helper()
	p, err := local.OpenFile(path, opts...)
	require.NoError(t, err)
	require.NoError(t, p.Init(openfeature.EvaluationContext{}))
	require.Empty(t, p.Pending())
	return p
}

// pollOnce lets one interval pass and the reading end.
func pollOnce(t *testing.T) {
	t.Helper()
	elapse(local.DefaultPoll)
}

// elapse moves the clock of the bubble and waits until nothing is left to do.
func elapse(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func share(p *local.Provider) float64 {
	return p.FloatEvaluation(context.Background(), "share", -1, nil).Value
}

// told lists what waits unread: the type of each event, and the keys of a change.
func told(p *local.Provider) (lines []string) {
	for _, e := range p.Pending() {
		lines = append(lines, strings.TrimSpace(string(e.EventType)+" "+strings.Join(e.FlagChanges, ",")))
	}
	return lines
}

const (
	ready = "PROVIDER_READY"
	stale = "PROVIDER_STALE"
)

func changed(keys string) string { return "PROVIDER_CONFIGURATION_CHANGED " + keys }

func TestFileIsFollowed(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path)
		defer p.Shutdown()

		rewrite(t, path, percent("25"))
		require.Equal(t, 5.0, share(p), "not read yet")
		pollOnce(t)
		require.Equal(t, 25.0, share(p))
		require.Equal(t, []string{changed("share")}, told(p))

		pollOnce(t)
		require.Empty(t, told(p), "nothing changed")
	})
}

func TestChangeIsSeenThoughTimeAndSizeAreTheSame(t *testing.T) {
	path := write(t, percent("10"))
	before, err := os.Stat(path)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path)
		defer p.Shutdown()
		f, err := os.OpenFile(path, os.O_WRONLY, 0) // in place, so the inode stays as well
		require.NoError(t, err)
		_, err = f.WriteString(percent("20"))
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.NoError(t, os.Chtimes(path, before.ModTime(), before.ModTime()))
		pollOnce(t)
		require.Equal(t, 20.0, share(p))
	})
}

func TestSymbolicLinkIsFollowedAnew(t *testing.T) {
	one, two := write(t, percent("1")), write(t, percent("2"))
	link := filepath.Join(t.TempDir(), "current.json")
	require.NoError(t, os.Symlink(one, link))
	synctest.Test(t, func(t *testing.T) {
		p := open(t, link)
		defer p.Shutdown()
		require.NoError(t, os.Remove(link))
		require.NoError(t, os.Symlink(two, link))
		pollOnce(t)
		require.Equal(t, 2.0, share(p))
	})
}

func TestPollIntervalIsKept(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path, local.WithPoll(time.Minute))
		defer p.Shutdown()
		rewrite(t, path, percent("25"))
		elapse(time.Minute - time.Nanosecond)
		require.Equal(t, 5.0, share(p))
		elapse(time.Nanosecond)
		require.Equal(t, 25.0, share(p))
	})
}

func TestEventsNameExactlyTheFlagsThatDiffer(t *testing.T) {
	const on = `{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}`
	const off = `{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}`
	split := func(weights string) string {
		return `{"state": "ENABLED", "variants": {"a": 1, "b": 2}, "targeting": {"fractional": [` + weights + `]}}`
	}
	steps := []struct{ name, document, want string }{
		{"added", `{"flags": {"a": ` + on + `, "b": ` + on + `, "c": ` + split(`["a", 1], ["b", 1]`) + `}}`, "b,c"},
		{"same in other order and spacing", `{ "flags": {"c": ` + split(`["a"],["b"]`) + `, "b": ` + on + `, "a": ` + on + `}}`, ""},
		{"default variant", `{"flags": {"a": ` + off + `, "b": ` + on + `, "c": ` + split(`["a"], ["b"]`) + `}}`, "a"},
		{"weight", `{"flags": {"a": ` + off + `, "b": ` + on + `, "c": ` + split(`["a", 2], ["b"]`) + `}}`, "c"},
		{"bucketing", `{"flags": {"a": ` + off + `, "b": ` + on + `, "c": ` + split(`{"var": "x"}, ["a", 2], ["b"]`) + `}}`, "c"},
		{"bucketing by another", `{"flags": {"a": ` + off + `, "b": ` + on + `, "c": ` + split(`{"var": "y"}, ["a", 2], ["b"]`) + `}}`, "c"},
		{"state", `{"flags": {"a": ` + strings.Replace(off, "ENABLED", "DISABLED", 1) + `, "b": ` + on + `}}`, "a,c"},
		{"metadata for all", `{"metadata": {"x": 1}, "flags": {"b": ` + on + `}}`, "a,b"},
		{"none left", `{"flags": {}}`, "b"},
	}
	path := write(t, `{"flags": {"a": `+on+`}}`)
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path)
		defer p.Shutdown()
		for _, step := range steps {
			rewrite(t, path, step.document)
			pollOnce(t)
			require.NoError(t, p.Err(), step.name)
			var want []string
			if step.want != "" {
				want = []string{changed(step.want)}
			}
			require.Equal(t, want, told(p), step.name)
		}
	})
}
