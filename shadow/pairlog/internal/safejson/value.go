// Package safejson writes any value as JSON, by reflection and within bounds: no method of the value is called, nothing in it makes the JSON invalid, endless or
// more than a line, and no text in it is live where it is shown.
package safejson

import (
	"encoding/json"
	"reflect"
	"time"
)

// MaxDepth is how deep containers may lie in each other; what lies deeper is left out.
const MaxDepth = 64

// The reasons for which something is left out.
const (
	TooLarge = "too large"
	TooDeep  = "too deep"
	MapKey   = "map key"
)

// Value writes v. What would take more than limit bytes is left out, with a mark in its place.
func (b *Writer) Value(v any, limit int) {
	w := walker{b: b, start: len(b.Buf), limit: limit, steps: limit}
	if w.value(reflect.ValueOf(v), 0) {
		return
	}
	b.Buf = b.Buf[:w.start]
	b.Omitted(TooLarge, w.over)
}

type walker struct {
	b     *Writer
	start int
	limit int
	steps int // that may still be taken: what tells nothing costs time too
	over  int // how large it was when it was given up
}

// room reports whether n more bytes fit, and one more step.
func (w *walker) room(n int) bool {
	w.steps--
	used := len(w.b.Buf) - w.start
	if w.steps >= 0 && n <= w.limit-used {
		return true
	}
	w.over = used + n
	return false
}

// value returns false if the limit is passed.
func (w *walker) value(v reflect.Value, depth int) bool {
	if !w.room(1) {
		return false
	}
	for range MaxDepth {
		if k := v.Kind(); k != reflect.Pointer && k != reflect.Interface {
			return w.direct(v, depth) && w.room(0)
		}
		if v.IsNil() {
			w.b.null()
			return true
		}
		v = v.Elem()
	}
	w.b.Omitted(TooDeep, 0)
	return true
}

// direct tells of what is neither a pointer nor an interface.
func (w *walker) direct(v reflect.Value, depth int) bool {
	switch k := v.Kind(); k {
	case reflect.Invalid:
		w.b.null()
	case reflect.Bool:
		w.b.Bool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.b.int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		w.b.Uint(v.Uint())
	case reflect.Float32:
		w.b.Float(v.Float(), 32)
	case reflect.Float64:
		w.b.Float(v.Float(), 64)
	case reflect.String:
		return w.text(v)
	case reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return w.container(v, depth)
	default: // complex numbers, functions, channels, unsafe pointers
		w.b.Omitted(k.String(), 0)
	}
	return true
}

var (
	numberType = reflect.TypeFor[json.Number]()
	rawType    = reflect.TypeFor[json.RawMessage]()
	timeType   = reflect.TypeFor[time.Time]()
)

func (w *walker) text(v reflect.Value) bool {
	s := v.String()
	if !w.room(len(s)) {
		return false
	}
	if v.Type() == numberType && isNumber(s) {
		w.b.number(json.Number(s))
	} else {
		w.b.text(s)
	}
	return true
}

func (w *walker) container(v reflect.Value, depth int) bool {
	t := v.Type()
	switch {
	case t == timeType:
		at, _ := reflect.TypeAssert[time.Time](v)
		w.b.Time(at)
		return true
	case v.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return w.bytes(v, depth)
	case depth >= MaxDepth:
		w.b.Omitted(TooDeep, 0)
		return true
	case v.Kind() == reflect.Struct:
		return w.fields(v, depth)
	case v.Kind() == reflect.Map:
		return w.entries(v, depth)
	default:
		return w.elements(v, depth)
	}
}

func (w *walker) bytes(v reflect.Value, depth int) bool {
	if v.IsNil() {
		w.b.null()
		return true
	}
	if !w.room(v.Len()) {
		return false
	}
	raw := v.Bytes()
	switch {
	case v.Type() != rawType:
		w.b.bytes(raw)
	case depth+nesting(raw) > MaxDepth:
		w.b.Omitted(TooDeep, 0)
	case json.Valid(raw):
		w.b.raw(raw)
	default:
		w.b.bytes(raw)
	}
	return true
}

func (w *walker) elements(v reflect.Value, depth int) bool {
	if v.Kind() == reflect.Slice && v.IsNil() {
		w.b.null()
		return true
	}
	n := v.Len()
	if n > w.limit/2 || !w.room(2*n) { // a byte each and one between
		w.over = max(w.over, n)
		return false
	}
	w.b.openList()
	for i := range n {
		if !w.value(v.Index(i), depth+1) {
			return false
		}
	}
	w.b.closeList()
	return true
}

func (w *walker) fields(v reflect.Value, depth int) bool {
	w.b.OpenMap()
	for _, f := range fieldsOf(v.Type()) {
		if !w.room(0) {
			return false
		}
		fv, ok := f.in(v)
		if !ok {
			continue
		}
		w.b.Key(f.name)
		if !w.value(fv, depth+1) {
			return false
		}
	}
	w.b.CloseMap()
	return true
}
