package screen

import (
	"strings"
	"unicode/utf8"
)

// columns is how wide the output may get.
const columns = 80

// Hang writes text after head, broken between words so that it fits, with
// all lines as far to the right as the first. A percent sign stays with its
// number; a word that fits into no line has one for itself.
func Hang(head, text string) string {
	var b strings.Builder
	b.WriteString(head)
	indent := utf8.RuneCountInString(head)
	used := indent
	for _, word := range words(text) {
		width := utf8.RuneCountInString(word)
		switch {
		case used == indent:
		case used+1+width > columns:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += width
	}
	return b.String()
}

// words cuts a text at its spaces, but not before a percent sign.
func words(text string) []string {
	const glue = "\x00"
	all := strings.Fields(strings.ReplaceAll(text, " %", glue+"%"))
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], glue, " ")
	}
	return all
}
