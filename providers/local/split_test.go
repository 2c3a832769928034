package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
	"github.com/twmb/murmur3"

	"github.com/modelcanary/go-sdk/providers/local"
)

// goldenGroup is one flag of testdata/fractional.json with flagd's answers.
type goldenGroup struct {
	Name       string          `json:"name"`
	Flag       string          `json:"flag"`
	Fractional json.RawMessage `json:"fractional"`
	Answers    []struct {
		Context map[string]any `json:"context"`
		Variant string         `json:"variant"`
	} `json:"answers"`
}

func (g goldenGroup) document(t *testing.T) []byte {
	variants := map[string]string{"a": "A", "b": "B", "c": "C", "wild": "W"}
	for i := range 16 {
		variants[fmt.Sprintf("v%d", i)] = strconv.Itoa(i)
	}
	document, err := json.Marshal(map[string]any{"flags": map[string]any{g.Flag: map[string]any{
		"state": "ENABLED", "variants": variants, "defaultVariant": "wild",
		"targeting": map[string]any{"fractional": g.Fractional},
	}}})
	require.NoError(t, err)
	return document
}

func TestFractionalAgreesWithFlagd(t *testing.T) {
	data, err := os.ReadFile("testdata/fractional.json")
	require.NoError(t, err)
	var groups []goldenGroup
	require.NoError(t, json.Unmarshal(data, &groups))
	answers := 0
	for _, g := range groups {
		t.Run(g.Name, func(t *testing.T) {
			p, err := local.Parse(g.document(t))
			require.NoError(t, err)
			for _, a := range g.Answers {
				got := p.StringEvaluation(context.Background(), g.Flag, "caller", a.Context)
				want := openfeature.SplitReason
				if a.Variant == "wild" {
					want = openfeature.DefaultReason
				}
				require.Equal(t, a.Variant, got.Variant, a.Context)
				require.Equal(t, want, got.Reason, a.Context)
				answers++
			}
		})
	}
	require.Equal(t, 673, answers)
}

func TestHashIsMurmur3(t *testing.T) {
	published := map[string]uint32{
		"":             0,
		"hello":        0x248bfa47,
		"hello, world": 0x149bbb7f,
		"The quick brown fox jumps over the lazy dog": 0x2e4ff723,
	}
	for text, want := range published {
		require.Equal(t, want, murmur3.Sum32([]byte(text)), text)
		require.Equal(t, want, murmur3ByDefinition([]byte(text)), text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text := make([]byte, random.IntN(40))
		for i := range text {
			text[i] = byte(random.Uint32())
		}
		require.Equal(t, murmur3ByDefinition(text), murmur3.Sum32(text), "%x", text)
	}
}

// murmur3ByDefinition is MurmurHash3_x86_32 with seed 0, as published.
func murmur3ByDefinition(data []byte) uint32 {
	mix := func(k uint32) uint32 { return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593 }
	var h, tail uint32
	for i := range len(data) / 4 {
		b := data[4*i:]
		h ^= mix(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	for i, b := range data[len(data)/4*4:] {
		tail |= uint32(b) << (8 * i)
	}
	h ^= mix(tail) ^ uint32(len(data))
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

func TestBucketIsFloorOfHashTimesSumBy2To32(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	edges := []uint32{0, 1, 1<<31 - 1, 1 << 31, 1<<32 - 1}
	for round := range 2000 {
		weights := make([]uint64, 1+random.IntN(5))
		sum := new(big.Int)
		for i := range weights {
			weights[i] = uint64(random.IntN(1 << (1 + random.IntN(28))))
			sum.Add(sum, new(big.Int).SetUint64(weights[i]))
		}
		hash := random.Uint32()
		if round < len(edges) {
			hash = edges[round]
		}
		point := new(big.Int).Mul(big.NewInt(int64(hash)), sum)
		point.Rsh(point, 32)
		want, end := -1, new(big.Int)
		for i, w := range weights {
			if end.Add(end, new(big.Int).SetUint64(w)); want < 0 && point.Cmp(end) < 0 {
				want = i
			}
		}
		require.Equal(t, want, local.At(hash, weights...), "hash %d weights %v", hash, weights)
	}
}

func TestLargestHashAndWeightsDoNotOverflow(t *testing.T) {
	require.Equal(t, 1, local.At(1<<32-1, 1<<31-2, 1))
	require.Equal(t, 0, local.At(0, 1<<31-2, 1))
}

func TestSharesAreThoseOfTheWeights(t *testing.T) {
	const keys = 20000
	p, err := local.Parse([]byte(`{"flags": {"arm": {"state": "ENABLED", "variants": {"stable": "s", "candidate": "c"}, "defaultVariant": "stable",
		"targeting": {"fractional": [["candidate", 10], ["stable", 90]]}}}}`))
	require.NoError(t, err)
	candidates := 0
	for i := range keys {
		key := openfeature.FlattenedContext{openfeature.TargetingKey: fmt.Sprintf("user-%d", i)}
		if p.StringEvaluation(context.Background(), "arm", "", key).Value == "c" {
			candidates++
		}
	}
	require.InDelta(t, keys/10, candidates, 4*42) // four standard deviations; the keys are fixed, so the count is too
}

func TestBucketingValuesOfOtherGoTypes(t *testing.T) {
	type id string
	document := func(first string) []byte {
		return []byte(`{"flags": {"arm": {"state": "ENABLED", "variants": {"a": "a", "b": "b", "wild": "wild"}, "defaultVariant": "wild",
			"targeting": {"fractional": [` + first + `, ["a", 1], ["b", 1]]}}}}`)
	}
	bucketOf := func(first string, attribute any) string {
		p, err := local.Parse(document(first))
		require.NoError(t, err)
		flat := openfeature.FlattenedContext{"x": attribute}
		return p.StringEvaluation(context.Background(), "arm", "", flat).Variant
	}
	text := func(s string) string { return bucketOf(`"`+s+`"`, nil) }
	const alone, cat = `{"var": "x"}`, `{"cat": ["id-", {"var": "x"}]}`

	for i := range 20 { // enough to tell texts apart
		s := fmt.Sprintf("u%d", i)
		require.Equal(t, text(s), bucketOf(alone, id(s)), "a named string is text")
		require.Equal(t, text("id-"+s), bucketOf(cat, id(s)))
		require.Equal(t, text(fmt.Sprint("id-", i)), bucketOf(cat, int32(i)), "a number is decimal")
		require.Equal(t, text(fmt.Sprint("id-", i)), bucketOf(cat, uint8(i)))
		require.Equal(t, text(fmt.Sprint("id-", float64(i)/4)), bucketOf(cat, float32(i)/4))
		require.Equal(t, "wild", bucketOf(alone, i), "a number alone is not text")
	}
	for _, odd := range []any{true, []any{"a"}, map[string]any{"a": 1}, struct{}{}, 1i, math.NaN(), math.Inf(1)} {
		require.Equal(t, "wild", bucketOf(alone, odd), "%v", odd)
		require.Equal(t, "wild", bucketOf(cat, odd), "%v", odd)
	}
}
