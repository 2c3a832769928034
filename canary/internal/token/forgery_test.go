package token_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/token"
)

func flip(text string, at int, bits byte) string {
	b := []byte(text)
	b[at] ^= bits
	return string(b)
}

// decodable are the parts of a token that carry bytes.
func decodable(text string) []int {
	if strings.HasPrefix(text, "v1s.") {
		return []int{2}
	}
	return []int{2, 3}
}

func TestEveryBitOfTheBytesCounts(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		c := codec(t, token.Config{Keys: keys(2), Sealed: sealed})
		x := sample()
		text := issue(c, x)
		for _, part := range decodable(text) {
			parts := strings.Split(text, ".")
			raw, err := b64.DecodeString(parts[part])
			require.NoError(t, err)
			for bit := range 8 * len(raw) {
				raw[bit/8] ^= 1 << (bit % 8)
				parts[part] = b64.EncodeToString(raw)
				refused(t, c, strings.Join(parts, "."), x.Issued, token.Forged)
				raw[bit/8] ^= 1 << (bit % 8)
			}
		}
	})
}

// Each character stands for itself: no other one of the 255 gives a token that is accepted. This includes the last of a part, of which some bits carry nothing.
func TestEveryCharacterCounts(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		c := codec(t, token.Config{Keys: keys(2), Sealed: sealed})
		x := sample()
		text := issue(c, x)
		for at := range len(text) {
			for bits := 1; bits < 256; bits++ {
				refused(t, c, flip(text, at, byte(bits)), x.Issued, token.Malformed, token.Version, token.UnknownKey, token.Forged)
			}
		}
	})
}

func TestLengthCounts(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		c := codec(t, token.Config{Keys: keys(2), Sealed: sealed})
		x := sample()
		text := issue(c, x)
		for n := range len(text) {
			refused(t, c, text[:n], x.Issued, token.Malformed, token.Version)
			refused(t, c, text[n+1:], x.Issued, token.Malformed)
			refused(t, c, text[:n]+text[n+1:], x.Issued, token.Malformed, token.Version, token.UnknownKey)
		}
		for _, more := range []string{"A", "=", "==", ".", "\n", "\r", "\r\n", " ", "\x00", ".A", "." + text, text} {
			refused(t, c, text+more, x.Issued, token.Malformed)
			refused(t, c, more+text, x.Issued, token.Malformed)
			for at := range len(text) {
				refused(t, c, text[:at]+more+text[at:], x.Issued, token.Malformed, token.Version, token.UnknownKey)
			}
		}
	})
}

// The base64 decoder of the standard library passes over line ends: a part of the right length with one in it is too short, and what the token read before has
// left in its place must not complete it.
func TestLineEndsAreNotPassedOver(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		c := codec(t, token.Config{Keys: keys(1), Sealed: sealed})
		x := sample()
		for x.ID = range 100 {
			text := issue(c, x)
			for _, end := range []string{"\n", "\r"} {
				for at := strings.LastIndex(text, ".") + 1; at < len(text); at += 7 {
					_, err := c.Parse(text, x.Issued)
					require.NoError(t, err)
					refused(t, c, text[:at]+end+text[at:len(text)-1], x.Issued, token.Malformed)
				}
			}
		}
	})
}

// The parts of two genuine tokens do not make a third one.
func TestPartsCannotBeExchanged(t *testing.T) {
	x, y := sample(), sample()
	y.ID, y.Candidate = 1, false
	c := codec(t, token.Config{Keys: keys(2)})
	a, b := issue(c, x), issue(c, y)
	payloadA, tagA := split(a)
	payloadB, tagB := split(b)
	refused(t, c, "v1.key0."+payloadA+"."+tagB, x.Issued, token.Forged)
	refused(t, c, "v1.key0."+payloadB+"."+tagA, x.Issued, token.Forged)
	refused(t, c, "v1.key1."+payloadA+"."+tagA, x.Issued, token.Forged)
	refused(t, c, "v1s.key0."+payloadA+"."+tagA, x.Issued, token.Malformed)
	refused(t, c, "v1s.key0."+payloadA+tagA[:100-len(payloadA)], x.Issued, token.Forged)
	sealed := issue(codec(t, token.Config{Keys: keys(2), Sealed: true}), x)
	refused(t, c, strings.Replace(sealed, "v1s", "v1", 1), x.Issued, token.Malformed)
	refused(t, c, strings.Replace(sealed, "key0", "key1", 1), x.Issued, token.Forged)
}

func TestOtherKey(t *testing.T) {
	both(t, func(t *testing.T, sealed bool) {
		x := sample()
		secret := append(token.Secret(nil), keys(1)[0].Secret...)
		secret[31] ^= 1
		other := codec(t, token.Config{Keys: []token.Key{{ID: "key0", Secret: secret}}, Sealed: sealed})
		refused(t, codec(t, token.Config{Keys: keys(1)}), issue(other, x), x.Issued, token.Forged)
	})
}

func TestTextsThatAreNoTokens(t *testing.T) {
	c := codec(t, token.Config{Keys: keys(1)})
	x := sample()
	payload, tag := split(issue(c, x))
	for text, kind := range map[string]token.Kind{
		"":                                    token.Malformed,
		".":                                   token.Malformed,
		"...":                                 token.Malformed,
		"v":                                   token.Malformed,
		"v1":                                  token.Malformed,
		"v1.":                                 token.Malformed,
		"v1..":                                token.Malformed,
		"v1...":                               token.Malformed,
		"v1.key0":                             token.Malformed,
		"v1.key0..":                           token.Malformed,
		"v1s.key0.":                           token.Malformed,
		"v.key0.x":                            token.Malformed,
		"vs.key0.x":                           token.Malformed,
		"v1ss.key0.x":                         token.Malformed,
		"v1x.key0.x":                          token.Malformed,
		"V1.key0." + payload + "." + tag:      token.Malformed,
		" v1.key0." + payload + "." + tag:     token.Malformed,
		"v1.." + payload + "." + tag:          token.Malformed,
		"v1.key 0." + payload + "." + tag:     token.Malformed,
		"v1.k\xc3\xa9." + payload + "." + tag: token.Malformed,
		"v1." + strings.Repeat("k", 17) + "." + payload + "." + tag: token.Malformed,
		"v1." + strings.Repeat("k", 16) + "." + payload + "." + tag: token.UnknownKey,
		"v1.key1." + payload + "." + tag:                            token.UnknownKey,
		"v1.Key0." + payload + "." + tag:                            token.UnknownKey,
		"v1.key0." + payload[1:] + "." + tag + "A":                  token.Malformed,
		"v1.key0." + strings.Repeat("+", 63) + "." + tag:            token.Malformed,
		"v0.key0." + payload + "." + tag:                            token.Version,
		"v01.key0." + payload + "." + tag:                           token.Version,
		"v2.key0." + payload + "." + tag:                            token.Version,
		"v2s.whatever comes":                                        token.Version,
		"v999s.":                                                    token.Version,
		"v1000.key0." + payload + "." + tag:                         token.Malformed,
		strings.Repeat("v1.", 100):                                  token.Malformed,
		"v2." + strings.Repeat("x", 254):                            token.Malformed,
	} {
		refused(t, c, text, x.Issued, kind)
	}
}

// A million here; BenchmarkForgery is the same for as many as one likes.
func TestNoRandomTokenIsAccepted(t *testing.T) {
	c := codec(t, token.Config{Keys: keys(1)})
	f := newForger(c, rand.New(rand.NewPCG(3, 4)))
	_, err := c.Parse("v1.key0."+f.payload+"."+f.tag, f.now)
	require.NoError(t, err, "what is forged must be genuine to begin with")
	n := 1_000_000
	if raceEnabled {
		n = 50_000
	}
	for range n {
		if text := f.next(); text != "" {
			if _, err := c.Parse(text, f.now); err == nil {
				t.Fatalf("%q was accepted", text)
			}
		}
	}
}

// Texts of any characters, of the length of a token.
func TestNoRandomTextIsAccepted(t *testing.T) {
	c := codec(t, token.Config{Keys: keys(1)})
	rng := rand.New(rand.NewPCG(5, 6))
	const likely = "v1s.key0-_AZaz=\n "
	for range 100_000 {
		b := make([]byte, rng.IntN(300))
		for i := range b {
			b[i] = likely[rng.IntN(len(likely))]
		}
		if _, err := c.Parse(string(b), sample().Issued); err == nil {
			t.Fatalf("%q was accepted", b)
		}
	}
}
