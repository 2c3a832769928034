package safejson

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func write(v any) string { return writeWithin(v, 64<<10) }

func writeWithin(v any, limit int) string {
	var w Writer
	w.Value(v, limit)
	return string(w.Buf)
}

type (
	named  string
	nameds []named
	octets []byte
	tagged struct {
		Plain   int
		Renamed int       `json:"renamed"`
		Left    int       `json:"-"`
		Empty   string    `json:",omitempty"`
		Zero    time.Time `json:",omitzero"`
		hidden  int
	}
	// loud has every method that encoders call.
	loud struct{ N int }
)

func (loud) MarshalJSON() ([]byte, error) { panic("called") }
func (loud) MarshalText() ([]byte, error) { panic("called") }
func (loud) String() string               { panic("called") }
func (loud) Error() string                { panic("called") }
func (loud) IsZero() bool                 { panic("called") }

func TestValuesAreWritten(t *testing.T) {
	five := 5
	at := time.Date(2026, 11, 23, 6, 0, 0, 123, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"nil":                 {nil, `null`},
		"typed nil":           {(*int)(nil), `null`},
		"nil map":             {map[string]int(nil), `null`},
		"nil slice":           {[]int(nil), `null`},
		"nil bytes":           {[]byte(nil), `null`},
		"pointer":             {&five, `5`},
		"bool":                {true, `true`},
		"largest int":         {int64(math.MaxInt64), `9223372036854775807`},
		"smallest int":        {int64(math.MinInt64), `-9223372036854775808`},
		"largest uint":        {uint64(math.MaxUint64), `18446744073709551615`},
		"int over 2^53":       {int64(1<<53 + 1), `9007199254740993`},
		"float32":             {float32(0.1), `0.1`},
		"small float":         {1e-7, `1e-07`},
		"denormal":            {math.SmallestNonzeroFloat64, `5e-324`},
		"large float":         {1e300, `1e+300`},
		"NaN":                 {math.NaN(), `"NaN"`},
		"infinity":            {math.Inf(1), `"Infinity"`},
		"negative infinity":   {math.Inf(-1), `"-Infinity"`},
		"negative zero":       {math.Copysign(0, -1), `-0.0`},
		"text":                {named("a"), `"a"`},
		"live text":           {"</script>&\u2028\u2029\x00\x1b[31m\x7f\u0085\u202e\u2066\ufeff\u061c\u200f", `"\u003c/script\u003e\u0026\u2028\u2029\u0000\u001b[31m\u007f\u0085\u202e\u2066\ufeff\u061c\u200f"`},
		"harmless text":       {"ä \u2014 \u200b 語 😀 \ufffd", "\"ä \u2014 \u200b 語 😀 \ufffd\""},
		"line feeds":          {"a\n\r\t\"\\", `"a\n\r\t\"\\"`},
		"not UTF-8":           {"\xff", `{"$base64":"/w=="}`},
		"key not UTF-8":       {map[string]int{"\xff": 1}, "{\"\ufffd\":1}"},
		"bytes":               {[]byte{1, 2}, `{"$base64":"AQI="}`},
		"named bytes":         {octets{1}, `{"$base64":"AQ=="}`},
		"array of bytes":      {[2]byte{1, 2}, `[1,2]`},
		"lists":               {[]any{1, nil, []int{}, [0]int{}, nameds{"x"}}, `[1,null,[],[],["x"]]`},
		"map in order":        {map[string]any{"b": 1, "a": 2}, `{"a":2,"b":1}`},
		"int keys":            {map[int8]int{-1: 1}, `{"-1":1}`},
		"uint keys":           {map[uint8]int{1: 1}, `{"1":1}`},
		"bool keys":           {map[bool]int{true: 1}, `{"true":1}`},
		"float keys":          {map[float64]int{0.5: 1}, `{"0.5":1}`},
		"float32 keys":        {map[float32]int{0.1: 1}, `{"0.1":1}`},
		"any keys":            {map[any]any{"a": 1, 2: 2}, `{"2":2,"a":1}`},
		"struct keys":         {map[[1]int]int{{1}: 1}, `{"$omitted":"map key"}`},
		"nil key":             {map[any]int{nil: 1}, `{"$omitted":"map key"}`},
		"func":                {func() {}, `{"$omitted":"func"}`},
		"chan":                {make(chan int), `{"$omitted":"chan"}`},
		"complex":             {1i, `{"$omitted":"complex128"}`},
		"func in a struct":    {struct{ F func() }{func() {}}, `{"F":{"$omitted":"func"}}`},
		"time":                {at, `"2026-11-23T06:00:00.000000123+01:00"`},
		"pointer to time":     {&at, `"2026-11-23T06:00:00.000000123+01:00"`},
		"time of no calendar": {time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), `"0001-01-01T00:00:00Z"`},
		"duration":            {time.Second, `1000000000`},
		"json":                {json.RawMessage(" { \"a<\" : [ 1 , \"\u2028\\u003c\\\"\" ] } "), `{"a\u003c":[1,"\u2028\u003c\""]}`},
		"json not UTF-8":      {json.RawMessage("\"\xff\""), "\"\ufffd\""},
		"broken json":         {json.RawMessage(`{"a"`), `{"$base64":"eyJhIg=="}`},
		"no json":             {json.RawMessage{}, `{"$base64":""}`},
		"two json values":     {json.RawMessage(`1 2`), `{"$base64":"MSAy"}`},
		"json number":         {json.Number("-0.10e+05"), `-0.10e+05`},
		"broken json number":  {json.Number("1,"), `"1,"`},
		"empty json number":   {json.Number(""), `""`},
		"fields":              {tagged{hidden: 1}, `{"Plain":0,"renamed":0}`},
		"methods":             {[]any{loud{1}, &loud{2}, map[string]error{"e": loud{3}}}, `[{"N":1},{"N":2},{"e":{"N":3}}]`},
		"keys with methods":   {map[loud]int{{1}: 1}, `{"$omitted":"map key"}`},
		"zero with a method": {struct {
			L loud `json:",omitzero"`
		}{}, `{}`},
		"error": {errors.New("secret"), `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := write(c.v)
			require.Equal(t, c.want, got)
			require.True(t, json.Valid([]byte(got)))
		})
	}
}

func TestKeysThatBecomeAlikeAreThereOnce(t *testing.T) {
	require.Equal(t, "{\"\ufffd\":1}", write(map[string]int{"\xff": 1, "\xfe": 1}))
	require.Equal(t, `{"1":2}`, write(map[any]int{1: 2, "1": 2}))
}

type node struct {
	Next *node
	Kids []*node `json:",omitempty"`
}

func TestWhatIsEndlessEnds(t *testing.T) {
	cycle := &node{}
	cycle.Next = cycle
	wide := &node{}
	wide.Kids = []*node{wide, wide, wide}
	self := map[string]any{}
	self["self"] = self
	list := make([]any, 1)
	list[0] = list
	type pointer *pointer
	var p pointer
	p = &p
	var box any
	box = &box
	deep := &node{}
	for range 1_000_000 {
		deep = &node{Next: deep}
	}
	for name, v := range map[string]any{
		"cycle": cycle, "map": self, "list": list, "pointer": p, "interface": box, "deep": deep,
		"json": json.RawMessage(strings.Repeat("[", 5000) + strings.Repeat("]", 5000)),
	} {
		t.Run(name, func(t *testing.T) {
			got := write(v)
			require.Contains(t, got, `{"$omitted":"too deep"}`)
			require.True(t, json.Valid([]byte(got)))
			require.LessOrEqual(t, strings.Count(got, "{"), MaxDepth+2)
		})
	}
	require.Regexp(t, `^\{"\$omitted":"too large","bytes":\d+\}$`, write(wide), "an endless tree is stopped by its size")
}

func TestJSONDepthCountsFromWhereItStands(t *testing.T) {
	raw := json.RawMessage(strings.Repeat("[", 60) + strings.Repeat("]", 60))
	require.NotContains(t, write([]any{[]any{raw}}), "omitted")
	require.Contains(t, write([]any{[]any{[]any{[]any{[]any{raw}}}}}), "too deep")
	brackets := json.RawMessage(`"` + strings.Repeat(`[\"`, 100) + `"`)
	require.NotContains(t, write(brackets), "omitted", "brackets in a text are none")
}

func TestWhatIsLargeCostsNothing(t *testing.T) {
	huge := strings.Repeat("x", 100<<20)
	manyKeys := make(map[int]bool, 100_000)
	for i := range 100_000 {
		manyKeys[i] = true
	}
	longKeys := map[string]int{strings.Repeat("k", 1<<20): 1}
	for name, c := range map[string]struct {
		v     any
		bytes int
	}{
		"text":           {huge, len(huge)},
		"bytes":          {[]byte(huge), len(huge)},
		"in a list":      {[]any{1, huge}, len(huge)},
		"json":           {json.RawMessage(huge), len(huge)},
		"zero-size list": {new([1 << 30]struct{}), 1 << 30},
		"map":            {manyKeys, len(manyKeys)},
		"long key":       {longKeys, 1 << 20},
		"escapes":        {strings.Repeat("<", 60<<10), 60 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			var got struct {
				Omitted string `json:"$omitted"`
				Bytes   int    `json:"bytes"`
			}
			w := Writer{Buf: make([]byte, 0, 512<<10)}
			allocated := testing.AllocsPerRun(1, func() {
				w.Buf = w.Buf[:0]
				w.Value(c.v, 64<<10)
			})
			require.NoError(t, json.Unmarshal(w.Buf, &got))
			require.Equal(t, TooLarge, got.Omitted)
			require.GreaterOrEqual(t, got.Bytes, c.bytes)
			require.Less(t, allocated, 64.0)
		})
	}
}

func TestWhatSaysNothingCostsSteps(t *testing.T) {
	type silent struct {
		A, B, C, D, E, F, G, H int `json:",omitempty"`
	}
	require.Contains(t, write(make([]silent, 20_000)), TooLarge, "each writes three bytes, but takes nine looks")
}

func TestTheLimitIsKept(t *testing.T) {
	text := strings.Repeat("a", 98)
	require.Equal(t, 100, len(writeWithin(text, 100)))
	require.Contains(t, writeWithin(text, 99), TooLarge)
}

func TestItAppends(t *testing.T) {
	w := Writer{Buf: []byte(`{"a":1`)}
	w.Key("b")
	w.Value(strings.Repeat("x", 100), 10)
	w.CloseMap()
	require.JSONEq(t, `{"a":1,"b":{"$omitted":"too large","bytes":100}}`, string(w.Buf))
}

type (
	Inner struct {
		A, B int
		C    int
	}
	Other struct {
		B int
		C int
	}
	Third struct {
		B int `json:"B"`
	}
	small struct{ Small, A int }
	Loop  struct {
		*Loop
		X int
	}
)

func TestFieldsAreThoseOfEncodingJSON(t *testing.T) {
	for name, v := range map[string]any{
		"embedded": struct{ Inner }{Inner{1, 2, 3}},
		"outer wins": struct {
			Inner
			A string
		}{Inner{1, 2, 3}, "x"},
		"conflict": struct {
			Inner
			Other
		}{Inner{1, 2, 3}, Other{4, 5}},
		"tag decides": struct {
			Inner
			Third
		}{Inner{1, 2, 3}, Third{4}},
		"named embedded": struct {
			Inner `json:"inner"`
		}{Inner{1, 2, 3}},
		"unexported embedded": struct {
			small
			Inner
		}{small{1, 2}, Inner{1, 2, 3}},
		"pointer": struct{ *Inner }{&Inner{1, 2, 3}},
		"nil pointer": struct {
			*Inner
			Z int
		}{nil, 1},
		"unexported pointer": struct{ *small }{&small{1, 2}},
		"loop":               Loop{&Loop{nil, 1}, 2},
		"deeper":             struct{ X struct{ Inner } }{struct{ Inner }{Inner{1, 2, 3}}},
		"empty": struct {
			P *int           `json:",omitempty"`
			B bool           `json:",omitempty"`
			M map[string]int `json:"m,omitempty"`
			A [0]int         `json:",omitempty"`
		}{},
		"zero": struct {
			A [2]int    `json:",omitzero"`
			T time.Time `json:"t,omitzero"`
		}{T: time.Time{}.In(time.FixedZone("x", 60))},
		"embedded text": struct{ named }{"x"},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := json.Marshal(v)
			require.NoError(t, err)
			require.Equal(t, string(want), write(v))
		})
	}
}

func TestRandomValuesAreValidAndWhatTheyWere(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		v := randomValue(rng, 5)
		got := []byte(write(v))
		require.True(t, json.Valid(got), "%q", got)
		require.False(t, bytes.ContainsAny(got, "\n\r<>&\x7f\u2028"), "%q", got)
		want, err := json.Marshal(v)
		require.NoError(t, err)
		var back, wanted any
		require.NoError(t, json.Unmarshal(got, &back))
		require.NoError(t, json.Unmarshal(want, &wanted))
		require.Equal(t, wanted, back)
	}
}

// randomValue is one that encoding/json can write too.
func randomValue(rng *rand.Rand, depth int) any {
	if depth == 0 {
		return rng.NormFloat64()
	}
	switch rng.IntN(8) {
	case 0:
		return nil
	case 1:
		return rng.Int64() - math.MaxInt64/2
	case 2:
		return math.Float64frombits(rng.Uint64() &^ (1 << 62)) // finite
	case 3:
		return randomText(rng)
	case 4:
		return rng.IntN(2) == 0
	case 5:
		list := make([]any, rng.IntN(4))
		for i := range list {
			list[i] = randomValue(rng, depth-1)
		}
		return list
	case 6:
		return struct {
			Name  string `json:"name,omitempty"`
			Value any
		}{randomText(rng), randomValue(rng, depth-1)}
	default:
		m := map[string]any{}
		for range rng.IntN(4) {
			m[randomText(rng)] = randomValue(rng, depth-1)
		}
		return m
	}
}

func randomText(rng *rand.Rand) string {
	const odd = "\x00\x1b\n\r\"\\/<>&\x7f\u0085\u061c\u2028\u202e\u2069\ufeff語😀a"
	all := []rune(odd)
	var b strings.Builder
	for range rng.IntN(6) {
		b.WriteRune(all[rng.IntN(len(all))])
	}
	return b.String()
}

func TestClipKeepsRunesWhole(t *testing.T) {
	for _, s := range []string{"", "a", "äöü", "語語語", "😀😀", "\x80\x80\x80\x80\x80\x80\x80"} {
		for max := range 10 {
			got, cut := Clip(s, max)
			require.Equal(t, len(s) > max, cut)
			require.True(t, strings.HasPrefix(s, got))
			require.LessOrEqual(t, len(got), max)
			if utf8.ValidString(s) {
				require.True(t, utf8.ValidString(got), "%q to %d", s, max)
			}
		}
	}
}

func FuzzRaw(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\u003c<",null]}`, "\"\xff\"", `[`, "\"\u2028\\\\\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once := []byte(writeWithin(json.RawMessage(raw), 1<<20))
		if !json.Valid(once) || bytes.ContainsAny(once, "\n<>&\x1b") {
			t.Fatalf("%q became %q", raw, once)
		}
		if twice := writeWithin(json.RawMessage(once), 1<<20); twice != string(once) {
			t.Fatalf("%q became %q and then %q", raw, once, twice)
		}
	})
}
