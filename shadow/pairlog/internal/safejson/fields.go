package safejson

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// field is one of a struct as it is told of.
type field struct {
	name      string
	index     []int // a way through embedded structs
	tagged    bool
	omitEmpty bool
	omitZero  bool
}

// in is the field's value in v; false if it is left out.
func (f *field) in(v reflect.Value) (reflect.Value, bool) {
	for i, x := range f.index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	if f.omitEmpty && isEmpty(v) || f.omitZero && isZero(v) {
		return v, false
	}
	return v, true
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}

func isZero(v reflect.Value) bool {
	if at, ok := reflect.TypeAssert[time.Time](v); v.Type() == timeType && ok {
		return at.IsZero()
	}
	return v.IsZero()
}

var known sync.Map // reflect.Type -> []field

func fieldsOf(t reflect.Type) []field {
	if fs, ok := known.Load(t); ok {
		return fs.([]field)
	}
	fs, _ := known.LoadOrStore(t, listFields(t))
	return fs.([]field)
}

// level is a struct to look through, at its depth of embedding.
type level struct {
	t     reflect.Type
	index []int
}

// listFields goes through the levels of embedding, as encoding/json does: of fields with the same name the one least deep stays, of those the one
// with a tag; if there are several, none.
func listFields(t reflect.Type) []field {
	var all []field
	taken := map[string]bool{}
	seen := map[reflect.Type]bool{t: true}
	for next := []level{{t: t}}; len(next) > 0; {
		var here []field
		var deeper []level
		for _, l := range next {
			here, deeper = l.list(here, deeper)
		}
		all = append(all, dominant(here, taken)...)
		next = next[:0]
		for _, l := range deeper {
			if !seen[l.t] {
				next = append(next, l)
			}
		}
		for _, l := range next {
			seen[l.t] = true
		}
	}
	slices.SortStableFunc(all, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return all
}

// list adds the fields of the struct itself to here, and the structs embedded in it to deeper.
func (l level) list(here []field, deeper []level) ([]field, []level) {
	for i := range l.t.NumField() {
		sf := l.t.Field(i)
		tag := sf.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		index := append(slices.Clone(l.index), i)
		if inner, ok := embedded(sf); ok && name == "" {
			deeper = append(deeper, level{t: inner, index: index})
			continue
		}
		if !sf.IsExported() {
			continue
		}
		f := field{name: UTF8(name), index: index, tagged: name != ""}
		if name == "" {
			f.name = sf.Name
		}
		for option := range strings.SplitSeq(options, ",") {
			f.omitEmpty = f.omitEmpty || option == "omitempty"
			f.omitZero = f.omitZero || option == "omitzero"
		}
		here = append(here, f)
	}
	return here, deeper
}

// embedded returns the struct whose fields are to be listed in the place of sf. What an embedded pointer to an unexported struct leads to
// cannot be set by decoders but can be read.
func embedded(sf reflect.StructField) (reflect.Type, bool) {
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t, sf.Anonymous && t.Kind() == reflect.Struct && t != timeType
}

// dominant returns those of one level that stay, and marks their names as taken.
func dominant(here []field, taken map[string]bool) []field {
	byName := map[string][]field{}
	for _, f := range here {
		byName[f.name] = append(byName[f.name], f)
	}
	var stay []field
	for name, rivals := range byName {
		if taken[name] {
			continue
		}
		taken[name] = true
		if len(rivals) > 1 {
			rivals = slices.DeleteFunc(rivals, func(f field) bool { return !f.tagged })
		}
		if len(rivals) == 1 {
			stay = append(stay, rivals[0])
		}
	}
	return stay
}
