package local

import (
	"bytes"
	"math"
	"reflect"
	"strconv"

	"github.com/open-feature/go-sdk/openfeature"
)

// bucketing says which text is hashed. Without parts it is the flag key followed by the targeting key.
type bucketing struct {
	parts []part
	cat   bool // the parts are written one after the other; otherwise there is one, and it must be text
}

// part is a constant text, or the attribute at path when there is one.
type part struct {
	text string
	path []string
}

// flagKeyPath is the one attribute that flagd adds to the context and that stays the same over time.
const flagKeyPath = "$flagd.flagKey"

// append writes the text to dst and reports whether there is one.
func (b bucketing) append(dst []byte, flagKey string, flat openfeature.FlattenedContext) ([]byte, bool) {
	switch {
	case b.cat:
		return b.appendCat(dst, flagKey, flat)
	case len(b.parts) == 0:
		return appendTargetingKey(dst, flagKey, flat)
	default:
		return b.parts[0].append(dst, flagKey, flat)
	}
}

func (b bucketing) appendCat(dst []byte, flagKey string, flat openfeature.FlattenedContext) ([]byte, bool) {
	for _, p := range b.parts {
		var ok bool
		if dst, ok = appendText(dst, p.value(flagKey, flat)); !ok {
			return dst, false
		}
	}
	return bytes.TrimSpace(dst), true
}

// append writes the part that stands alone: a missing attribute gives way to the targeting key.
func (p part) append(dst []byte, flagKey string, flat openfeature.FlattenedContext) ([]byte, bool) {
	v := p.value(flagKey, flat)
	if v == nil {
		return appendTargetingKey(dst, flagKey, flat)
	}
	text, ok := textOf(v)
	return append(dst, text...), ok
}

// value is the constant, or the attribute; nil when it is missing.
func (p part) value(flagKey string, flat openfeature.FlattenedContext) any {
	if p.path == nil {
		return p.text
	}
	if p.text == flagKeyPath {
		return flagKey
	}
	v := flat[p.path[0]]
	for _, name := range p.path[1:] {
		nested, _ := v.(map[string]any)
		v = nested[name]
	}
	return v
}

func appendTargetingKey(dst []byte, flagKey string, flat openfeature.FlattenedContext) ([]byte, bool) {
	key, _ := flat[openfeature.TargetingKey].(string)
	if key == "" {
		return dst, false
	}
	return append(append(dst, flagKey...), key...), true
}

// appendText writes an attribute inside a cat: text as it is, numbers in decimal, nothing for a missing one.
func appendText(dst []byte, v any) ([]byte, bool) {
	if v == nil {
		return dst, true
	}
	if text, ok := textOf(v); ok {
		return append(dst, text...), true
	}
	switch rv := reflect.ValueOf(v); {
	case rv.CanInt():
		return appendNumber(dst, float64(rv.Int()))
	case rv.CanUint():
		return appendNumber(dst, float64(rv.Uint()))
	case rv.CanFloat():
		return appendNumber(dst, rv.Float())
	default:
		return dst, false
	}
}

// textOf takes any Go type that is a string underneath.
func textOf(v any) (string, bool) {
	if s, ok := v.(string); ok {
		return s, true
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.String {
		return rv.String(), true
	}
	return "", false
}

// appendNumber goes through a float64 because that is what flagd, which sees the context as JSON, makes of a number.
func appendNumber(dst []byte, f float64) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, false
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64), true
}
