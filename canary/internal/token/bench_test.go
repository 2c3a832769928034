package token_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/token"
)

func forms(b *testing.B, run func(b *testing.B, c *token.Codec)) {
	for _, sealed := range []bool{false, true} {
		name := map[bool]string{false: "signed", true: "sealed"}[sealed]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, codec(b, token.Config{Keys: keys(1), Sealed: sealed, Purpose: "feedback"}))
		})
	}
}

func BenchmarkIssue(b *testing.B) {
	forms(b, func(b *testing.B, c *token.Codec) {
		x, buf := sample(), make([]byte, 0, token.MaxLen)
		for b.Loop() {
			x.ID++
			buf = c.Append(buf[:0], &x)
		}
	})
}

func BenchmarkIssueString(b *testing.B) {
	forms(b, func(b *testing.B, c *token.Codec) {
		x := sample()
		var text string
		for b.Loop() {
			x.ID++
			var room [token.MaxLen]byte
			text = string(c.Append(room[:0], &x))
		}
		if text == "" {
			b.Fatal("no token")
		}
	})
}

func BenchmarkParse(b *testing.B) {
	forms(b, func(b *testing.B, c *token.Codec) {
		x := sample()
		text := string(c.Append(nil, &x))
		for b.Loop() {
			if _, err := c.Parse(text, x.Issued); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkParseForged(b *testing.B) {
	forms(b, func(b *testing.B, c *token.Codec) {
		x := sample()
		text := c.Append(nil, &x)
		text[len(text)-2] ^= 1
		forged := string(text)
		for b.Loop() {
			if _, err := c.Parse(forged, x.Issued); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}

// BenchmarkForgery offers b.N forged tokens and reports how many were taken, which must be none. With -benchtime 100000000x it is the long form of
// TestNoRandomTokenIsAccepted.
func BenchmarkForgery(b *testing.B) {
	c := codec(b, token.Config{Keys: keys(1)})
	accepted := 0
	forger := newForger(c, rand.New(rand.NewPCG(1, 2)))
	for range b.N {
		if _, err := c.Parse(forger.next(), forger.now); err == nil {
			accepted++
		}
	}
	b.ReportMetric(float64(accepted), "accepted")
	if accepted > 0 {
		b.Fatalf("%d forged tokens of %d were accepted", accepted, b.N)
	}
}

// forger makes tokens without the key: random tags on genuine payloads, random payloads under genuine tags, random sealed parts, random texts.
type forger struct {
	rng          *rand.Rand
	now          time.Time
	payload, tag string
	raw          [128]byte
	text         []byte
	turn         int
}

func newForger(c *token.Codec, rng *rand.Rand) *forger {
	x := sample()
	payload, tag := split(string(c.Append(nil, &x)))
	return &forger{rng: rng, now: x.Issued, payload: payload, tag: tag}
}

func (f *forger) next() string {
	f.turn++
	switch f.turn % 8 {
	default:
		f.text = append(append(append(f.text[:0], "v1.key0."...), f.payload...), '.')
		f.text = b64.AppendEncode(f.text, f.random(32))
	case 5:
		f.text = b64.AppendEncode(append(f.text[:0], "v1.key0."...), f.random(47))
		f.text = append(append(f.text, '.'), f.tag...)
	case 6:
		f.text = b64.AppendEncode(append(f.text[:0], "v1s.key0."...), f.random(75))
	case 7:
		f.text = b64.AppendEncode(append(f.text[:0], "v1.key0."...), f.random(79))[:8+63+1+43]
		f.text[8+63] = '.'
	}
	return string(f.text)
}

func (f *forger) random(n int) []byte {
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(f.raw[i:], f.rng.Uint64())
	}
	return f.raw[:n]
}
