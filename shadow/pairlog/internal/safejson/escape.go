package safejson

import "unicode/utf8"

const hex = "0123456789abcdef"

// plain marks the bytes that stand for themselves in a line.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = 0x20 <= c && c < 0x7F && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()

// escape writes a text so that nothing in it is live: in a terminal, in a page, or as the end of a line. Whatever follows a backslash stays as it is
// if the text is escaped already, as the inside of a JSON string is.
func (b *Writer) escape(s string, already bool) {
	from := 0
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		if already && s[i] == '\\' {
			i += 2 // what follows is ASCII
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= utf8.RuneSelf && !isLive(r) && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		b.Buf = append(b.Buf, s[from:i]...)
		b.escaped(r)
		i += size
		from = i
	}
	b.Buf = append(b.Buf, s[from:]...)
}

func (b *Writer) escaped(r rune) {
	switch r {
	case '"', '\\':
		b.Buf = append(b.Buf, '\\', byte(r))
	case utf8.RuneError: // instead of what is not UTF-8
		b.Buf = utf8.AppendRune(b.Buf, r)
	case '\n':
		b.Literal(`\n`)
	case '\r':
		b.Literal(`\r`)
	case '\t':
		b.Literal(`\t`)
	default:
		b.Buf = append(b.Buf, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
}

// isLive reports whether a rune outside ASCII controls what shows it: C1, line and paragraph separators, marks of direction, the byte order mark.
func isLive(r rune) bool {
	switch {
	case r < 0xA0, r == 0x061C, r == 0xFEFF:
		return true
	case r < 0x200E || r > 0x2069:
		return false
	default:
		return r <= 0x200F || 0x2028 <= r && r <= 0x202E || r >= 0x2066
	}
}
