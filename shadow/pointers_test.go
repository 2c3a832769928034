package shadow

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

type (
	text struct {
		Raw    string
		Tokens []string
	}
	grid struct {
		Cells [3][2]struct{ Note *string }
	}
	box[T any] struct{ V T }
	flat       struct {
		A int
		B string
		C [4]complex64
		D time.Time
		E struct{ F uintptr }
		_ *int
		G [0]*int
		H time.Time
	}
)

func TestSharesMemory(t *testing.T) {
	for want, kind := range map[string]reflect.Type{
		"text.Tokens is a slice":                reflect.TypeFor[text](),
		"chain.Next is a pointer":               reflect.TypeFor[chain](),
		"*chain is a pointer":                   reflect.TypeFor[*chain](),
		"**chain is a pointer":                  reflect.TypeFor[**chain](),
		"grid.Cells[][].Note is a pointer":      reflect.TypeFor[grid](),
		"[]float64 is a slice":                  reflect.TypeFor[[]float64](),
		"[]text is a slice":                     reflect.TypeFor[[]text](),
		"map[string]int is a map":               reflect.TypeFor[map[string]int](),
		"Header is a map":                       reflect.TypeFor[Header](),
		"error is an interface":                 reflect.TypeFor[error](),
		"box.V is an interface":                 reflect.TypeFor[box[any]](),
		"box.V.Tokens is a slice":               reflect.TypeFor[box[text]](),
		"struct.Done is a channel":              reflect.TypeFor[struct{ Done <-chan int }](),
		"func() is a function":                  reflect.TypeFor[func()](),
		"Pointer is an unsafe pointer":          reflect.TypeFor[unsafe.Pointer](),
		"[2][]int[] is a slice":                 reflect.TypeFor[[2][]int](),
		"holder.V is an interface":              reflect.TypeFor[holder](),
		"box.V.Next is a pointer":               reflect.TypeFor[box[chain]](),
		"struct.chain.Next is a pointer":        reflect.TypeFor[struct{ chain }](),
		"box.V.V.V is a function":               reflect.TypeFor[box[box[box[func()]]]](),
		"box.V is a pointer":                    reflect.TypeFor[box[*time.Location]](),
		"struct.A is a slice":                   reflect.TypeFor[struct{ A, B []int }](),
		"struct.at is a pointer":                reflect.TypeFor[struct{ at *time.Time }](),
		"[1]struct { A *int }[].A is a pointer": reflect.TypeFor[[1]struct{ A *int }](),
	} {
		path, shares := sharesMemory(kind)
		require.True(t, shares, want)
		require.Equal(t, want, path)
	}
	for _, kind := range []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[float32](), reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](), reflect.TypeFor[bool](),
		reflect.TypeFor[uintptr](), reflect.TypeFor[[1 << 20]string](), reflect.TypeFor[flat](), reflect.TypeFor[struct{}](), reflect.TypeFor[[0]func()](),
		reflect.TypeFor[box[box[flat]]](),
	} {
		path, shares := sharesMemory(kind)
		require.False(t, shares, "%v: %s", kind, path)
		require.Empty(t, path)
	}
}

// Header is a map with a name.
type Header map[string][]string

func TestFindIncomparableEndsAndPassesOverWhatIsHeld(t *testing.T) {
	for _, kind := range []reflect.Type{
		reflect.TypeFor[chain](), reflect.TypeFor[tree](), reflect.TypeFor[nested](), reflect.TypeFor[error](), reflect.TypeFor[time.Time](), reflect.TypeFor[[]time.Time](),
		reflect.TypeFor[flat](), reflect.TypeFor[struct{ _ func() }](), reflect.TypeFor[map[string]any](),
	} {
		path, found := findIncomparable(kind)
		require.False(t, found, "%v: %s", kind, path)
	}
}
