package pairlog

import (
	"unicode/utf16"
	"unicode/utf8"
)

// unescape appends the meaning of the inside of a string, whose escapes are well-formed. Half a surrogate pair becomes U+FFFD.
func unescape(dst, inside []byte) []byte {
	for i := 0; i < len(inside); {
		c := inside[i]
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		switch c = inside[i+1]; c {
		case 'u':
			var r rune
			r, i = unescapeRune(inside, i)
			dst = utf8.AppendRune(dst, r)
			continue
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		dst = append(dst, c)
		i += 2
	}
	return dst
}

// unescapeRune reads the rune written as \uXXXX at i, or as two of them, and returns where it ends.
func unescapeRune(b []byte, i int) (r rune, end int) {
	r, _ = hex4(b[i+2:])
	if !utf16.IsSurrogate(r) {
		return r, i + 6
	}
	if rest := b[i+6:]; len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		low, _ := hex4(rest[2:])
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, i + 12
		}
	}
	return utf8.RuneError, i + 6
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
