package report

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// maxDepth is how deep outputs may be nested to be compared by what they are made of.
const maxDepth = 64

// outputDiff shows how two outputs differ, by what they are made of if they are JSON and as texts otherwise. It is empty if they do not, or if one is missing.
func outputDiff(stable, candidate json.RawMessage, cut bool) string {
	if len(stable) == 0 || len(candidate) == 0 || bytes.Equal(stable, candidate) {
		return ""
	}
	x, okX := decoded(stable)
	y, okY := decoded(candidate)
	if cut || !okX || !okY {
		x, y = string(stable), string(candidate)
	}
	// go-cmp puts spaces that do not break here and there, so that nobody relies on its output.
	diff := strings.ReplaceAll(cmp.Diff(x, y), "\u00a0", " ")
	return clip(strings.TrimRight(diff, "\n"), maxOutput)
}

func decoded(raw json.RawMessage) (value any, ok bool) {
	if nesting(raw) > maxDepth {
		return nil, false
	}
	err := json.Unmarshal(raw, &value)
	return value, err == nil
}

// nesting is at least how deep a JSON text is nested.
func nesting(raw json.RawMessage) (deepest int) {
	depth := 0
	for _, b := range raw {
		switch b {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}
