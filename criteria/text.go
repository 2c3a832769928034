package criteria

import (
	"encoding"
	"fmt"
)

// The words of the package travel as text: in JSON, in flags, as keys of maps. It is
// what String returns. Anything else is an error, both ways.
var (
	_ encoding.TextUnmarshaler = (*Role)(nil)
	_ encoding.TextUnmarshaler = (*Want)(nil)
	_ encoding.TextUnmarshaler = (*SliceAction)(nil)
	_ encoding.TextUnmarshaler = (*Result)(nil)
)

// MarshalText returns "guardrail", "hold" or "observe".
func (r Role) MarshalText() ([]byte, error) { return wordOf("role", r, Observe) }

// UnmarshalText takes what MarshalText returns.
func (r *Role) UnmarshalText(text []byte) error { return parseWord("role", text, r, Observe) }

// MarshalText returns "higher", "lower" or "unsaid".
func (w Want) MarshalText() ([]byte, error) { return wordOf("want", w, Lower) }

// UnmarshalText takes what MarshalText returns.
func (w *Want) UnmarshalText(text []byte) error { return parseWord("want", text, w, Lower) }

// MarshalText returns "roll back all" or "carve out".
func (a SliceAction) MarshalText() ([]byte, error) { return wordOf("slice action", a, CarveOut) }

// UnmarshalText takes what MarshalText returns.
func (a *SliceAction) UnmarshalText(text []byte) error {
	return parseWord("slice action", text, a, CarveOut)
}

// MarshalText returns "no evidence", "pass" or "fail".
func (r Result) MarshalText() ([]byte, error) { return wordOf("result", r, Fail) }

// UnmarshalText takes what MarshalText returns.
func (r *Result) UnmarshalText(text []byte) error { return parseWord("result", text, r, Fail) }

// A word is a small number with a name; 0 is one of them.
type word interface {
	~uint8
	fmt.Stringer
}

func wordOf[W word](what string, w, last W) ([]byte, error) {
	if w > last {
		return nil, fmt.Errorf("criteria: %s %d is above %d, %v", what, uint8(w), uint8(last), last)
	}
	return []byte(w.String()), nil
}

func parseWord[W word](what string, text []byte, to *W, last W) error {
	var known []string
	for w := W(0); w <= last; w++ {
		if known = append(known, w.String()); w.String() == string(text) {
			*to = w
			return nil
		}
	}
	return fmt.Errorf("criteria: %s %.40q is none of %q", what, text, known)
}
