package bloom

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// filled is a filter with so many random ids.
func filled(words, ids int, seed uint64) (Filter, []uint64) {
	f, r := New(words), rand.New(rand.NewPCG(seed, 1))
	all := make([]uint64, ids)
	for i := range all {
		all[i] = r.Uint64()
		f.Add(all[i])
	}
	return f, all
}

func TestSizes(t *testing.T) {
	for words, want := range map[int]int{-1: LeastWords, 0: LeastWords, LeastWords: LeastWords, 1000: 512, 1024: 1024, math.MaxInt - 1: MostWords} {
		f := New(words)
		require.Equal(t, want*64, f.Bits(), words)
		require.Nil(t, f.Words(), "no memory before the first id")
	}
	require.Equal(t, DefaultWords*64, new(Filter).Bits())
}

func TestNothingIsForgotten(t *testing.T) {
	for _, words := range []int{LeastWords, 4096, DefaultWords} {
		f, ids := filled(words, words*2, 1)
		for _, id := range ids {
			require.True(t, f.Has(id))
			require.False(t, f.Add(id))
		}
		require.Less(t, f.Ones(), f.Bits())
	}
}

// A filter of a quarter of ones takes about one id in 200 for seen, wherever its bits lie.
func TestFewAreTakenForSeen(t *testing.T) {
	for _, words := range []int{LeastWords, 8192, DefaultWords} {
		f := New(words)
		r := rand.New(rand.NewPCG(2, 1))
		for f.Ones() < f.Bits()/4 {
			f.Add(r.Uint64())
		}
		wrong := 0
		for range 100_000 {
			if f.Has(r.Uint64()) {
				wrong++
			}
		}
		require.InDelta(t, 450, wrong, 150, words)
	}
}

func TestMergeIsAUnion(t *testing.T) {
	a, some := filled(1024, 500, 1)
	b, others := filled(1024, 500, 2)
	none := New(1024)
	a.Merge(none.Words())
	none.Merge(a.Words())
	require.Equal(t, a.Ones(), none.Ones())
	a.Merge(b.Words())
	for _, id := range append(some, others...) {
		require.True(t, a.Has(id))
	}
	again := New(1024)
	for _, id := range append(others, some...) {
		again.Add(id)
	}
	require.Equal(t, again, a)
}

func TestResetForgetsAndCopyRemembers(t *testing.T) {
	f, ids := filled(1024, 500, 1)
	var o Filter
	f.CopyTo(&o)
	require.Equal(t, f, o)
	f.Reset()
	require.False(t, f.Has(ids[0]))
	require.Zero(t, f.Ones())
	require.True(t, o.Has(ids[0]))
}

func TestImagesOfAllDensities(t *testing.T) {
	for _, ids := range []int{0, 1, 100, 5000, 20_000} {
		f, _ := filled(1024, ids, 1)
		image := f.AppendBinary([]byte("before"))[len("before"):]
		again := New(1024)
		rest, err := again.Restore(append(image, "behind"...))
		require.NoError(t, err)
		require.Equal(t, "behind", string(rest))
		require.Equal(t, f, again)
		require.LessOrEqual(t, len(image), 1024*8+1)
		require.LessOrEqual(t, len(image), 7*ids+4)
		for n := range min(len(image), 300) {
			untouched := New(1024)
			_, err := untouched.Restore(image[:n])
			require.ErrorIs(t, err, errFilter, n)
			require.Equal(t, New(1024), untouched)
		}
	}
}

// What is read is written in the same way, if in no more bytes.
func FuzzFilter(f *testing.F) {
	for _, ids := range []int{0, 3, 3000} {
		filter, _ := filled(LeastWords, ids, 1)
		f.Add(filter.AppendBinary(nil))
	}
	f.Add([]byte{sparse, 2, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		read, again := New(LeastWords), New(LeastWords)
		rest, err := read.Restore(b)
		if err != nil {
			return
		}
		image := read.AppendBinary(nil)
		if _, err := again.Restore(image); err != nil || !bytes.Equal(again.AppendBinary(nil), image) || again.Ones() != read.Ones() {
			t.Fatalf("%d bytes of %d read: %v", len(b)-len(rest), len(b), err)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	f, id := New(DefaultWords), uint64(0)
	for b.Loop() {
		f.Add(id)
		if id++; id&(1<<20-1) == 0 {
			f.Reset()
		}
	}
}

func BenchmarkHas(b *testing.B) {
	f, _ := filled(DefaultWords, 600_000, 1)
	id := uint64(0)
	for b.Loop() {
		f.Has(id)
		id++
	}
}
