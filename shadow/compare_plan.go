package shadow

import (
	"reflect"
	"sync"
	"time"
	"unsafe"
)

// equalFunc compares the n values that lie at a with the n at b, in a row. Both addresses are valid for so many values of the type that it was made for.
//
// It takes addresses and not reflect.Values because they reach unexported fields, cost no allocation, and make a list of numbers one loop.
type equalFunc func(w *walk, a, b unsafe.Pointer, n int) bool

// plan is how values of one type are compared.
type plan struct {
	equal equalFunc
	size  uintptr
	// plain values are equal if and only if their memory is.
	plain bool
}

// planner makes plans. Those of answers' types are made once; those of what interfaces hold are made when it is first met.
type planner struct {
	tolerance float64
	dynamic   sync.Map // reflect.Type -> *plan
}

func (p *planner) plan(t reflect.Type) *plan {
	return (&planning{tolerance: p.tolerance, made: map[reflect.Type]*plan{}}).plan(t)
}

// held is the plan for what an interface holds.
func (p *planner) held(t reflect.Type) *plan {
	if known, ok := p.dynamic.Load(t); ok {
		return known.(*plan)
	}
	made, _ := p.dynamic.LoadOrStore(t, p.plan(t))
	return made.(*plan)
}

// planning is the making of a plan and those that it needs. A type that contains itself finds its own plan in made, to be completed by the time that it is used.
type planning struct {
	tolerance float64
	made      map[reflect.Type]*plan
}

var timeType = reflect.TypeFor[time.Time]()

func (p *planning) plan(t reflect.Type) *plan {
	if known, ok := p.made[t]; ok {
		return known
	}
	made := &plan{size: t.Size()}
	p.made[t] = made
	p.fill(made, t)
	if made.plain {
		made.equal = sameMemory(t.Size())
	}
	return made
}

func (p *planning) fill(made *plan, t reflect.Type) {
	switch t.Kind() {
	case reflect.Bool:
		made.plain = true
	case reflect.String:
		made.equal = equalStrings
	case reflect.Slice:
		made.equal = equalSlices(p.element(t.Elem()))
	case reflect.Array:
		p.fillArray(made, t)
	case reflect.Struct:
		p.fillStruct(made, t)
	case reflect.Map:
		made.equal = equalMaps(t, p.plan(t.Elem()))
	case reflect.Pointer:
		made.equal = equalPointers(p.plan(t.Elem()))
	case reflect.Interface:
		made.equal = equalInterfaces(t)
	case reflect.Func:
		made.equal = bothNil
	case reflect.Chan, reflect.UnsafePointer:
		made.plain = true
	default:
		p.fillNumber(made, t)
	}
}

// fillNumber plans for a number. Integers without a tolerance are plain.
func (p *planning) fillNumber(made *plan, t reflect.Type) {
	switch t.Kind() {
	case reflect.Float32:
		made.equal = equalFloats[float32](p.tolerance)
	case reflect.Float64:
		made.equal = equalFloats[float64](p.tolerance)
	case reflect.Complex64:
		made.equal = times(2, equalFloats[float32](p.tolerance))
	case reflect.Complex128:
		made.equal = times(2, equalFloats[float64](p.tolerance))
	default:
		made.plain = p.tolerance == 0
		made.equal = integersOf(t.Kind(), p.tolerance)
	}
}

func integersOf(k reflect.Kind, tolerance float64) equalFunc {
	switch k {
	case reflect.Int:
		return equalIntegers[int](tolerance)
	case reflect.Int8:
		return equalIntegers[int8](tolerance)
	case reflect.Int16:
		return equalIntegers[int16](tolerance)
	case reflect.Int32:
		return equalIntegers[int32](tolerance)
	case reflect.Int64:
		return equalIntegers[int64](tolerance)
	case reflect.Uint:
		return equalIntegers[uint](tolerance)
	case reflect.Uint8:
		return equalIntegers[uint8](tolerance)
	case reflect.Uint16:
		return equalIntegers[uint16](tolerance)
	case reflect.Uint32:
		return equalIntegers[uint32](tolerance)
	case reflect.Uint64:
		return equalIntegers[uint64](tolerance)
	default:
		return equalIntegers[uintptr](tolerance)
	}
}

// element is the plan for what a slice or an array consists of. Bytes in a row are a text or a code, no numbers, and have no tolerance.
func (p *planning) element(t reflect.Type) *plan {
	if t.Kind() == reflect.Uint8 {
		return &plan{equal: sameMemory(1), size: 1, plain: true}
	}
	return p.plan(t)
}

// fillArray plans for an array: its elements lie in a row, so that a row of arrays is a longer row of elements.
func (p *planning) fillArray(made *plan, t reflect.Type) {
	element := p.element(t.Elem())
	made.plain = element.plain
	made.equal = times(t.Len(), element.equal)
}

// fillStruct plans for a struct. It is plain if all of its fields are and nothing lies between them.
func (p *planning) fillStruct(made *plan, t reflect.Type) {
	if t == timeType {
		made.equal = equalTimes
		return
	}
	var fields []field
	filled, plain := uintptr(0), true
	for f := range t.Fields() {
		if f.Name == "_" {
			continue
		}
		fields = append(fields, field{f.Offset, p.plan(f.Type)})
		filled += f.Type.Size()
		plain = plain && fields[len(fields)-1].plan.plain
	}
	made.plain = plain && filled == t.Size()
	made.equal = equalStructs(t.Size(), fields)
}
