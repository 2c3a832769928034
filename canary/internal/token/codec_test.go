package token_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/token"
)

var b64 = base64.RawURLEncoding

// keys returns n keys, key0, key1 and so on.
func keys(n int) []token.Key {
	var ks []token.Key
	for i := range n {
		secret := make([]byte, 32)
		for j := range secret {
			secret[j] = byte(64*i + j)
		}
		ks = append(ks, token.Key{ID: fmt.Sprintf("key%d", i), Secret: secret})
	}
	return ks
}

func codec(tb testing.TB, cfg token.Config) *token.Codec {
	tb.Helper()
	c, err := token.New(cfg)
	require.NoError(tb, err)
	return c
}

func sample() token.Claims {
	return token.Claims{
		Canary: 0x0102030405060708, Epoch: 3, Cohort: 0xdeadbeef<<32 | 7, ID: 0x1122334455667788, Unit: 0x99aabbccddeeff00,
		Candidate: true, Issued: time.UnixMilli(1_800_000_000_123).UTC(),
	}
}

func issue(c *token.Codec, x token.Claims) string { return string(c.Append(nil, &x)) }

// split returns the two binary parts of a signed token.
func split(text string) (payload, tag string) {
	p := strings.Split(text, ".")
	return p[2], p[3]
}

// both runs a test for the two forms.
func both(t *testing.T, run func(t *testing.T, sealed bool)) {
	for name, sealed := range map[string]bool{"signed": false, "sealed": true} {
		t.Run(name, func(t *testing.T) { run(t, sealed) })
	}
}

// refused demands a refusal of one of the kinds, with no claims.
func refused(tb testing.TB, c *token.Codec, text string, now time.Time, kinds ...token.Kind) {
	tb.Helper()
	x, err := c.Parse(text, now)
	var e *token.Error
	require.True(tb, errors.As(err, &e), "%q was accepted", text)
	require.Contains(tb, kinds, e.Kind, "%q: %v", text, err)
	require.Zero(tb, x)
}

func TestRoundTrip(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		c := codec(t, token.Config{Keys: keys(1), Sealed: sealed, Purpose: "feedback"})
		rng := rand.New(rand.NewPCG(1, 1))
		edge := []uint64{0, 1, 1<<64 - 1}
		for i := range 2000 {
			x := token.Claims{
				Canary: rng.Uint64(), Epoch: rng.Uint64(), Cohort: rng.Uint64(), ID: rng.Uint64(), Unit: rng.Uint64(),
				Candidate: rng.IntN(2) == 1, Issued: time.UnixMilli(rng.Int64N(1 << 48)).UTC(),
			}
			if i < len(edge) {
				v := edge[i]
				x = token.Claims{Canary: v, Epoch: v, Cohort: v, ID: v, Unit: v, Issued: time.UnixMilli(int64(v & (1<<48 - 1))).UTC()}
			}
			text := issue(c, x)
			require.LessOrEqual(t, len(text), token.MaxLen)
			got, err := c.Parse(text, x.Issued)
			require.NoError(t, err)
			require.Equal(t, x, got)
		}
	})
}

// What is appended does not touch what is there, and a token of the longest id is of the greatest length.
func TestAppend(t *testing.T) {
	k := keys(1)
	k[0].ID = "0123456789abc_-Z"
	x := sample()
	c := codec(t, token.Config{Keys: k})
	text := string(c.Append([]byte("before "), &x))
	require.True(t, strings.HasPrefix(text, "before v1.0123456789abc_-Z."))
	require.Len(t, text, len("before ")+token.MaxLen)
	require.Regexp(t, `^[A-Za-z0-9._-]+$`, text[len("before "):])
}

func TestIssuedIsClampedToWhatFits(t *testing.T) {
	c := codec(t, token.Config{Keys: keys(1)})
	for _, v := range []struct {
		issued time.Time
		millis int64
	}{
		{time.Time{}, 0}, {time.UnixMilli(-1), 0}, {time.UnixMilli(1).Add(999 * time.Microsecond), 1},
		{time.UnixMilli(1<<48 - 1), 1<<48 - 1}, {time.UnixMilli(1 << 48), 1<<48 - 1},
	} {
		x := sample()
		x.Issued = v.issued
		got, err := c.Parse(issue(c, x), time.UnixMilli(v.millis))
		require.NoError(t, err)
		require.Equal(t, v.millis, got.Issued.UnixMilli())
		require.True(t, got.Candidate)
		require.Equal(t, x.ID, got.ID)
	}
}

func TestAge(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		for _, v := range []struct{ valid, skew, wantValid, wantSkew time.Duration }{
			{0, 0, 24 * time.Hour, time.Minute},
			{time.Hour, time.Second, time.Hour, time.Second},
		} {
			c := codec(t, token.Config{Keys: keys(1), Sealed: sealed, Valid: v.valid, Skew: v.skew})
			x := sample()
			text := issue(c, x)
			for _, ok := range []time.Duration{0, 1, v.wantValid, -v.wantSkew} {
				_, err := c.Parse(text, x.Issued.Add(ok))
				require.NoError(t, err, "age %v", ok)
			}
			refused(t, c, text, x.Issued.Add(v.wantValid+1), token.Expired)
			refused(t, c, text, x.Issued.Add(-v.wantSkew-1), token.Future)
			refused(t, c, text, time.Time{}, token.Future)
			refused(t, c, text, time.Unix(1<<40, 0), token.Expired)
			refused(t, c, flip(text, len(text)-2, 1), x.Issued.Add(v.wantValid+1), token.Forged, token.Malformed)
		}
	})
}

func TestRotation(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		ks, x := keys(3), sample()
		old := codec(t, token.Config{Keys: ks[:1], Sealed: sealed})
		during := codec(t, token.Config{Keys: []token.Key{ks[1], ks[0]}, Sealed: sealed})
		after := codec(t, token.Config{Keys: ks[1:], Sealed: sealed})
		was, is := issue(old, x), issue(during, x)
		require.Contains(t, was, ".key0.")
		require.Contains(t, is, ".key1.")
		for _, ok := range []struct {
			c    *token.Codec
			text string
		}{{old, was}, {during, was}, {during, is}, {after, is}} {
			got, err := ok.c.Parse(ok.text, x.Issued)
			require.NoError(t, err)
			require.Equal(t, x, got)
		}
		refused(t, old, is, x.Issued, token.UnknownKey)
		refused(t, after, was, x.Issued, token.UnknownKey)
		_, err := after.Parse(was, x.Issued)
		require.EqualError(t, err, `token: made with unknown key "key0"`)
		// The id of another key does not make it that key's token.
		refused(t, during, strings.Replace(was, "key0", "key1", 1), x.Issued, token.Forged)
		// Nor does the same secret under another id.
		renamed := codec(t, token.Config{Keys: []token.Key{{ID: "key9", Secret: ks[0].Secret}}})
		refused(t, renamed, strings.Replace(was, "key0", "key9", 1), x.Issued, token.Forged)
	})
}

func TestBothFormsAreAccepted(t *testing.T) {
	x := sample()
	signs := codec(t, token.Config{Keys: keys(1)})
	seals := codec(t, token.Config{Keys: keys(1), Sealed: true})
	for _, text := range []string{issue(signs, x), issue(seals, x)} {
		for _, c := range []*token.Codec{signs, seals} {
			got, err := c.Parse(text, x.Issued)
			require.NoError(t, err)
			require.Equal(t, x, got)
		}
	}
}

func TestPurposeSeparates(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		purposes := []string{"", "a", "feedback", "feedback ", "feedbac", strings.Repeat("x", 64)}
		x := sample()
		for i, made := range purposes {
			text := issue(codec(t, token.Config{Keys: keys(1), Sealed: sealed, Purpose: made}), x)
			for j, read := range purposes {
				c := codec(t, token.Config{Keys: keys(1), Sealed: sealed, Purpose: read})
				if i == j {
					_, err := c.Parse(text, x.Issued)
					require.NoError(t, err)
				} else {
					refused(t, c, text, x.Issued, token.Forged)
				}
			}
		}
	})
}

func TestLocal(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		x := sample()
		here, there := codec(t, token.Config{Sealed: sealed}), codec(t, token.Config{Sealed: sealed})
		keyed := codec(t, token.Config{Keys: keys(1)})
		require.True(t, here.Local())
		require.False(t, keyed.Local())
		text := issue(here, x)
		got, err := here.Parse(text, x.Issued)
		require.NoError(t, err)
		require.Equal(t, x, got)
		for _, c := range []*token.Codec{there, keyed} {
			refused(t, c, text, x.Issued, token.UnknownKey)
			_, err := c.Parse(text, x.Issued)
			require.EqualError(t, err, "token: made without a key and works in its process only; set Config.Tokens")
		}
	})
}

// The tokens of one unit have nothing in common but what is the same for everybody.
func TestTokensOfAUnitCannotBeLinked(t *testing.T) {
	c := codec(t, token.Config{Keys: keys(1)})
	x := sample()
	seen := map[string]bool{}
	for id := range uint64(100) {
		x.ID = id
		payload, _ := split(issue(c, x))
		raw, err := b64.DecodeString(payload)
		require.NoError(t, err)
		for at := 31; at < 47; at += 8 {
			seen[string(raw[at:at+8])] = true
		}
	}
	require.Len(t, seen, 200, "a half of a hidden block came twice")
}

// Sealed tokens of the two arms are of one length, and each making of the same claims looks different.
func TestSealedTokensTellNothing(t *testing.T) {
	c := codec(t, token.Config{Keys: keys(1), Sealed: true})
	x := sample()
	y := x
	y.Candidate = false
	require.Len(t, issue(c, x), len(issue(c, y)))
	require.NotEqual(t, issue(c, x), issue(c, x))
}

func TestConcurrentUse(t *testing.T) {
	a := codec(t, token.Config{Keys: keys(2)})
	b := codec(t, token.Config{Keys: keys(2), Sealed: true})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 0))
			for range 300 {
				x := sample()
				x.ID, x.Unit, x.Candidate = rng.Uint64(), rng.Uint64(), rng.IntN(2) == 0
				for _, text := range []string{issue(a, x), issue(b, x)} {
					got, err := a.Parse(text, x.Issued)
					if err != nil || got != x {
						t.Errorf("got %+v, %v, want %+v", got, err, x)
					}
					if _, err := b.Parse(flip(text, len(text)-3, 2), x.Issued); err == nil {
						t.Error("an altered token was accepted")
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		return // a pool under the race detector forgets on purpose
	}
	both(t, func(t *testing.T, sealed bool) {
		c := codec(t, token.Config{Keys: keys(1), Sealed: sealed})
		x, buf := sample(), make([]byte, 0, token.MaxLen)
		text := issue(c, x)
		require.Less(t, testing.AllocsPerRun(200, func() { buf = c.Append(buf[:0], &x) }), 0.5)
		require.Less(t, testing.AllocsPerRun(200, func() { _, _ = c.Parse(text, x.Issued) }), 0.5)
	})
}
