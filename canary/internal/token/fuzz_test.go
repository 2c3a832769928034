package token_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/modelcanary/go-sdk/canary/internal/token"
)

// What is accepted says the same when it is made again; a signed token is even the same text. Nothing panics.
func FuzzParse(f *testing.F) {
	v := vectors(f)[2]
	signs, seals := codec(f, v.config(f, false)), codec(f, v.config(f, true))
	x := v.claims(f)
	for _, text := range []string{
		v.Signed, v.Sealed, "", "v1", "v1.", "v1s.", "v2.k.x.y", "v1.local." + strings.Repeat("A", 63) + "." + strings.Repeat("A", 43),
		v.Signed[:len(v.Signed)-1], v.Sealed + "A", v.Signed + "\n", flip(v.Signed, len(v.Signed)-1, 1), strings.Repeat("v1.", 90),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := signs.Parse(text, x.Issued)
		if err != nil {
			var e *token.Error
			if !errors.As(err, &e) || e.Kind >= token.Kinds || got != (token.Claims{}) {
				t.Fatalf("%q: %+v, %v", text, got, err)
			}
			return
		}
		again := issue(signs, got)
		if !strings.HasPrefix(text, "v1s.") && again != text {
			t.Fatalf("%q and %q are one token", text, again)
		}
		for _, second := range []string{again, issue(seals, got)} {
			if same, err := seals.Parse(second, x.Issued); err != nil || same != got {
				t.Fatalf("%q says %+v, made again %+v, %v", text, got, same, err)
			}
		}
	})
}
