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

// Values have a cell each in the order in which they appear, the empty one, too.
func TestCellsAreInOrderOfAppearance(t *testing.T) {
	var c Cells
	values := []string{"", "en", "日本語", strings.Repeat("x", maxText), "a\x00b", "aaaaaaaaXaaaaaaaa", "aaaaaaaaYaaaaaaaa"}
	for i := len(values); i < criteria.SliceSlots; i++ {
		values = append(values, "value-"+strconv.Itoa(i))
	}
	for range 2 {
		for i, v := range values {
			require.EqualValues(t, i, c.Cell(v), "%q", v)
			require.Equal(t, v, c.Text(uint8(i)))
		}
	}
}

// What comes later shares cells by content: in every process alike, whatever came before.
func TestLateValuesShareCells(t *testing.T) {
	full := func(prefix string) *Cells {
		c := new(Cells)
		for i := range criteria.SliceSlots {
			c.Cell(prefix + strconv.Itoa(i))
		}
		return c
	}
	a, b, used := full("a"), full("b"), map[uint8]bool{}
	for i := range 1000 {
		late := "late-" + strconv.Itoa(i)
		cell := a.Cell(late)
		require.GreaterOrEqual(t, cell, uint8(criteria.SliceSlots))
		require.Less(t, cell, uint8(criteria.SliceCells))
		require.Equal(t, cell, b.Cell(late))
		used[cell] = true
	}
	require.Len(t, used, criteria.SliceCells-criteria.SliceSlots)
	require.EqualValues(t, 7, a.Cell("a7"), "a value keeps its cell")
	require.Equal(t, "[others 1 of 8]", a.Text(criteria.SliceSlots))
	require.Equal(t, "[slice 3]", new(Cells).Text(3))
}

// Values that cannot be shown have no cell of their own, however much room there is.
func TestStrangeValuesShareCells(t *testing.T) {
	var c Cells
	for _, v := range []string{"\xff\xfe", "ok\xc3", strings.Repeat("x", maxText+1), strings.Repeat("x", 1<<20)} {
		cell := c.Cell(v)
		require.GreaterOrEqual(t, cell, uint8(criteria.SliceSlots))
		require.Equal(t, cell, c.Cell(strings.Clone(v)))
	}
	require.EqualValues(t, 0, c.Cell("the first"))
}

func TestMemoryOfCellsIsBounded(t *testing.T) {
	var c Cells
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 1_000_000 {
		if cell := c.Cell(strconv.Itoa(i) + "-some-longer-slice-value"); cell >= criteria.SliceCells {
			require.Less(t, cell, uint8(criteria.SliceCells))
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(256<<10))
	require.EqualValues(t, 0, c.Cell("0-some-longer-slice-value"))
}

// Goroutines that meet the same values first, in different orders, agree on their cells, and no value has two: not even the one that gets the last cell while
// another goroutine is looking for it.
func TestCellsConcurrentSafe(t *testing.T) {
	for round := range 500 {
		var c Cells
		var wg sync.WaitGroup
		const goroutines, values = 8, 80
		cells := [goroutines][values]uint8{}
		for g := range cells {
			wg.Go(func() {
				for i := range values {
					v := (i*7 + g*11) % values
					cells[g][v] = c.Cell("value-" + strconv.Itoa(v))
				}
			})
		}
		wg.Wait()
		own := map[string]int{}
		for cell := range uint8(criteria.SliceSlots) {
			own[c.Text(cell)]++
		}
		require.Len(t, own, criteria.SliceSlots, "round %d: a value has two cells", round)
		for g := range cells {
			for v, cell := range cells[g] {
				text := "value-" + strconv.Itoa(v)
				if cell < criteria.SliceSlots {
					require.Equal(t, text, c.Text(cell))
				} else {
					require.Zero(t, own[text], "%s has a cell of its own", text)
				}
			}
		}
	}
}

// Goroutines that enter the same value count it once: the table must not be taken for full while some value is on its way into it.
func TestValuesEnterOnce(t *testing.T) {
	var c Cells
	v := c.intern("value")
	require.Same(t, v, c.intern("value"))
	for range 3 {
		c.enter(v)
		require.EqualValues(t, 1, c.known.Load())
	}
}

func TestKnownValueDoesNotAllocate(t *testing.T) {
	var c Cells
	c.Cell("known")
	require.Zero(t, testing.AllocsPerRun(1000, func() { c.Cell("known") }))
}

func BenchmarkCell(b *testing.B) {
	for _, values := range []int{1, 56, 1000} {
		b.Run(strconv.Itoa(values), func(b *testing.B) {
			var c Cells
			texts := make([]string, values)
			for i := range texts {
				texts[i] = "country-" + strconv.Itoa(i)
				c.Cell(texts[i])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Cell(texts[i%values])
				i++
			}
		})
	}
}
