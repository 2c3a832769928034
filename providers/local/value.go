package local

import (
	"fmt"
	"math"
	"reflect"
)

type kind uint8

const (
	boolKind kind = iota + 1
	stringKind
	numberKind
	objectKind
)

func (k kind) String() string {
	return [...]string{"nothing", "a boolean", "a string", "a number", "an object"}[k]
}

// value is what a variant stands for; kind says which fields count. Equal values are deeply equal, whatever Go type
// they came from: 10 and 10.0 are one number.
type value struct {
	kind   kind
	truth  bool
	text   string
	number float64
	whole  bool  // number is an integer that fits an int64
	int    int64 // that integer
	object any
}

func (v value) asBool() (bool, bool)     { return v.truth, v.kind == boolKind }
func (v value) asString() (string, bool) { return v.text, v.kind == stringKind }
func (v value) asFloat() (float64, bool) { return v.number, v.kind == numberKind }
func (v value) asInt() (int64, bool)     { return v.int, v.kind == numberKind && v.whole }
func (v value) asObject() (any, bool)    { return cloneJSON(v.object), v.kind == objectKind }

// String describes the value for error messages.
func (v value) String() string {
	if v.kind == numberKind {
		return fmt.Sprintf("the number %v", v.number)
	}
	return v.kind.String()
}

// newValue takes any Go value that a flag can have; the problem is empty when v is one.
func newValue(v any) (value, string) {
	rv := reflect.ValueOf(v)
	switch k := rv.Kind(); {
	case k == reflect.Bool:
		return value{kind: boolKind, truth: rv.Bool()}, ""
	case k == reflect.String:
		return value{kind: stringKind, text: rv.String()}, ""
	case rv.CanInt():
		return value{kind: numberKind, number: float64(rv.Int()), whole: true, int: rv.Int()}, ""
	case rv.CanUint() && k != reflect.Uintptr:
		return unsigned(rv.Uint()), ""
	case rv.CanFloat():
		return float(rv.Float())
	default:
		return object(rv)
	}
}

func unsigned(u uint64) value {
	if u > math.MaxInt64 {
		return value{kind: numberKind, number: float64(u)}
	}
	return value{kind: numberKind, number: float64(u), whole: true, int: int64(u)}
}

func float(f float64) (value, string) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return value{}, fmt.Sprintf("value %v, want a finite number", f)
	}
	v := value{kind: numberKind, number: f}
	if f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64 { // the upper bound rounds to 2^63, which is out
		v.whole, v.int = true, int64(f)
	}
	return v, ""
}

func object(rv reflect.Value) (value, string) {
	switch rv.Kind() {
	case reflect.Invalid:
		return value{}, "value nil, want a boolean, string, number or object"
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Uintptr, reflect.Complex64, reflect.Complex128:
		return value{}, fmt.Sprintf("value of type %v, want a boolean, string, number or object", rv.Type())
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if rv.IsNil() {
			return value{}, fmt.Sprintf("value nil of type %v, want a boolean, string, number or object", rv.Type())
		}
	}
	return value{kind: objectKind, object: cloneJSON(rv.Interface())}, ""
}

// cloneJSON copies the maps and slices that JSON decodes to, so that no two callers share one.
func cloneJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = cloneJSON(e)
		}
		return m
	case []any:
		s := make([]any, len(v))
		for i, e := range v {
			s[i] = cloneJSON(e)
		}
		return s
	default:
		return v
	}
}
