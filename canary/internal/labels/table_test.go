package labels

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
)

func TestIDsAreStable(t *testing.T) {
	var table Table
	ids := map[string]uint16{}
	seen := map[uint16]string{}
	texts := []string{"", "en", "de", "日本語", "\xff\xfe", "a\x00b", strings.Repeat("x", maxText), "aaaaaaaaX", "aaaaaaaaY"}
	for i := range 40 {
		texts = append(texts, "label-"+strconv.Itoa(i))
	}
	for range 3 {
		for _, text := range texts {
			id := table.ID(text)
			if was, ok := ids[text]; ok {
				require.Equal(t, was, id)
				continue
			}
			ids[text] = id
			require.Less(t, id, uint16(criteria.LabelSlots))
			require.Empty(t, seen[id], "two texts, one id")
			seen[id] = "taken by " + text
			want := text[:min(len(text), maxText)]
			require.Equal(t, want, table.Text(id))
		}
	}
}

func TestLongTextsShareIDs(t *testing.T) {
	var table Table
	long := strings.Repeat("x", 1<<20)
	id := table.ID(long)
	require.GreaterOrEqual(t, id, uint16(criteria.LabelSlots))
	require.Less(t, id, uint16(criteria.MaxLabels))
	require.Equal(t, id, table.ID(strings.Clone(long)))
	require.Contains(t, table.Text(id), "others")
}

func TestMemoryIsBounded(t *testing.T) {
	var table Table
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 1_000_000 {
		require.Less(t, table.ID(strconv.Itoa(i)+"-some-longer-label-text"), uint16(criteria.MaxLabels))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(256<<10))
	require.Contains(t, table.Text(criteria.MaxLabels-1), "others")
	require.Equal(t, table.ID("999999-some-longer-label-text"), table.ID("999999-some-longer-label-text"))
}

func TestConcurrentSafe(t *testing.T) {
	var table Table
	var wg sync.WaitGroup
	ids := make([][]uint16, 8)
	for g := range ids {
		wg.Go(func() {
			for i := range 5_000 {
				ids[g] = append(ids[g], table.ID(strconv.Itoa(i%400)))
			}
		})
	}
	wg.Wait()
	for g := range ids {
		require.Equal(t, ids[0], ids[g], "every goroutine sees the same ids")
	}
}

func TestKnownTextDoesNotAllocate(t *testing.T) {
	var table Table
	table.ID("known")
	require.Zero(t, testing.AllocsPerRun(1000, func() { table.ID("known") }))
}

func TestTextOfAnUnusedID(t *testing.T) {
	var table Table
	require.Equal(t, "[label 3]", table.Text(3))
}

func BenchmarkID(b *testing.B) {
	var table Table
	b.ReportAllocs()
	for b.Loop() {
		table.ID("language-de")
	}
}
