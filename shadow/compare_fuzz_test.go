package shadow

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nested is an answer with everything in it.
type nested struct {
	Yes    bool
	small  int8
	Count  uint64
	Score  float64
	weight float32
	phase  complex128
	Text   string
	Bytes  []byte
	At     time.Time
	until  time.Time
	List   []nested
	ByName map[string]*nested
	next   *nested
	Any    any
	Fixed  [3]point
	Scores []float64
	Near   map[point]padded
}

// maker makes answers. Two with the same seed make equal answers in different memory, but for the leaf with number odd, counted from 1, which is another in one that
// has such a number.
type maker struct {
	random *rand.Rand
	leaves int
	odd    int
}

func newMaker(seed uint64, odd int) *maker {
	return &maker{random: rand.New(rand.NewPCG(seed, 1)), odd: odd}
}

// twist is 1 for the odd leaf, otherwise 0.
func (m *maker) twist() int {
	m.leaves++
	if m.leaves == m.odd {
		return 1
	}
	return 0
}

func (m *maker) float() float64 {
	ugly := [...]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 5e-324, math.MaxFloat64, 1, -1, m.random.Float64()}
	i := m.random.IntN(len(ugly))
	if m.twist() == 1 {
		return 77
	}
	return ugly[i]
}

func (m *maker) integer() int { return m.random.IntN(100) + m.twist() }

func (m *maker) text() string {
	ugly := [...]string{"", "a", "\xff", "é", "\x00", strconv.Itoa(m.random.IntN(1_000))}
	i := m.random.IntN(len(ugly))
	return ugly[i] + "!"[:m.twist()]
}

func (m *maker) time() time.Time {
	zones := [...]*time.Location{time.UTC, time.FixedZone("x", 3600)}
	return time.Unix(int64(m.integer()), 0).In(zones[m.random.IntN(2)])
}

// answer is one with at most so many levels below it.
func (m *maker) answer(depth int) nested {
	n := nested{
		Yes: m.twist() == 1, small: int8(m.integer()), Count: uint64(m.integer()), Score: m.float(), weight: float32(m.float()), phase: complex(m.float(), m.float()),
		Text: m.text(), Bytes: []byte(m.text()), At: m.time(), until: m.time(), Fixed: [3]point{{}, {Y: int16(m.integer())}, {}},
		Scores: []float64{m.float(), m.float()}, Near: map[point]padded{{1, 2}: {int8(m.integer()), 4}, {3, 4}: {5, int64(m.integer())}},
	}
	if depth == 0 {
		return n
	}
	for range m.random.IntN(3) {
		n.List = append(n.List, m.answer(depth-1))
	}
	n.ByName = map[string]*nested{"a": nil, "b": m.below(depth)}
	n.next = m.below(depth)
	n.Any = m.anything(depth)
	return n
}

func (m *maker) below(depth int) *nested {
	if m.random.IntN(2) == 0 {
		return nil
	}
	n := m.answer(depth - 1)
	return &n
}

func (m *maker) anything(depth int) any {
	switch m.random.IntN(6) {
	case 0:
		return m.answer(depth - 1)
	case 1:
		return map[string]any{"a": []any{m.text(), nil, m.float()}, "b": m.integer()}
	case 2:
		return [2]string{m.text(), m.text()}
	case 3:
		return m.text()
	case 4:
		return m.time()
	default:
		return m.below(depth)
	}
}

// checkAnswers says that an answer is equal to its copy, whatever the tolerance, and differs from a copy with any one leaf changed.
func checkAnswers(t *testing.T, seed uint64, depth, odd int) {
	t.Helper()
	original := newMaker(seed, 0)
	answer := original.answer(depth)
	compare, err := (&Config[int, nested]{}).comparison()
	require.NoError(t, err)
	for name, c := range map[string]bool{"copy": false, "changed": true} {
		leaf := 0
		if c {
			leaf = 1 + odd%original.leaves
		}
		other := newMaker(seed, leaf).answer(depth)
		there, distance := compare(answer, other)
		back, _ := compare(other, answer)
		require.Equal(t, c, there, "%s of seed %d at leaf %d of %d", name, seed, leaf, original.leaves)
		require.Equal(t, c, back, "%s of seed %d at leaf %d of %d, the other way round", name, seed, leaf, original.leaves)
		require.True(t, math.IsNaN(distance))
	}
	require.False(t, differs(t, 1e-9, answer, newMaker(seed, 0).answer(depth)))
}

func TestComparisonSeesEachLeaf(t *testing.T) {
	for seed := range uint64(20) {
		leaves := newMaker(seed, 0)
		leaves.answer(2)
		for odd := range min(leaves.leaves, 150) {
			checkAnswers(t, seed, 2, odd)
		}
	}
}

func FuzzComparison(f *testing.F) {
	f.Add(uint64(1), uint8(0), uint16(0))
	f.Add(uint64(2), uint8(3), uint16(700))
	f.Fuzz(func(t *testing.T, seed uint64, depth uint8, odd uint16) {
		checkAnswers(t, seed, int(depth%4), int(odd))
	})
}

// Whatever floats are compared, the comparison is symmetric and says no more of two numbers the larger the tolerance.
func FuzzNear(f *testing.F) {
	f.Add(1.0, 1.01, 0.01)
	f.Add(math.MaxFloat64, -math.MaxFloat64, 1.5)
	f.Add(math.Inf(1), math.NaN(), 1.0)
	f.Fuzz(func(t *testing.T, a, b, tolerance float64) {
		tolerance = math.Abs(tolerance)
		require.Equal(t, near(a, b, tolerance), near(b, a, tolerance))
		require.True(t, near(a, a, tolerance))
		if near(a, b, tolerance) {
			require.True(t, near(a, b, 2*tolerance))
		}
		if near(a, b, 0) {
			require.True(t, near(a, b, tolerance))
		}
	})
}
