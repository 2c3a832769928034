package shadow

import (
	"reflect"
	"strings"
)

// sharesMemory says whether a copy of a value of type t may share memory with it that somebody can change, and where: "Text.Tokens is a slice". Strings do not,
// since nobody can change them, nor do times, whose location nobody can. An interface does, whatever it holds.
func sharesMemory(t reflect.Type) (path string, shares bool) {
	return find(t, func(t reflect.Type) verdict {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func, reflect.Interface, reflect.UnsafePointer:
			return guilty
		}
		return innocentIf(t == timeType)
	})
}

// findIncomparable looks for what cannot be compared by its content in values of type t: "Answer.Done is a channel". What interfaces hold is not known yet.
func findIncomparable(t reflect.Type) (path string, found bool) {
	return find(t, func(t reflect.Type) verdict {
		switch t.Kind() {
		case reflect.Chan, reflect.Func, reflect.UnsafePointer:
			return guilty
		}
		return innocentIf(t == timeType)
	})
}

// verdict is what is known of a type before its parts are looked at.
type verdict uint8

const (
	unknown verdict = iota // it depends on its parts
	guilty
	innocent
)

func innocentIf(yes bool) verdict {
	if yes {
		return innocent
	}
	return unknown
}

// find walks through the types that t is made of, each once, and returns the path and kind of the first guilty one. Blank fields and arrays of length zero hold
// nothing and are passed over.
func find(t reflect.Type, judge func(reflect.Type) verdict) (path string, found bool) {
	s := search{judge: judge, seen: map[reflect.Type]bool{}}
	return s.look(t, nameOf(t))
}

type search struct {
	judge func(reflect.Type) verdict
	seen  map[reflect.Type]bool
}

func (s *search) look(t reflect.Type, path string) (string, bool) {
	if s.seen[t] {
		return "", false
	}
	s.seen[t] = true
	switch s.judge(t) {
	case guilty:
		return path + " is " + kindWord(t.Kind()), true
	case innocent:
		return "", false
	}
	return s.lookInside(t, path)
}

func (s *search) lookInside(t reflect.Type, path string) (string, bool) {
	switch t.Kind() {
	case reflect.Struct:
		return s.lookAtFields(t, path)
	case reflect.Array:
		if t.Len() == 0 {
			return "", false
		}
		return s.look(t.Elem(), path+"[]")
	case reflect.Slice:
		return s.look(t.Elem(), path+"[]")
	case reflect.Pointer:
		return s.look(t.Elem(), strings.TrimPrefix(path, "*"))
	case reflect.Map:
		if where, found := s.look(t.Key(), path+"[key]"); found {
			return where, true
		}
		return s.look(t.Elem(), path+"[]")
	}
	return "", false
}

func (s *search) lookAtFields(t reflect.Type, path string) (string, bool) {
	for f := range t.Fields() {
		if f.Name == "_" {
			continue
		}
		if where, found := s.look(f.Type, path+"."+f.Name); found {
			return where, true
		}
	}
	return "", false
}

// nameOf is how a path begins: the type's name without its package and type arguments, or what it looks like if it has none.
func nameOf(t reflect.Type) string {
	if t.Name() != "" {
		name, _, _ := strings.Cut(t.Name(), "[")
		return name
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + nameOf(t.Elem())
	case reflect.Slice:
		return "[]" + nameOf(t.Elem())
	case reflect.Struct:
		return "struct"
	}
	return t.String()
}

func kindWord(k reflect.Kind) string {
	switch k {
	case reflect.Pointer:
		return "a pointer"
	case reflect.Interface:
		return "an interface"
	case reflect.Chan:
		return "a channel"
	case reflect.Func:
		return "a function"
	case reflect.UnsafePointer:
		return "an unsafe pointer"
	}
	return "a " + k.String()
}
