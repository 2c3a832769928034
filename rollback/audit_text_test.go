package rollback

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestTextIsInert(t *testing.T) {
	for text, want := range map[string]string{
		"":                   `""`,
		"plain text, 5 %":    `"plain text, 5 %"`,
		`quote " and \`:      `"quote \" and \\"`,
		"größer als 東京 🚀":    `"größer als 東京 🚀"`,
		"two\nlines\r\t":     `"two\u000alines\u000d\u0009"`,
		"\x1b[2J\x1b]0;x\a":  `"\u001b[2J\u001b]0;x\u0007"`,
		"\u009b2J\x7f\x00":   `"\u009b2J\u007f\u0000"`,
		"a\u202eb\u2066c":    `"a\u202eb\u2066c"`,
		"\u2028\u2029\u0085": `"\u2028\u2029\u0085"`,
		"\u200b\ufeff\u00a0": `"\u200b\ufeff\u00a0"`,
		"\U000e0041":         `"\udb40\udc41"`,
		"bad \xff\xc3 bytes": `"bad \ufffd\ufffd bytes"`,
		"\ufffd":             `"\ufffd"`,
	} {
		require.Equal(t, want, string(appendQuoted(nil, text)), "%q", text)
	}
}

func TestEntriesAreBounded(t *testing.T) {
	hostile := func(limit int) string { return strings.Repeat("\x1b", limit) + "more" }
	long := strings.Repeat("é", maxLine)
	at := time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, e := range []Entry{
		{Canary: long, Actor: long, Action: long, Version: long, From: long, To: long, Reason: long, Evidence: long, At: at},
		{
			Canary: hostile(maxCanary), Actor: hostile(MaxActor), Action: hostile(maxAction), Version: hostile(MaxVersion),
			From: hostile(maxStage), To: hostile(maxStage), Reason: hostile(MaxReason), Evidence: hostile(MaxAuditEvidence),
			Epoch: 1<<64 - 1, Revision: 1<<64 - 1, At: breach.At,
		},
	} {
		line := encodeLine(AuditMark{Seq: 1<<64 - 2, Hash: strings.Repeat("f", 64)}, e)
		require.Less(t, len(line), maxLine)
		l, ok := decodeLine(line)
		require.True(t, ok)
		got := l.entry()
		require.Equal(t, e.clipped(), got)
		for _, c := range []struct {
			text  string
			limit int
		}{
			{got.Canary, maxCanary}, {got.Actor, MaxActor}, {got.Action, maxAction}, {got.Version, MaxVersion},
			{got.From, maxStage}, {got.To, maxStage}, {got.Reason, MaxReason}, {got.Evidence, MaxAuditEvidence},
		} {
			require.Len(t, c.text, c.limit)
			require.True(t, utf8.ValidString(c.text))
		}
	}
}

// FuzzAuditLine holds every entry to: one line, valid JSON, nothing that a terminal obeys, and the same text when it is read.
func FuzzAuditLine(f *testing.F) {
	for _, text := range []string{"", "alice", "\x1b[31m\r\nfake line", "a\u202eb\u2028", "\xff\xfe", `","sum":"`, "\U000e0041🚀", strings.Repeat("é", 3000)} {
		f.Add(text, "reason", int64(0), uint64(1))
	}
	f.Fuzz(func(t *testing.T, text, other string, at int64, n uint64) {
		e := Entry{
			Canary: text, At: time.Unix(at, 0), Actor: other, Action: text, Epoch: n, Version: other,
			From: text, To: other, Reason: text, Evidence: other + text, Revision: n,
		}
		line := encodeLine(AuditMark{Seq: n / 2, Hash: "00"}, e)
		if len(line) > maxLine || bytes.IndexByte(line, '\n') != len(line)-1 || !json.Valid(line) {
			t.Fatalf("not one line of JSON: %q", line)
		}
		for _, r := range string(line[:len(line)-1]) {
			if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
				t.Fatalf("%U in %q", r, line)
			}
		}
		l, ok := decodeLine(line)
		want := e.clipped()
		for _, s := range []*string{&want.Canary, &want.Actor, &want.Action, &want.Version, &want.From, &want.To, &want.Reason, &want.Evidence} {
			*s = string([]rune(*s)) // each byte that is not UTF-8 becomes one U+FFFD
		}
		if !ok || l.entry() != want {
			t.Fatalf("was %+v, is %+v", want, l.entry())
		}
	})
}
