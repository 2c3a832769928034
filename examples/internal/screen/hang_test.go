package screen

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHang(t *testing.T) {
	long := strings.Repeat("x", 2*columns)
	for name, tt := range map[string]struct{ head, text, want string }{
		"nothing":    {"  ", "", "  "},
		"one line":   {"  ", "one two", "  one two"},
		"exactly":    {"", strings.Repeat("x", columns-2) + " y", strings.Repeat("x", columns-2) + " y"},
		"one over":   {"", strings.Repeat("x", columns-2) + " yy", strings.Repeat("x", columns-2) + "\nyy"},
		"per cent":   {"", strings.Repeat("x", columns-2) + " 3 %", strings.Repeat("x", columns-2) + "\n3 %"},
		"indent":     {"a: ", strings.Repeat("x", columns-4) + " y", "a: " + strings.Repeat("x", columns-4) + "\n   y"},
		"in runes":   {"µ ", strings.Repeat("µ", columns-4) + " µ", "µ " + strings.Repeat("µ", columns-4) + " µ"},
		"never fits": {"  ", long + " y", "  " + long + "\n  y"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Hang(tt.head, tt.text); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestHangKeepsEveryWord(t *testing.T) {
	text := strings.Repeat("ten words that are to be told in every width ", 20)
	for indent := range 40 {
		got := Hang(strings.Repeat(" ", indent), text)
		if strings.Join(strings.Fields(got), " ") != strings.TrimSpace(text) {
			t.Fatalf("at %d words are missing:\n%s", indent, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if n := utf8.RuneCountInString(line); n > columns {
				t.Fatalf("at %d a line has %d characters, want at most %d", indent, n, columns)
			}
		}
	}
}
