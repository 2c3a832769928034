package canary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLook is how many bytes of an application's text are looked at.
const maxLook = 1024

// clean makes a text fit to be shown: one line of valid UTF-8 without control characters, of at most a number of bytes.
func clean(text string, most int) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxLook)], string(utf8.RuneError))
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text = text[:most]
	}
	return strings.TrimSpace(text)
}

// mask puts '#' for what changes from one error text to the next: runs of digits, and what stands in double quotes.
func mask(text string) string {
	text = text[:min(len(text), maxLook)]
	var b strings.Builder
	for i := 0; i < len(text); {
		switch ch := text[i]; {
		case ch >= '0' && ch <= '9':
			b.WriteByte('#')
			for i < len(text) && text[i] >= '0' && text[i] <= '9' {
				i++
			}
		case ch == '"':
			b.WriteString(`"#"`)
			i = afterQuote(text, i+1)
		default:
			b.WriteByte(ch)
			i++
		}
	}
	return b.String()
}

// afterQuote is where a quotation that begins at i has ended; an open one ends with the text.
func afterQuote(text string, i int) int {
	for ; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
