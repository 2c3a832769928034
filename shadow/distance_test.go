package shadow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// slowLevenshtein is the definition, row by row.
func slowLevenshtein(a, b []symbol) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			replace := diagonal
			if x != y {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func slowEditDistance(a, b string) float64 {
	x, y := symbols(a, 0), symbols(b, 0)
	if len(x) == 0 && len(y) == 0 {
		return 0
	}
	return float64(slowLevenshtein(x, y)) / float64(max(len(x), len(y)))
}

func TestEditDistance(t *testing.T) {
	long := strings.Repeat("ab", 40_000)
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"", "", 0},
		{"", "abc", 1},
		{"abc", "abc", 0},
		{"abc", "xyz", 1},
		{"kitten", "sitting", 3.0 / 7},
		{"flaw", "lawn", 2.0 / 4},
		{"über", "uber", 1.0 / 4},
		{"日本語", "日本", 1.0 / 3},
		{"a\xffb", "a\xfeb", 1.0 / 3},
		{"\xff", "\ufffd", 1},
		{"\xc3\xa9", "\xc3", 1},
		{"\xc3\x28", "(", 1.0 / 2},
		{strings.Repeat("a", 64), strings.Repeat("a", 65), 1.0 / 65},
		{strings.Repeat("a", 129), "b" + strings.Repeat("a", 127) + "b", 2.0 / 129},
		{"x" + long, long + "y", 1.0 / 80_001},
		{long, "ba" + long[2:], 1.0 / 80_000},
		{long, long[:79_000], 1_000.0 / 80_000},
		{long, strings.Repeat("é", 80_000), 1},
		{long, strings.Repeat("\xff", 40_000), 1},
	} {
		require.InDelta(t, c.want, EditDistance(c.a, c.b), 1e-12, "%.20q %.20q", c.a, c.b)
		require.InDelta(t, c.want, EditDistance(c.b, c.a), 1e-12, "%.20q %.20q", c.b, c.a)
	}
}

// The longest texts that are measured exactly are, those one rune longer get a bound.
func TestEditDistanceIsExactUpToItsLimit(t *testing.T) {
	rotated := func(length int) (a, b string) {
		a = strings.Repeat("0123456789", length/10+1)[:length]
		return a, "9" + a[:length-1]
	}
	a, b := rotated(maxEditRunes)
	exact := EditDistance(a, b) * maxEditRunes
	require.InDelta(t, 2, exact, 1e-9)
	a, b = rotated(maxEditRunes + 1)
	require.InDelta(t, 1, EditDistance(a, b)*(maxEditRunes+1), 1e-9)
}

func randomText(r *rand.Rand, length int, alphabet []rune) string {
	text := make([]rune, length)
	for i := range text {
		text[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(text)
}

func TestEditDistanceIsThatOfTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabets := [][]rune{[]rune("ab"), []rune("abcdefghijklmnopqrstuvwxyz "), []rune("aé日本語🙂")}
	for i := range 600 {
		alphabet := alphabets[i%len(alphabets)]
		a, b := randomText(r, r.IntN(200), alphabet), randomText(r, r.IntN(200), alphabet)
		require.InDelta(t, slowEditDistance(a, b), EditDistance(a, b), 1e-12, "%q %q", a, b)
	}
}

func TestEditDistanceOfEditedTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		a := randomText(r, 500, []rune("abc"))
		b := []rune(a)
		edits := r.IntN(40)
		for range edits {
			at := r.IntN(len(b))
			switch r.IntN(3) {
			case 0:
				b[at] = 'd'
			case 1:
				b = append(b[:at], b[at+1:]...)
			default:
				b = append(b[:at:at], append([]rune{'e'}, b[at:]...)...)
			}
		}
		got := EditDistance(a, string(b)) * float64(max(500, len(b)))
		require.LessOrEqual(t, got, float64(edits)+1e-9)
		require.InDelta(t, slowLevenshtein(symbols(a, 0), symbols(string(b), 0)), got, 1e-9)
	}
}

func FuzzEditDistance(f *testing.F) {
	f.Add("kitten", "sitting", "mitten")
	f.Add("", "\xff", "\ufffd")
	f.Add(strings.Repeat("ab", 70), strings.Repeat("ba", 70), "日本語")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if max(len(a), len(b), len(c)) > 2_000 {
			return
		}
		distance := EditDistance(a, b)
		require.InDelta(t, slowEditDistance(a, b), distance, 1e-12)
		require.Equal(t, distance, EditDistance(b, a))
		require.Equal(t, a == b, distance == 0)
		require.LessOrEqual(t, distance, 1.0)
		require.GreaterOrEqual(t, distance, LengthDistance(a, b))

		x, y, z := symbols(a, 0), symbols(b, 0), symbols(c, 0)
		require.LessOrEqual(t, levenshtein(x, z), levenshtein(x, y)+levenshtein(y, z))
		require.LessOrEqual(t, bagDistance(a, b), levenshtein(x, y))
		require.Len(t, x, utf8.RuneCountInString(a))
	})
}

func TestLengthDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"", "", 0},
		{"", "a", 1},
		{"abcd", "x", 0.75},
		{"éé", "ab", 0},
		{"\xff\xff", "a", 0.5},
	} {
		require.Equal(t, c.want, LengthDistance(c.a, c.b))
		require.Equal(t, c.want, LengthDistance(c.b, c.a))
	}
}

func distanceOf[Out any](t *testing.T, a, b Out) string {
	t.Helper()
	there, back := defaultDistance[Out]()(a, b), defaultDistance[Out]()(b, a)
	require.Equal(t, fmt.Sprint(there), fmt.Sprint(back), "distance is not symmetric")
	return fmt.Sprint(there)
}

func TestDefaultDistance(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	long := strings.Repeat("a", maxDefaultEdit)
	type score float32
	type scores []score
	for name, c := range map[string]struct{ got, want string }{
		"floats":               {distanceOf(t, 1.5, -1), "2.5"},
		"NaN":                  {distanceOf(t, nan, nan), "0"},
		"NaN and a number":     {distanceOf(t, nan, 1), "NaN"},
		"infinity":             {distanceOf(t, inf, inf), "0"},
		"infinities":           {distanceOf(t, inf, -inf), "+Inf"},
		"zeros":                {distanceOf(t, 0, math.Copysign(0, -1)), "0"},
		"beyond float32":       {distanceOf[float32](t, math.MaxFloat32, -math.MaxFloat32), fmt.Sprint(2 * math.MaxFloat32)},
		"int8":                 {distanceOf[int8](t, -128, 127), "255"},
		"int64":                {distanceOf[int64](t, math.MinInt64, math.MaxInt64), fmt.Sprint(float64(math.MaxUint64))},
		"large integers":       {distanceOf[int64](t, 1<<60, 1<<60+1), "1"},
		"uint8":                {distanceOf[uint8](t, 3, 250), "247"},
		"complex":              {distanceOf(t, 1+1i, 4+5i), "5"},
		"texts":                {distanceOf(t, "abcd", "abcx"), "0.25"},
		"named text":           {distanceOf(t, label("ab"), label("b")), "0.5"},
		"longest text":         {distanceOf(t, long, long[1:]+"b"), fmt.Sprint(1.0 / maxDefaultEdit)},
		"longer texts":         {distanceOf(t, long+"a", long+"b"), "NaN"},
		"the same longer text": {distanceOf(t, long+"a", long+"a"), "0"},
		"list":                 {distanceOf(t, []float64{1, 2, 3, 4}, []float64{1, 2, 3, 8}), "2"},
		"list of one":          {distanceOf(t, []float64{1}, []float64{4}), "3"},
		"named list":           {distanceOf(t, scores{1, 1}, scores{2, 0}), "1"},
		"array":                {distanceOf(t, [2]int{0, 0}, [2]int{5, 5}), "5"},
		"list of other length": {distanceOf(t, []float64{1}, []float64{1, 2}), "NaN"},
		"empty lists":          {distanceOf(t, []float64{}, nil), "0"},
		"list with NaN":        {distanceOf(t, []float64{nan, 1}, []float64{nan, 1}), "0"},
		"list with one NaN":    {distanceOf(t, []float64{nan, 1}, []float64{2, 1}), "NaN"},
		"list with infinity":   {distanceOf(t, []float64{inf, 1}, []float64{2, 1}), "+Inf"},
		"squares overflow":     {distanceOf(t, []float64{1e300, 0}, []float64{-1e300, 0}), fmt.Sprint(2e300 * math.Sqrt(0.5))},
		"squares underflow":    {distanceOf(t, []float64{1e-300, 1e-300}, []float64{0, 0}), "1e-300"},
		"bytes":                {distanceOf(t, []byte("a"), []byte("a")), "NaN"},
		"code":                 {distanceOf(t, [2]byte{}, [2]byte{}), "NaN"},
		"list of texts":        {distanceOf(t, []string{"a"}, []string{"a"}), "NaN"},
		"array of texts":       {distanceOf(t, [1]string{"a"}, [1]string{"a"}), "NaN"},
		"struct":               {distanceOf(t, point{}, point{}), "NaN"},
		"bool":                 {distanceOf(t, true, true), "NaN"},
		"interface":            {distanceOf[any](t, 1, 1), "NaN"},
		"function":             {distanceOf[func()](t, nil, nil), "NaN"},
	} {
		require.Equal(t, c.want, c.got, name)
	}
}
