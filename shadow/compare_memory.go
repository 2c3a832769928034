package shadow

import (
	"reflect"
	"time"
	"unsafe"
)

// times compares values that consist of so many others in a row.
func times(count int, equal equalFunc) equalFunc {
	return func(w *walk, a, b unsafe.Pointer, n int) bool { return equal(w, a, b, n*count) }
}

// sameMemory compares values of the given size that are plain.
func sameMemory(size uintptr) equalFunc {
	return func(_ *walk, a, b unsafe.Pointer, n int) bool {
		length := size * uintptr(n)
		return unsafe.String((*byte)(a), length) == unsafe.String((*byte)(b), length)
	}
}

func equalFloats[T float32 | float64](tolerance float64) equalFunc {
	return func(_ *walk, a, b unsafe.Pointer, n int) bool {
		bs := unsafe.Slice((*T)(b), n)
		for i, x := range unsafe.Slice((*T)(a), n) {
			if y := bs[i]; x != y && !near(float64(x), float64(y), tolerance) {
				return false
			}
		}
		return true
	}
}

// equalIntegers is for a tolerance above 0: without one, integers that are the same float64 may differ, and are plain.
func equalIntegers[T integer](tolerance float64) equalFunc {
	return func(_ *walk, a, b unsafe.Pointer, n int) bool {
		bs := unsafe.Slice((*T)(b), n)
		for i, x := range unsafe.Slice((*T)(a), n) {
			if y := bs[i]; x != y && !near(float64(x), float64(y), tolerance) {
				return false
			}
		}
		return true
	}
}

func equalStrings(w *walk, a, b unsafe.Pointer, n int) bool {
	bs := unsafe.Slice((*string)(b), n)
	for i, x := range unsafe.Slice((*string)(a), n) {
		if len(x) != len(bs[i]) || !w.spend(uintptr(len(x))) || x != bs[i] {
			return false
		}
	}
	return true
}

func equalTimes(_ *walk, a, b unsafe.Pointer, n int) bool {
	bs := unsafe.Slice((*time.Time)(b), n)
	for i, x := range unsafe.Slice((*time.Time)(a), n) {
		if !x.Equal(bs[i]) {
			return false
		}
	}
	return true
}

func bothNil(_ *walk, a, b unsafe.Pointer, n int) bool {
	bs := unsafe.Slice((*unsafe.Pointer)(b), n)
	for i, x := range unsafe.Slice((*unsafe.Pointer)(a), n) {
		if x != nil || bs[i] != nil {
			return false
		}
	}
	return true
}

type field struct {
	offset uintptr
	plan   *plan
}

func equalStructs(size uintptr, fields []field) equalFunc {
	return func(w *walk, a, b unsafe.Pointer, n int) bool {
		for i := range uintptr(n) {
			for _, f := range fields {
				if at := i*size + f.offset; !f.plan.equal(w, unsafe.Add(a, at), unsafe.Add(b, at), 1) {
					return false
				}
			}
		}
		return true
	}
}

// equalSlices reads slices of any type as slices of bytes: their length counts elements all the same.
func equalSlices(element *plan) equalFunc {
	return func(w *walk, a, b unsafe.Pointer, n int) bool {
		bs := unsafe.Slice((*[]byte)(b), n)
		for i, x := range unsafe.Slice((*[]byte)(a), n) {
			if len(x) != len(bs[i]) {
				return false
			}
			from, to := unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(bs[i]))
			if from != to && !w.descend(element, from, to, len(x)) {
				return false
			}
		}
		return true
	}
}

func equalPointers(target *plan) equalFunc {
	return func(w *walk, a, b unsafe.Pointer, n int) bool {
		bs := unsafe.Slice((*unsafe.Pointer)(b), n)
		for i, x := range unsafe.Slice((*unsafe.Pointer)(a), n) {
			y := bs[i]
			if x != y && (x == nil || y == nil || !w.descend(target, x, y, 1)) {
				return false
			}
		}
		return true
	}
}

func equalInterfaces(t reflect.Type) equalFunc {
	return func(w *walk, a, b unsafe.Pointer, n int) bool {
		for i := range uintptr(n) {
			x := reflect.NewAt(t, unsafe.Add(a, i*t.Size())).Elem().Elem()
			y := reflect.NewAt(t, unsafe.Add(b, i*t.Size())).Elem().Elem()
			if x.IsValid() != y.IsValid() || x.IsValid() && !equalHeld(w, x, y) {
				return false
			}
		}
		return true
	}
}

// equalHeld compares what two interfaces hold. It has no address of its own, so what needs one is copied.
func equalHeld(w *walk, x, y reflect.Value) bool {
	if x.Type() != y.Type() {
		return false
	}
	switch x.Kind() {
	case reflect.String:
		return len(x.String()) == len(y.String()) && w.spend(uintptr(x.Len())) && x.String() == y.String()
	case reflect.Bool:
		return x.Bool() == y.Bool()
	case reflect.Float64:
		return near(x.Float(), y.Float(), w.plans.tolerance)
	}
	return w.descend(w.plans.held(x.Type()), addressOf(x), addressOf(y), 1)
}

func addressOf(v reflect.Value) unsafe.Pointer {
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	return copied.UnsafePointer()
}

func equalMaps(t reflect.Type, element *plan) equalFunc {
	return func(w *walk, a, b unsafe.Pointer, n int) bool {
		for i := range uintptr(n) {
			x := reflect.NewAt(t, unsafe.Add(a, i*t.Size())).Elem()
			y := reflect.NewAt(t, unsafe.Add(b, i*t.Size())).Elem()
			if x.Len() != y.Len() || x.UnsafePointer() != y.UnsafePointer() && !equalEntries(w, x, y, element) {
				return false
			}
		}
		return true
	}
}

// equalEntries compares two maps of one length. A key that is not equal to itself, as NaN, is in no other map.
func equalEntries(w *walk, x, y reflect.Value, element *plan) bool {
	key := reflect.New(x.Type().Key()).Elem()
	a, b := reflect.New(x.Type().Elem()), reflect.New(x.Type().Elem())
	for entries := x.MapRange(); entries.Next(); {
		key.SetIterKey(entries)
		found := y.MapIndex(key)
		if !found.IsValid() {
			return false
		}
		a.Elem().SetIterValue(entries)
		b.Elem().Set(found)
		if !w.descend(element, a.UnsafePointer(), b.UnsafePointer(), 1) {
			return false
		}
	}
	return true
}
