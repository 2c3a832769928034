package local_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

func TestOutageKeepsTheLastGoodFlags(t *testing.T) {
	outages := map[string]struct {
		harm func(t *testing.T, path string)
		want string
	}{
		"missing":   {func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }, "flags.json"},
		"empty":     {func(t *testing.T, path string) { rewrite(t, path, "") }, "unexpected end"},
		"truncated": {func(t *testing.T, path string) { rewrite(t, path, percent("50")[:40]) }, "unexpected end"},
		"broken":    {func(t *testing.T, path string) { rewrite(t, path, percent("NaN")) }, "invalid character"},
		"unknown operator": {func(t *testing.T, path string) { rewrite(t, path, withTargeting(`{"if": []}`)) },
			`flag "flag": targeting operator "if" is not supported`},
		"too large": {func(t *testing.T, path string) {
			rewrite(t, path, percent("50")+strings.Repeat(" ", local.MaxFileBytes))
		}, "want at most 1048576"},
		"directory": {func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Mkdir(path, 0o700))
		}, "not a regular file"},
	}
	for name, outage := range outages {
		t.Run(name, func(t *testing.T) {
			path := write(t, percent("5"))
			synctest.Test(t, func(t *testing.T) {
				p := open(t, path)
				defer p.Shutdown()

				outage.harm(t, path)
				pollOnce(t)
				require.ErrorContains(t, p.Err(), outage.want)
				require.Equal(t, 5.0, share(p))
				events := p.Pending()
				require.Len(t, events, 1)
				require.Equal(t, openfeature.ProviderStale, events[0].EventType)
				require.Equal(t, p.Err().Error(), events[0].Message)

				pollOnce(t)
				require.Error(t, p.Err())
				require.Empty(t, told(p), "told once")

				require.NoError(t, os.RemoveAll(path))
				rewrite(t, path, percent("7"))
				pollOnce(t)
				require.NoError(t, p.Err())
				require.Equal(t, 7.0, share(p))
				require.Equal(t, []string{changed("share"), ready}, told(p))
			})
		})
	}
}

func TestOutageOfManyKindsIsOne(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path)
		defer p.Shutdown()
		var reasons []error
		for _, document := range []string{"", "{", "[", "", percent("NaN"), percent("NaN")} {
			rewrite(t, path, document)
			pollOnce(t)
			reasons = append(reasons, p.Err())
		}
		require.Equal(t, []string{stale}, told(p))
		require.ErrorContains(t, reasons[1], "unexpected end")
		for _, wrong := range []string{"x", "y"} {
			rewrite(t, path, wrong)
			pollOnce(t)
			require.ErrorContains(t, p.Err(), "invalid character '"+wrong+"'", "the reason is that of the content now")
		}
		require.Equal(t, reasons[0].Error(), reasons[3].Error())
		require.ErrorContains(t, reasons[4], "invalid character 'N'")
		require.Same(t, reasons[4], reasons[5], "the same broken content is not parsed again")

		rewrite(t, path, percent("5"))
		pollOnce(t)
		require.NoError(t, p.Err())
		require.Equal(t, []string{ready}, told(p), "back to what it was: no flag changed")
	})
}

func TestUnreadStatesGiveWayToTheLatest(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path)
		defer p.Shutdown()
		for range 3 {
			rewrite(t, path, "")
			pollOnce(t)
			rewrite(t, path, percent("6"))
			pollOnce(t)
		}
		rewrite(t, path, "")
		pollOnce(t)
		require.Equal(t, []string{changed("share"), stale}, told(p))
	})
}

func TestUnreadReadySurvivesAChange(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path)
		defer p.Shutdown()
		rewrite(t, path, "")
		pollOnce(t)
		require.Equal(t, []string{stale}, told(p))
		for _, document := range []string{percent("5"), percent("6")} {
			rewrite(t, path, document)
			pollOnce(t)
		}
		require.Equal(t, []string{changed("share"), ready}, told(p))
	})
}

func TestClientSeesStaleAndReady(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		p, err := local.OpenFile(path)
		require.NoError(t, err)
		api := isolated.NewAPI()
		require.NoError(t, api.SetProviderAndWait(ctx, p))
		client := api.NewClient()
		read := func() float64 {
			v, err := client.FloatValue(ctx, "share", -1, openfeature.EvaluationContext{})
			require.NoError(t, err)
			return v
		}
		require.Equal(t, openfeature.ReadyState, client.State())

		rewrite(t, path, "{")
		pollOnce(t)
		require.Equal(t, openfeature.StaleState, client.State())
		require.Equal(t, 5.0, read())

		rewrite(t, path, percent("6"))
		pollOnce(t)
		require.Equal(t, openfeature.ReadyState, client.State())
		require.Equal(t, 6.0, read())

		require.NoError(t, api.Shutdown(ctx))
		rewrite(t, path, percent("7"))
		pollOnce(t)
		require.Equal(t, 6.0, share(p), "no longer followed, still answering")
	})
}

func TestBrokenAtInitIsAnErrorUntilMended(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		p, err := local.OpenFile(path)
		require.NoError(t, err)
		rewrite(t, path, "{")
		api := isolated.NewAPI()
		defer func() { require.NoError(t, api.Shutdown(ctx)) }()
		require.ErrorContains(t, api.SetProviderAndWait(ctx, p), "unexpected end")
		client := api.NewClient()
		require.Equal(t, openfeature.ErrorState, client.State())
		v, err := client.FloatValue(ctx, "share", -1, openfeature.EvaluationContext{})
		require.NoError(t, err)
		require.Equal(t, 5.0, v, "the last good flags are served")

		pollOnce(t)
		require.Equal(t, openfeature.ErrorState, client.State(), "told once")
		rewrite(t, path, percent("6"))
		pollOnce(t)
		require.Equal(t, openfeature.ReadyState, client.State())
		require.Equal(t, 6.0, share(p))
	})
}

func TestStateOfAnOldLifeIsForgotten(t *testing.T) {
	path := write(t, percent("5"))
	synctest.Test(t, func(t *testing.T) {
		p := open(t, path)
		rewrite(t, path, percent("6"))
		pollOnce(t)
		rewrite(t, path, "")
		pollOnce(t)
		p.Shutdown()
		rewrite(t, path, percent("6"))
		require.NoError(t, p.Init(openfeature.EvaluationContext{}))
		require.Equal(t, []string{changed("share")}, told(p), "no stale, which would outlive the ready of Init")
		pollOnce(t)
		require.Empty(t, told(p))
		p.Shutdown()
	})
}
