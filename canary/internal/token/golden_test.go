package token_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/token"
)

type vector struct {
	Key, Secret, Purpose string

	Canary, Epoch, Cohort, ID, Unit string // hexadecimal

	Candidate bool
	Millis    int64

	Signed, Sealed string
}

func vectors(tb testing.TB) []vector {
	tb.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	require.NoError(tb, err)
	var vs []vector
	require.NoError(tb, json.Unmarshal(raw, &vs))
	require.GreaterOrEqual(tb, len(vs), 30)
	return vs
}

func (v vector) config(tb testing.TB, sealed bool) token.Config {
	tb.Helper()
	secret, err := hex.DecodeString(v.Secret)
	require.NoError(tb, err)
	return token.Config{Keys: []token.Key{{ID: v.Key, Secret: secret}}, Purpose: v.Purpose, Sealed: sealed}
}

func (v vector) claims(tb testing.TB) token.Claims {
	tb.Helper()
	number := func(s string) uint64 {
		x, err := strconv.ParseUint(s, 16, 64)
		require.NoError(tb, err)
		return x
	}
	return token.Claims{
		Canary: number(v.Canary), Epoch: number(v.Epoch), Cohort: number(v.Cohort), ID: number(v.ID), Unit: number(v.Unit),
		Candidate: v.Candidate, Issued: time.UnixMilli(v.Millis).UTC(),
	}
}

// The vectors are the published format: a change of any of them turns away the tokens that are on their way. They were made by a separate program
// (testdata/README.md).
func TestGoldenTokens(t *testing.T) {
	for _, v := range vectors(t) {
		c, want := codec(t, v.config(t, false)), v.claims(t)
		require.Equal(t, v.Signed, issue(c, want))
		for _, text := range []string{v.Signed, v.Sealed} {
			got, err := c.Parse(text, want.Issued)
			require.NoError(t, err, text)
			require.Equal(t, want, got)
		}
		sealed := issue(codec(t, v.config(t, true)), want)
		require.Len(t, sealed, len(v.Sealed))
	}
}

// Tokens of a later release, with flags that say something unknown: genuine, but to guess at them would be wrong. Made by the same program.
func TestUnknownFlagsAreRefused(t *testing.T) {
	v := vectors(t)[0]
	c := codec(t, v.config(t, false))
	for _, text := range []string{
		"v1.k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAkUG8p7_g4-mhpiAdkInu7s.khaZ9lnmgdVYFoTazQD67cbIcDmYAuErq-Pq03F24o4",
		"v1s.k.AAAAAAAAAAAAAAAAZ3qsQO9wl2DDgo0s3xOohkZ5JYUR6_FPQu6Goo3cTUfBRZcBf11047p1CV1X_OUThKjL_dng2FVdQIqVm8Nf",
		"v1.k.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgUUG8p7_g4-mhpiAdkInu7s.f79BeNzm0OYa7qyFr7PBIziD2PaON9G47a7usjC6m7g",
		"v1s.k.AAAAAAAAAAAAAAAAZ3qsQO9wl2DDgo0s3xOohkZ5JYUR6_FPQu6Goo3czkfBRZcBf11047p1CV1X_OUV6KQoFxMbOtrqMsufDDBe",
	} {
		refused(t, c, text, v.claims(t).Issued, token.Version)
	}
}
