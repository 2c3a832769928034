package shadow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type verdictOfModel struct {
	Label  string
	Score  float64
	At     time.Time
	Tokens []int32
	Top    *point
}

func answerOfModel() verdictOfModel {
	return verdictOfModel{Label: strings.Clone("positive"), Score: 0.93, At: time.Unix(1, 0), Tokens: make([]int32, 256), Top: &point{1, 2}}
}

func comparing[Out any](tb testing.TB, a, b Out) func() {
	tb.Helper()
	compare, err := (&Config[int, Out]{}).comparison()
	require.NoError(tb, err)
	return func() {
		if differs, _ := compare(a, b); differs {
			tb.Error("equal answers differ")
		}
	}
}

// everyComparison is of equal answers in different memory, which take longest.
func everyComparison(tb testing.TB) map[string]func() {
	tb.Helper()
	text := strings.Repeat("The parcel arrives on Monday. ", 70)
	embedding := make([]float32, 1_536)
	for i := range embedding {
		embedding[i] = rand.Float32()
	}
	return map[string]func(){
		"number":    comparing(tb, 0.25, 0.25),
		"label":     comparing(tb, "positive", strings.Clone("positive")),
		"text 2KB":  comparing(tb, text, strings.Clone(text)),
		"plain":     comparing(tb, point{1, 2}, point{1, 2}),
		"struct":    comparing(tb, answerOfModel(), answerOfModel()),
		"pointer":   comparing(tb, &point{1, 2}, &point{1, 2}),
		"embedding": comparing(tb, embedding, slices.Clone(embedding)),
	}
}

func BenchmarkComparison(b *testing.B) {
	run := func(name string, compare func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compare()
			}
		})
	}
	for name, compare := range everyComparison(b) {
		run(name, compare)
	}
	decoded := func() any {
		return map[string]any{"city": "Rome", "days": 3.0, "tags": []any{"a", "b", true, nil}, "near": map[string]any{"x": 1.0}}
	}
	run("decoded JSON", comparing(b, decoded(), decoded()))
}

func BenchmarkEditDistance(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	alphabet := []rune("abcdefghijklmnopqrstuvwxyz ")
	for _, runes := range []int{20, 1_000, 10_000, maxEditRunes, maxEditRunes + 1} {
		x, y := randomText(r, runes, alphabet), randomText(r, runes, alphabet)
		b.Run(fmt.Sprint(runes), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				EditDistance(x, y)
			}
		})
	}
}

func BenchmarkSameJSON(b *testing.B) {
	item := `{"id": 17, "name": "a name", "price": 12.50, "tags": ["a", "b"]}`
	x := "[" + strings.Repeat(item+", ", 15) + item + "]"
	y := strings.ReplaceAll(x, "12.50", "12.5")
	b.ReportAllocs()
	for b.Loop() {
		SameJSON(x, y)
	}
}

func BenchmarkRankDistance(b *testing.B) {
	x, y := rand.Perm(100), rand.Perm(100)
	b.ReportAllocs()
	for b.Loop() {
		RankDistance(x, y)
	}
}
