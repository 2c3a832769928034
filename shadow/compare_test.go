package shadow

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"
)

// differs compares by content.
func differs[Out any](t *testing.T, tolerance float64, a, b Out) bool {
	t.Helper()
	equal, err := byContent[Out](tolerance)
	require.NoError(t, err)
	same := equal(a, b)
	require.Equal(t, same, equal(b, a), "comparison is not symmetric")
	return !same
}

func TestComparisonIsChosenByWhatIsGiven(t *testing.T) {
	length := func(a, b string) float64 { return math.Abs(float64(len(a) - len(b))) }
	fold := strings.EqualFold
	nan := func(string, string) float64 { return math.NaN() }
	for name, c := range map[string]struct {
		config   Config[int, string]
		differs  bool
		distance float64
	}{
		"nothing":                    {Config[int, string]{}, true, 1},
		"Equal":                      {Config[int, string]{Equal: fold}, false, 1},
		"Distance":                   {Config[int, string]{Distance: length}, true, 2},
		"Distance at Tolerance":      {Config[int, string]{Distance: length, Tolerance: 2}, false, 2},
		"Distance above Tolerance":   {Config[int, string]{Distance: length, Tolerance: 1.99}, true, 2},
		"Distance NaN":               {Config[int, string]{Distance: nan, Tolerance: 9}, true, math.NaN()},
		"Equal decides":              {Config[int, string]{Equal: fold, Distance: length}, true, 2},
		"Equal, Tolerance is unused": {Config[int, string]{Equal: fold, Distance: length, Tolerance: 9}, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			compare, err := c.config.comparison()
			require.NoError(t, err)
			b := "AB"
			if c.config.Distance != nil {
				b = "ABCD"
			}
			differs, distance := compare("ab", b)
			require.Equal(t, c.differs, differs)
			require.Equal(t, fmt.Sprint(c.distance), fmt.Sprint(distance))
		})
	}
}

func TestComparisonLetsPanicsThrough(t *testing.T) {
	compare, err := (&Config[int, string]{Equal: func(string, string) bool { panic("mine") }}).comparison()
	require.NoError(t, err)
	require.PanicsWithValue(t, "mine", func() { compare("a", "b") })
}

func TestComparisonOfNumbers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		a, b, tolerance float64
		differs         bool
	}{
		{1, 1, 0, false},
		{1, math.Nextafter(1, 2), 0, true},
		{nan, nan, 0, false},
		{nan, math.Float64frombits(math.Float64bits(nan) ^ 1), 0, false},
		{nan, 0, 10, true},
		{0, math.Copysign(0, -1), 0, false},
		{inf, inf, 0, false},
		{-inf, inf, 10, true},
		{inf, math.MaxFloat64, 10, true},
		{100, 99, 0.01, false},
		{100, 98.999, 0.01, true},
		{-100, -99, 0.01, false},
		{1, -1, 1.9, true},
		{1, -1, 2, false},
		{0, 1e-300, 0.5, true},
		{0, 5e-324, 0.4, true},
		{math.MaxFloat64, -math.MaxFloat64, 1.5, true},
		{math.MaxFloat64, -math.MaxFloat64, 2, false},
		{1, 1.5, nan, true},
	} {
		require.Equal(t, c.differs, differs(t, c.tolerance, c.a, c.b), "%v and %v within %v", c.a, c.b, c.tolerance)
		require.Equal(t, c.differs, differs[any](t, c.tolerance, c.a, c.b), "any: %v and %v within %v", c.a, c.b, c.tolerance)
		require.Equal(t, c.differs, differs(t, c.tolerance, complex(0, c.a), complex(0, c.b)), "imaginary %v and %v within %v", c.a, c.b, c.tolerance)
	}
	require.True(t, differs(t, 0, int64(1)<<60, int64(1)<<60+1), "these are the same float64")
	require.True(t, differs(t, 0, []uint64{math.MaxUint64}, []uint64{math.MaxUint64 - 1}))
	require.False(t, differs(t, 0.01, int8(100), int8(99)))
	require.True(t, differs(t, 0.01, int8(100), int8(98)))
	require.False(t, differs(t, 0.1, []uint16{100}, []uint16{99}))
	require.False(t, differs(t, 0.1, byte(100), byte(99)))
	require.True(t, differs(t, 0.1, json.RawMessage(`"a"`), json.RawMessage(`"b"`)), "bytes in a row are no numbers")
	require.True(t, differs(t, 0.1, [1]byte{100}, [1]byte{99}), "bytes in a row are no numbers")
	require.False(t, differs(t, 0.01, time.Second, time.Second+time.Millisecond))
	require.False(t, differs(t, 1e-6, float32(0.1), float32(0.1)+1e-8))
}

type (
	label  string
	point  struct{ X, Y int16 }
	padded struct {
		A int8
		B int64
	}
	blank struct {
		A int32
		_ int32
	}
	chain struct {
		Next *chain
		N    int
	}
	secret struct{ at time.Time }
	holder struct{ V any }
)

func chainOf(length int) *chain {
	var c *chain
	for range length {
		c = &chain{Next: c}
	}
	return c
}

func cycle() *chain {
	c := &chain{}
	c.Next = c
	return c
}

// inItself is a map and a list that hold themselves.
func inItself() any {
	m, list := map[string]any{}, make([]any, 2)
	m["a"], m["b"], list[0], list[1] = m, list, list, m
	return m
}

// nest is a value with so many lists one inside the other.
func nest(depth int) any {
	var v any
	for range depth {
		v = []any{v}
	}
	return v
}

func TestComparisonOfEachKind(t *testing.T) {
	now := time.Now()
	elsewhere := now.In(time.FixedZone("elsewhere", 3600)).Round(0)
	one, two, other := 1, 1, 2
	done := make(chan int)
	for name, c := range map[string]struct {
		a, b    any
		differs bool
	}{
		"same text":             {"é", "é", false},
		"composed text":         {"é", "e\u0301", true},
		"named text":            {label("a"), label("a"), false},
		"text of another type":  {label("a"), "a", true},
		"bool":                  {true, false, true},
		"int and int64":         {1, int64(1), true},
		"nil slice and empty":   {[]int(nil), []int{}, false},
		"nil bytes and empty":   {json.RawMessage(nil), json.RawMessage{}, false},
		"raw JSON by bytes":     {json.RawMessage(`{}`), json.RawMessage(`{ }`), true},
		"slice length":          {[]int{1}, []int{1, 1}, true},
		"slice order":           {[]int{1, 2}, []int{2, 1}, true},
		"last of many":          {append(make([]int8, 999), 1), append(make([]int8, 999), 2), true},
		"slice of texts":        {[]string{"a", "b"}, []string{"a", "c"}, true},
		"slice of nothing":      {make([]struct{}, 3), make([]struct{}, 3), false},
		"slice of padded":       {[]padded{{1, 2}, {3, 4}}, []padded{{1, 2}, {3, 5}}, true},
		"array":                 {[2]string{"a", "b"}, [2]string{"a", "b"}, false},
		"array, last":           {[2]string{"a", "b"}, [2]string{"a", "c"}, true},
		"array of arrays":       {[2][2]float32{{1, 2}, {3, 4}}, [2][2]float32{{1, 2}, {3, 5}}, true},
		"array of NaN":          {[1]float64{math.NaN()}, [1]float64{math.NaN()}, false},
		"functions, but none":   {[0]func(){}, [0]func(){}, false},
		"nil map and empty":     {map[string]int(nil), map[string]int{}, false},
		"map":                   {map[string]int{"a": 1, "b": 2}, map[string]int{"b": 2, "a": 1}, false},
		"map value":             {map[string]int{"a": 1}, map[string]int{"a": 2}, true},
		"map key":               {map[string]int{"a": 1}, map[string]int{"b": 1}, true},
		"map with one more":     {map[string]int{"a": 1}, map[string]int{"a": 1, "b": 2}, true},
		"map of slices":         {map[int][]int{1: {2}}, map[int][]int{1: {2}}, false},
		"map of NaN":            {map[string]float64{"a": math.NaN()}, map[string]float64{"a": math.NaN()}, false},
		"NaN key":               {map[float64]int{math.NaN(): 1}, map[float64]int{math.NaN(): 1}, true},
		"pointer":               {&one, &two, false},
		"pointer to other":      {&one, &other, true},
		"nil pointer":           {(*int)(nil), &one, true},
		"nil pointers":          {(*int)(nil), (*int)(nil), false},
		"nil and nil pointer":   {nil, (*int)(nil), true},
		"nothing":               {nil, nil, false},
		"nil and 0":             {nil, 0, true},
		"plain struct":          {point{1, 2}, point{1, 3}, true},
		"padded struct":         {padded{1, 2}, padded{1, 3}, true},
		"unexported field":      {secret{now}, secret{elsewhere}, false},
		"unexported field, off": {secret{now}, secret{now.Add(1)}, true},
		"time in a map":         {map[int]secret{1: {now}}, map[int]secret{1: {elsewhere}}, false},
		"time in an interface":  {holder{secret{now}}, holder{secret{elsewhere}}, false},
		"error":                 {fmt.Errorf("a: %w", ErrTest("x")), fmt.Errorf("a: %w", ErrTest("x")), false},
		"other error":           {fmt.Errorf("a: %w", ErrTest("x")), fmt.Errorf("a: %w", ErrTest("y")), true},
		"function":              {holder{func() {}}, holder{func() {}}, true},
		"nil function":          {holder{(func())(nil)}, holder{(func())(nil)}, false},
		"one channel":           {holder{done}, holder{done}, false},
		"two channels":          {holder{done}, holder{make(chan int)}, true},
		"chain":                 {chainOf(900), chainOf(900), false},
		"chain too long":        {chainOf(1100), chainOf(1100), true},
		"chain of other length": {chainOf(10), chainOf(11), true},
		"in itself":             {inItself(), inItself(), true},
		"cycles":                {cycle(), cycle(), true},
		"nested":                {nest(400), nest(400), false},
		"nested too deep":       {nest(1_000_000), nest(1_000_000), true},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.differs, differs(t, 0, c.a, c.b))
			require.Equal(t, c.differs, differs(t, 0, []any{0, c.a}, []any{0, c.b}), "in a list")
			require.Equal(t, c.differs, differs(t, 0, map[string]any{"": c.a}, map[string]any{"": c.b}), "in a map")
		})
	}
}

// ErrTest is an error with a text.
type ErrTest string

func (e ErrTest) Error() string { return string(e) }

func TestComparisonOfStaticTypes(t *testing.T) {
	require.True(t, differs(t, 0, []padded{{1, 2}}, []padded{{2, 2}}))
	require.True(t, differs(t, 0, point{1, 2}, point{2, 2}))
	require.False(t, differs(t, 0, chainOf(3), chainOf(3)))
	require.False(t, differs(t, 0, chainOf(maxDepth), chainOf(maxDepth)))
	require.True(t, differs(t, 0, chainOf(maxDepth+1), chainOf(maxDepth+1)))
	require.True(t, differs(t, 0, *chainOf(3), chain{N: 1, Next: chainOf(2)}))
	require.False(t, differs[error](t, 0, ErrTest("a"), ErrTest("a")))
	require.True(t, differs[error](t, 0, ErrTest("a"), nil))
	require.False(t, differs(t, 0, struct{}{}, struct{}{}))
	require.False(t, differs(t, 0, map[point]chain{{1, 2}: {N: 3}}, map[point]chain{{1, 2}: {N: 3}}))
}

// What lies between and in blank fields is nobody's.
func TestComparisonPassesOverWhatHasNoName(t *testing.T) {
	type raw struct{ A, B int32 }
	reinterpret := func(r raw) blank { return *(*blank)(unsafe.Pointer(&r)) }
	require.False(t, differs(t, 0, reinterpret(raw{1, 2}), reinterpret(raw{1, 3})))
	require.True(t, differs(t, 0, reinterpret(raw{1, 2}), reinterpret(raw{2, 2})))
}

func TestComparisonOfTheSameMemoryIsShort(t *testing.T) {
	c, deep := cycle(), nest(1_000_000)
	require.False(t, differs(t, 0, c, c))
	require.False(t, differs(t, 0, deep, deep))
	m := map[float64]int{math.NaN(): 1}
	require.False(t, differs(t, 0, m, m))
}

// tree has 2^depth paths to its only leaf.
type tree struct{ Left, Right *tree }

func treeOf(depth int) *tree {
	t := &tree{}
	for range depth {
		t = &tree{t, t}
	}
	return t
}

func TestComparisonEndsWhereManyPathsLeadToOneValue(t *testing.T) {
	require.False(t, differs(t, 0, treeOf(10), treeOf(10)))
	require.True(t, differs(t, 0, treeOf(900), treeOf(900)))
	megabyte := strings.Repeat("a", 1<<20)
	list := func() []*string {
		text := strings.Clone(megabyte)
		all := make([]*string, 10_000)
		for i := range all {
			all[i] = &text
		}
		return all
	}
	require.True(t, differs(t, 0, list(), list()), "ten gigabytes were compared")
}

func TestComparisonOfLargeAnswers(t *testing.T) {
	text := strings.Repeat("a", 100<<20)
	require.False(t, differs(t, 0, text, strings.Clone(text)))
	require.True(t, differs(t, 0, text, text[1:]))
	require.False(t, differs(t, 0, make([]float32, 10_000_000), make([]float32, 10_000_000)))
}

func TestComparisonRefuses(t *testing.T) {
	type inner struct{ Callbacks map[string][]func() }
	type outer struct {
		Name string
		In   []*inner
	}
	type recursive struct {
		Next *recursive
		Done chan int
	}
	for want, refuse := range map[string]func() error{
		"outer.In[].Callbacks[][] is a function": func() error { _, err := byContent[outer](0); return err },
		"recursive.Done is a channel":            func() error { _, err := byContent[*recursive](0); return err },
		"map[chan int]bool[key] is a channel":    func() error { _, err := byContent[map[chan int]bool](0); return err },
		"func() is a function":                   func() error { _, err := byContent[func()](0); return err },
	} {
		var problem *ConfigError
		require.ErrorAs(t, refuse(), &problem)
		require.Equal(t, "shadow: Equal: nil, but "+want+" and cannot be compared", problem.Error())
	}
	_, err := (&Config[int, outer]{}).comparison()
	require.Error(t, err)
	_, err = (&Config[int, outer]{Equal: func(outer, outer) bool { return true }}).comparison()
	require.NoError(t, err)
	_, err = (&Config[int, outer]{Distance: func(outer, outer) float64 { return 0 }}).comparison()
	require.NoError(t, err)
}

// Pools outlive a collection; the answers must not.
func TestComparisonKeepsNoAnswer(t *testing.T) {
	compare, err := (&Config[int, *[4096]byte]{}).comparison()
	require.NoError(t, err)
	answer := new([4096]byte)
	compared := weak.Make(answer)
	compare(answer, answer)
	runtime.GC()
	require.Nil(t, compared.Value())
}

func TestComparisonConcurrentSafe(t *testing.T) {
	compare, err := (&Config[int, any]{}).comparison()
	require.NoError(t, err)
	answers := []any{point{1, 2}, []any{1, "a", label("b")}, map[string]any{"a": padded{1, 2}}, chainOf(3), 1.5, nil}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 600 {
				a, b := i%len(answers), i/len(answers)%len(answers)
				if differs, _ := compare(answers[a], answers[b]); differs != (a != b) {
					t.Errorf("answers %d and %d: differs %v", a, b, differs)
				}
			}
		})
	}
	all.Wait()
}
