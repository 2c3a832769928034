package shadow

import (
	"math"
	"unicode/utf8"
)

// maxEditRunes is the length up to which [EditDistance] is exact: at the limit it takes some fifty milliseconds.
const maxEditRunes = 1 << 15

// EditDistance is the number of runes to insert, delete or replace to turn one text into the other, divided by the number of runes of the longer one: 0 for the same
// text, 1 for texts with nothing in common. It is symmetric and meant as a [Config.Distance]. A byte that is not UTF-8 counts as a rune of its own.
//
// It is exact if both texts have at most 32,768 runes. Beyond that it is a lower bound that does not see order: the runes that one text has more of than the
// other, by count (Bartolini, Ciaccia, Patella 2002, SPIRE, "String matching with metric trees using an approximate distance"). Different texts are never at 0.
//
// Cost: m*n/64 steps of some three nanoseconds for m and n runes, that is five milliseconds for two texts of 10,000; memory is linear. See BenchmarkEditDistance.
// Source: Myers 1999, J. ACM 46(3), "A fast bit-vector algorithm for approximate string matching based on dynamic programming", in blocks and for the
// distance of two texts as in Hyyro 2003, Nordic J. Computing 10(1).
func EditDistance(a, b string) float64 {
	if a == b {
		return 0
	}
	lengthA, lengthB := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	longer := max(lengthA, lengthB)
	if longer > maxEditRunes {
		return float64(max(1, bagDistance(a, b))) / float64(longer)
	}
	return float64(levenshtein(symbols(a, lengthA), symbols(b, lengthB))) / float64(longer)
}

// LengthDistance is the difference of the numbers of runes of two texts, divided by that of the longer one: 0 for texts of one length, 1 if one is empty. It tells a
// model that has become curt or verbose, at a small part of the cost of [EditDistance], of which it is a lower bound. It is meant as a [Config.Distance].
func LengthDistance(a, b string) float64 {
	lengthA, lengthB := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if lengthA == lengthB {
		return 0
	}
	return math.Abs(float64(lengthA-lengthB)) / float64(max(lengthA, lengthB))
}

// symbol is a rune or, above all runes, a byte that is not UTF-8.
type symbol = int32

func symbolAt(text string) (symbol, int) {
	r, size := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && size == 1 {
		return utf8.MaxRune + 1 + symbol(text[0]), 1
	}
	return r, size
}

func symbols(text string, count int) []symbol {
	all := make([]symbol, 0, count)
	for text != "" {
		s, size := symbolAt(text)
		all = append(all, s)
		text = text[size:]
	}
	return all
}

// bagDistance is how many symbols one of the texts has that the other lacks, the larger of both ways round.
func bagDistance(a, b string) int {
	surplus := tally{}
	surplus.add(a, 1)
	surplus.add(b, -1)
	return surplus.larger()
}

// tally counts symbols.
type tally struct {
	ascii [utf8.RuneSelf]int
	other map[symbol]int
}

func (t *tally) add(text string, by int) {
	if t.other == nil {
		t.other = map[symbol]int{}
	}
	for text != "" {
		if text[0] < utf8.RuneSelf {
			t.ascii[text[0]] += by
			text = text[1:]
			continue
		}
		s, size := symbolAt(text)
		t.other[s] += by
		text = text[size:]
	}
}

// larger is the sum of the positive counts, or of the negative ones if that is larger.
func (t *tally) larger() int {
	more, less := 0, 0
	count := func(n int) { more, less = more+max(n, 0), less+max(-n, 0) }
	for _, n := range t.ascii {
		count(n)
	}
	for _, n := range t.other {
		count(n)
	}
	return max(more, less)
}
