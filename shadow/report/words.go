package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// percent writes a fraction as a percentage: with more digits the nearer it is to nothing or to all.
func percent(x float64) string {
	p := 100 * x
	size := math.Abs(p)
	edge := math.Min(size, math.Abs(100-size))
	digits := 1
	switch {
	case edge == 0:
		digits = 0
	case edge < 0.1:
		digits = 3
	case edge < 10:
		digits = 2
	}
	return strconv.FormatFloat(p, 'f', digits, 64) + " %"
}

// points is percent with a proper minus.
func points(x float64) string { return strings.Replace(percent(x), "-", "−", 1) }

// between writes the interval of an excess.
func (e Excess) between() string {
	number := func(x float64) string { return strings.TrimSuffix(points(x), " %") }
	return "[" + number(e.Lower) + ", " + number(e.Upper) + "] %"
}

// count groups the digits of a number.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// number writes a number with about four digits.
func number(x float64) string {
	if x == 0 {
		return "0"
	}
	size := math.Abs(x)
	if size >= 1e7 || size < 1e-4 {
		return strings.Replace(strconv.FormatFloat(x, 'g', 3, 64), "-", "−", 1)
	}
	digits := max(0, 3-int(math.Floor(math.Log10(size))))
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return strings.Replace(s, "-", "−", 1)
}

// seconds writes a duration given in seconds.
func seconds(x float64) string {
	d := time.Duration(x * float64(time.Second))
	switch {
	case d >= time.Second:
		return number(d.Seconds()) + " s"
	case d >= time.Millisecond:
		return number(float64(d)/1e6) + " ms"
	case d >= time.Microsecond:
		return number(float64(d)/1e3) + " µs"
	}
	return strconv.FormatInt(int64(d), 10) + " ns"
}

func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// short is printable, and cut to what a list has room for.
func short(s string) string { return fitted(printable(s[:min(len(s), maxName)]), 60) }

// printable writes what could act on a terminal or turn a text around - control characters, escapes, direction marks, what has no width - as its number.
func printable(s string) string { return escaped(s, func(rune) bool { return false }) }

// printableLines is printable, but keeps line feeds and tabs.
func printableLines(s string) string {
	return escaped(s, func(r rune) bool { return r == '\n' || r == '\t' })
}

func escaped(s string, keep func(rune) bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case keep(r):
			b.WriteRune(r)
		case r == utf8.RuneError && invalidAt(s, i):
			fmt.Fprintf(&b, "\\x%02x", s[i])
		case !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) || r == '\u115f' || r == '\u3164':
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func invalidAt(s string, i int) bool {
	_, n := utf8.DecodeRuneInString(s[i:])
	return n == 1
}
