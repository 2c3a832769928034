package shadow

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxJSON is the length in bytes up to which a text is taken for JSON.
const maxJSON = 1 << 20

// SameJSON says whether two texts are the same JSON value: the order of keys, white space and the way in which a number or text is written do not matter. Numbers are
// compared as decimals, without rounding: 1, 1.0 and 10e-1 are the same, 1e400 and 1e401 are not. Of a key that comes again the last value counts,
// and an escaped half of a surrogate pair is U+FFFD. It is meant as a [Config.Equal].
//
// Two texts of which neither is JSON are compared as texts; one that is and one that is not differ. Not JSON is, too, what exceeds 1 MiB, holds bytes that are not
// UTF-8 or is nested more than 10,000 deep.
func SameJSON(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := parseJSON(a)
	y, errY := parseJSON(b)
	if errX != nil || errY != nil {
		return false
	}
	total, common := compareJSON(x, y)
	return total == 2*common
}

// JSONDistance is the fraction of the leaves of two JSON values, both counted together, that the other one does not have at the same path: 0 for the same value, 0.1 if
// one field of ten differs, 1 for nothing in common. Leaves are texts, numbers, true, false, null, and empty objects and arrays; the elements of arrays go by their
// index. What is the same and what is JSON is decided as by [SameJSON]. It is meant as a [Config.Distance].
//
// The distance of two texts of which neither is JSON is their [EditDistance]; of one that is and one that is not it is 1.
func JSONDistance(a, b string) float64 {
	if a == b {
		return 0
	}
	x, errX := parseJSON(a)
	y, errY := parseJSON(b)
	switch {
	case errX != nil && errY != nil:
		return EditDistance(a, b)
	case errX != nil || errY != nil:
		return 1
	}
	total, common := compareJSON(x, y)
	return float64(total-2*common) / float64(total)
}

var errNotJSON = errors.New("not JSON")

// parseJSON reads the one value that the text consists of.
func parseJSON(text string) (any, error) {
	if len(text) > maxJSON || !utf8.ValidString(text) {
		return nil, errNotJSON
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotJSON
	}
	return value, nil
}

// compareJSON counts the leaves of both values together, and the paths at which both have the same leaf.
func compareJSON(a, b any) (total, common int) {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok && len(x) > 0 && len(y) > 0 {
			return compareObjects(x, y)
		}
	case []any:
		if y, ok := b.([]any); ok && len(x) > 0 && len(y) > 0 {
			return compareArrays(x, y)
		}
	}
	if sameLeaf(a, b) {
		return 2, 1
	}
	return leaves(a) + leaves(b), 0
}

func compareObjects(x, y map[string]any) (total, common int) {
	for key, a := range x {
		b, found := y[key]
		if !found {
			total += leaves(a)
			continue
		}
		t, c := compareJSON(a, b)
		total, common = total+t, common+c
	}
	for key, b := range y {
		if _, found := x[key]; !found {
			total += leaves(b)
		}
	}
	return total, common
}

func compareArrays(x, y []any) (total, common int) {
	shorter := min(len(x), len(y))
	for i := range shorter {
		t, c := compareJSON(x[i], y[i])
		total, common = total+t, common+c
	}
	return total + leavesOf(x[shorter:]) + leavesOf(y[shorter:]), common
}

// sameLeaf compares values of which at least one is a leaf.
func sameLeaf(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && len(x) == len(y)
	case []any:
		y, ok := b.([]any)
		return ok && len(x) == len(y)
	case json.Number:
		y, ok := b.(json.Number)
		return ok && sameDecimal(string(x), string(y))
	case string:
		y, ok := b.(string)
		return ok && x == y
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	}
	return a == nil && b == nil
}

func leaves(v any) int {
	count := 0
	switch x := v.(type) {
	case map[string]any:
		for _, inner := range x {
			count += leaves(inner)
		}
	case []any:
		count = leavesOf(x)
	}
	return max(1, count)
}

func leavesOf(list []any) int {
	count := 0
	for _, v := range list {
		count += leaves(v)
	}
	return count
}
