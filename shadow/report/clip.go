package report

import "unicode/utf8"

// clip cuts a text to at most n bytes, between characters, with an ellipsis for what was left out.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const ellipsis = "…"
	end := n - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}
