package safejson

// nesting is how deep the containers of a JSON text lie in each other. It means something for valid texts only.
func nesting(raw []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// isNumber reports whether s is a number as JSON has it.
func isNumber(s string) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from
	}
	one := func(set string) bool {
		for _, c := range []byte(set) {
			if i < len(s) && s[i] == c {
				i++
				return true
			}
		}
		return false
	}
	one("-")
	if !one("0") && !digits() {
		return false
	}
	if one(".") && !digits() {
		return false
	}
	if one("eE") {
		one("+-")
		if !digits() {
			return false
		}
	}
	return i == len(s)
}
