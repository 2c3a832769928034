package shadow

import (
	"strconv"
	"strings"
)

// sameDecimal says whether two numbers, as JSON writes them, have the same value. Numbers are not worked out: 1e1000000000 would take a gigabyte.
func sameDecimal(a, b string) bool {
	if a == b {
		return true
	}
	x, okX := parseDecimal(a)
	y, okY := parseDecimal(b)
	return okX && okY && x == y
}

// decimal is 0.digits * 10^exponent. Its digits neither begin nor end with a zero; zero has none and neither sign nor exponent.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

// maxExponent leaves room to add the length of any text.
const maxExponent = 1 << 60

// parseDecimal reads a number of JSON. It is not ok if the exponent is beyond all reason.
func parseDecimal(text string) (d decimal, ok bool) {
	text, d.negative = strings.CutPrefix(text, "-")
	mantissa, power := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, power = text[:i], text[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return decimal{}, true
	}
	if power != "" {
		exponent, err := strconv.ParseInt(power, 10, 64)
		if err != nil || exponent > maxExponent || exponent < -maxExponent {
			return decimal{}, false
		}
		d.exponent = exponent
	}
	d.exponent += int64(len(digits) - len(fraction))
	d.digits = strings.TrimRight(digits, "0")
	return d, true
}
