package rollback

import (
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf16"
)

// appendQuoted appends s as a JSON string. Only what is printed as itself, and a space, stands there as itself: control characters, escape sequences,
// line separators, and what changes the direction of writing or is not seen at all are escaped, so that an entry is one line and a terminal has nothing to obey.
// A byte that is not UTF-8 becomes U+FFFD, because JSON knows no bytes.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"', r == '\\':
			b = append(b, '\\', byte(r))
		case unicode.IsPrint(r) && r != unicode.ReplacementChar:
			b = append(b, string(r)...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return append(b, '"')
}

func appendTextField(b []byte, name, value string) []byte {
	return appendQuoted(append(b, `,"`+name+`":`...), value)
}

func appendNumberField(b []byte, name string, value uint64) []byte {
	return strconv.AppendUint(append(b, `,"`+name+`":`...), value, 10)
}
