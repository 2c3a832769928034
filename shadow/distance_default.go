package shadow

import (
	"math"
	"reflect"
	"unsafe"
)

// maxDefaultEdit is the length in bytes up to which texts are given an edit distance unasked: less than a millisecond's work.
const maxDefaultEdit = 4_096

// defaultDistance is the distance of answers where the application gives none:
//
//   - of two numbers |a-b|, 0 where both are NaN,
//   - of two texts of at most maxDefaultEdit bytes their [EditDistance], of longer ones 0 if they are the same,
//   - of two lists of numbers, slices or arrays, the root of the mean of their elements' squared distances, which is in the elements' unit however many there are.
//
// It is NaN for everything else: longer texts, bytes in a row, lists that differ in length, answers of other types.
func defaultDistance[Out any]() func(a, b Out) float64 {
	gap := gapOf(reflect.TypeFor[Out]())
	if gap == nil {
		return func(Out, Out) float64 { return math.NaN() }
	}
	return onAddresses[Out](func(_ *walk, a, b unsafe.Pointer) float64 { return gap(a, b) })
}

// gapFunc is the distance of the values at a and b, of the type that it was made for.
type gapFunc func(a, b unsafe.Pointer) float64

// gapOf is the default distance of values of type t, nil if there is none.
func gapOf(t reflect.Type) gapFunc {
	switch t.Kind() {
	case reflect.String:
		return func(a, b unsafe.Pointer) float64 { return shortEdit(*(*string)(a), *(*string)(b)) }
	case reflect.Slice:
		if numbers := spreadOfElements(t); numbers != nil {
			return betweenSlices(numbers)
		}
		return nil
	case reflect.Array:
		if numbers := spreadOfElements(t); numbers != nil {
			return func(a, b unsafe.Pointer) float64 { return numbers(a, b, t.Len()) }
		}
		return nil
	}
	if number := spreadOf(t.Kind()); number != nil {
		return func(a, b unsafe.Pointer) float64 { return number(a, b, 1) }
	}
	return nil
}

func shortEdit(a, b string) float64 {
	if a != b && max(len(a), len(b)) > maxDefaultEdit {
		return math.NaN()
	}
	return EditDistance(a, b)
}

// betweenSlices reads slices of any type as slices of bytes: their length counts elements all the same.
func betweenSlices(numbers spreadFunc) gapFunc {
	return func(a, b unsafe.Pointer) float64 {
		x, y := *(*[]byte)(a), *(*[]byte)(b)
		if len(x) != len(y) {
			return math.NaN()
		}
		return numbers(unsafe.Pointer(unsafe.SliceData(x)), unsafe.Pointer(unsafe.SliceData(y)), len(x))
	}
}

// spreadFunc is the root of the mean squared distance of the n numbers at a from the n at b: of one from one |a-b|.
type spreadFunc func(a, b unsafe.Pointer, n int) float64

// spreadOfElements is that of a list's elements. Bytes in a row are no numbers.
func spreadOfElements(list reflect.Type) spreadFunc {
	if kind := list.Elem().Kind(); kind != reflect.Uint8 {
		return spreadOf(kind)
	}
	return nil
}

// spreadOf is that of numbers of a kind, nil if it is none of numbers.
func spreadOf(k reflect.Kind) spreadFunc {
	switch k {
	case reflect.Int:
		return spread(integerGap[int])
	case reflect.Int8:
		return spread(integerGap[int8])
	case reflect.Int16:
		return spread(integerGap[int16])
	case reflect.Int32:
		return spread(integerGap[int32])
	case reflect.Int64:
		return spread(integerGap[int64])
	case reflect.Uint:
		return spread(integerGap[uint])
	case reflect.Uint8:
		return spread(integerGap[uint8])
	case reflect.Uint16:
		return spread(integerGap[uint16])
	case reflect.Uint32:
		return spread(integerGap[uint32])
	case reflect.Uint64:
		return spread(integerGap[uint64])
	case reflect.Uintptr:
		return spread(integerGap[uintptr])
	case reflect.Float32:
		return spread(floatGap[float32])
	case reflect.Float64:
		return spread(floatGap[float64])
	case reflect.Complex64:
		return spread(complexGap[complex64])
	case reflect.Complex128:
		return spread(complexGap[complex128])
	}
	return nil
}

// spread divides by the largest gap first, so that no square overflows.
func spread[T any](gap func(x, y T) float64) spreadFunc {
	return func(a, b unsafe.Pointer, n int) float64 {
		xs, ys := unsafe.Slice((*T)(a), n), unsafe.Slice((*T)(b), n)
		largest := 0.0
		for i, x := range xs {
			largest = max(largest, gap(x, ys[i]))
		}
		if n < 2 || largest == 0 || math.IsInf(largest, 0) || math.IsNaN(largest) {
			return largest
		}
		sum := 0.0
		for i, x := range xs {
			part := gap(x, ys[i]) / largest
			sum += part * part
		}
		return largest * math.Sqrt(sum/float64(n))
	}
}

func floatGap[T float32 | float64](x, y T) float64 {
	if x == y || x != x && y != y { // both are NaN
		return 0
	}
	return math.Abs(float64(x) - float64(y))
}

type integer interface {
	int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64 | uintptr
}

// integerGap subtracts as unsigned numbers, which is right for signed ones, too, and never overflows.
func integerGap[T integer](x, y T) float64 {
	if x < y {
		x, y = y, x
	}
	return float64(uint64(x) - uint64(y))
}

func complexGap[T complex64 | complex128](x, y T) float64 {
	a, b := complex128(x), complex128(y)
	return math.Hypot(floatGap(real(a), real(b)), floatGap(imag(a), imag(b)))
}
