package flags

import (
	"strings"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
)

var (
	_ Client = (*openfeature.Client)(nil)
	_ Client = openfeature.IClient(nil)
)

func TestValidateAcceptsTheDomain(t *testing.T) {
	client := openfeature.NewClient("flags-config")
	for name, cfg := range map[string]Config{
		"defaults":   {Client: client, Flag: "f"},
		"shortest":   {Client: client, Flag: "f", Poll: time.Second, Budget: 10 * time.Millisecond, Hold: 1010 * time.Millisecond},
		"longest":    {Client: client, Flag: "f", Poll: 5 * time.Second, Budget: 30 * time.Second, Hold: 10 * time.Minute},
		"odd key":    {Client: client, Flag: "a b/ü\n"},
		"long key":   {Client: client, Flag: strings.Repeat("k", 1<<20)},
		"exact hold": {Client: client, Flag: "f", Poll: 2 * time.Second, Budget: 5 * time.Second, Hold: 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) { require.NoError(t, cfg.Validate()) })
	}
}

func TestStartRefusesEachBadField(t *testing.T) {
	client := openfeature.NewClient("flags-config")
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"no client":         {Config{Flag: "f"}, "flags: Client is nil"},
		"no flag":           {Config{Client: client}, "flags: Flag is empty"},
		"flag not UTF-8":    {Config{Client: client, Flag: "\xff"}, `flags: Flag "\xff" is not valid UTF-8`},
		"poll too short":    {Config{Client: client, Flag: "f", Poll: time.Second - 1}, "flags: Poll 999.999999ms outside [1s, 5s]"},
		"poll too long":     {Config{Client: client, Flag: "f", Poll: 5*time.Second + 1}, "flags: Poll 5.000000001s outside"},
		"poll negative":     {Config{Client: client, Flag: "f", Poll: -1}, "flags: Poll -1ns outside"},
		"budget too short":  {Config{Client: client, Flag: "f", Budget: 10*time.Millisecond - 1}, "flags: Budget 9.999999ms outside [10ms, 30s]"},
		"budget too long":   {Config{Client: client, Flag: "f", Budget: 30*time.Second + 1, Hold: time.Minute}, "flags: Budget 30.000000001s outside"},
		"hold too short":    {Config{Client: client, Flag: "f", Hold: 7*time.Second - 1}, "flags: Hold 6.999999999s outside [Poll + Budget, 10m], with Poll 2s and Budget 5s"},
		"hold too long":     {Config{Client: client, Flag: "f", Hold: 10*time.Minute + 1}, "flags: Hold 10m0.000000001s outside"},
		"hold for ever":     {Config{Client: client, Flag: "f", Hold: 1<<63 - 1}, "flags: Hold 2562047h47m16.854775807s outside"},
		"hold below budget": {Config{Client: client, Flag: "f", Budget: 30 * time.Second}, "flags: Hold 30s outside"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Start(c.cfg)
			require.Nil(t, r)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "\n", "one problem only")
		})
	}
}

func TestStartReportsAllProblemsAtOnce(t *testing.T) {
	_, err := Start(Config{Poll: time.Minute, Hold: -1, Budget: time.Hour})
	require.Len(t, strings.Split(err.Error(), "\n"), 5)
	for _, field := range []string{"Client", "Flag", "Poll", "Hold", "Budget"} {
		require.ErrorContains(t, err, "flags: "+field+" ")
	}
}
