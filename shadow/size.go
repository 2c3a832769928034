package shadow

import (
	"reflect"
	"unsafe"
)

// newSizer makes what weighs an input and an answer: the values, with the strings and slices that lie directly in them. It finds out where they lie once; a weighing allocates
// nothing.
func newSizer[In, Out any]() func(In, Out) int {
	var in, out []part
	in = partsOf(reflect.TypeFor[In](), 0, in)
	out = partsOf(reflect.TypeFor[Out](), 0, out)
	fixed := int(reflect.TypeFor[In]().Size() + reflect.TypeFor[Out]().Size())
	return func(x In, y Out) int {
		return fixed + weigh(unsafe.Pointer(&x), in) + weigh(unsafe.Pointer(&y), out)
	}
}

// part is a string or slice in a value.
type part struct {
	offset  uintptr // of its length
	element int
}

func partsOf(t reflect.Type, offset uintptr, parts []part) []part {
	switch t.Kind() {
	case reflect.String:
		return append(parts, part{offset + unsafe.Sizeof(uintptr(0)), 1})
	case reflect.Slice:
		return append(parts, part{offset + unsafe.Sizeof(uintptr(0)), int(t.Elem().Size())})
	case reflect.Struct:
		for f := range t.Fields() {
			parts = partsOf(f.Type, offset+f.Offset, parts)
		}
	case reflect.Array:
		for i := range min(t.Len(), maxElements) {
			parts = partsOf(t.Elem(), offset+uintptr(i)*t.Elem().Size(), parts)
		}
	}
	return parts
}

// maxElements of an array are looked into.
const maxElements = 64

func weigh(value unsafe.Pointer, parts []part) (n int) {
	for _, p := range parts {
		n += *(*int)(unsafe.Add(value, p.offset)) * p.element
	}
	return n
}
