package rollback

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// fileOf is the content of a file whose slots hold these states.
func fileOf(a, b State) []byte {
	return append(encodeSlot(a), encodeSlot(b)...)
}

func at(revision uint64, s State) State {
	s = s.normal()
	s.Revision = revision
	return s
}

// load opens a file with this content, and returns the disk as it is afterwards.
func load(content []byte) (*disk, State, error) {
	d := diskWith(content)
	found, err := loadOnce(d)
	return d, found, err
}

// The file is small enough to try all of its 65,536 bits.
func TestEveryBitFlip(t *testing.T) {
	t.Parallel()
	require.NoError(t, bitFlips(map[bool]int{true: 61, false: 1}[raceEnabled], sound))
}

// bitFlips turns one bit after the other, in steps: what is opened is right, and mended.
func bitFlips(step int, plant bug) error {
	for name, s := range map[string]State{
		"rolled back": at(7, State{}.Next("v1").Expose(0.25).RollBack(breach)),
		"exposed":     at(7, State{}.Next("v0").RollBack(breach).Next("v1").Expose(0.25)),
	} {
		content := fileOf(s, s)
		for bit := 0; bit < len(content)*8; bit += step {
			d := diskWith(content)
			d.bug = plant
			d.names[simPath].seen[bit/8] ^= 1 << (bit % 8)
			found, err := loadOnce(d)
			if err != nil {
				return fmt.Errorf("%s, bit %d: %w", name, bit, err)
			}
			if !found.Equal(s) {
				return fmt.Errorf("%s, bit %d: opens as %+v", name, bit, found)
			}
			if !readView(&simHandle{disk: d, node: d.names[simPath]}).mirrored() {
				return fmt.Errorf("%s, bit %d: not mended", name, bit)
			}
		}
	}
	return nil
}

func TestOneFlipInEachSlotIsCorrupt(t *testing.T) {
	s := at(7, State{}.Next("v1"))
	for i := range slotSize {
		content := fileOf(s, s)
		content[i] ^= 1
		content[slotSize+(i*31)%slotSize] ^= 128
		_, _, err := load(content)
		require.ErrorIs(t, err, ErrCorrupt)
	}
}

func TestEveryTruncation(t *testing.T) {
	s := at(7, State{}.Next("v1").Expose(0.25).RollBack(breach))
	content := fileOf(s, s)
	for size := range len(content) {
		d, found, err := load(content[:size])
		require.ErrorIs(t, err, ErrCorrupt, size)
		require.True(t, found.Tripped(), size)
		require.Equal(t, size >= slotSize, found.RolledBack("v1"), "a whole slot still shows why, %d", size)
		require.Len(t, d.names[simPath].seen, size, "left alone")
	}
}

func TestDamagedFiles(t *testing.T) {
	clean := State{}.Next("v1").Expose(0.25)
	tripped := clean.RollBack(breach)
	zero := make([]byte, slotSize)
	future := func(s State) []byte { b := encodeSlot(s); b[11] = 2; return seal(b) }
	foreign := bytes.Repeat([]byte("listen = 8080\n"), 1000)

	for _, c := range []struct {
		name    string
		content []byte
		want    error // nil: opens, as state
		state   State
	}{
		{"empty", nil, ErrCorrupt, State{}},
		{"one byte", []byte{0}, ErrCorrupt, State{}},
		{"all zero", make([]byte, fileSize), ErrCorrupt, State{}},
		{"all ones", bytes.Repeat([]byte{255}, fileSize), ErrCorrupt, State{}},
		{"another program's file", foreign, ErrCorrupt, State{}},
		{"another program's file of our size", foreign[:fileSize], ErrCorrupt, State{}},
		{"one byte too long", append(fileOf(at(3, tripped), at(3, tripped)), 0), ErrCorrupt, tripped},
		{"twice as long", bytes.Repeat(fileOf(at(3, clean), at(3, clean)), 2), ErrCorrupt, clean},
		{"moved by one byte", append([]byte{0}, fileOf(at(3, tripped), at(3, tripped))[:fileSize-1]...), ErrCorrupt, State{}},

		{"first slot zero", append(bytes.Clone(zero), encodeSlot(at(3, tripped))...), nil, tripped},
		{"second slot zero", append(encodeSlot(at(3, tripped)), zero...), nil, tripped},
		{"exposed, first slot zero", append(bytes.Clone(zero), encodeSlot(at(3, clean))...), nil, clean},
		{"rollback in the newer slot", fileOf(at(3, clean), at(4, tripped)), nil, tripped},
		{"swapped slots", fileOf(at(4, tripped), at(3, clean)), nil, tripped},
		{"rollback in the older slot, which we never write", fileOf(at(3, tripped), at(4, clean)), nil, tripped},
		{"one generation, two states", fileOf(at(3, clean), at(3, tripped)), nil, tripped},
		{"a newer epoch in the newer slot", fileOf(at(3, tripped), at(4, tripped.Next("v2"))), nil, tripped.Next("v2")},

		{"newer format", append(future(at(3, clean)), future(at(3, clean))...), ErrFutureVersion, State{}},
		{"newer format in one slot", append(encodeSlot(at(3, tripped)), future(at(4, clean))...), ErrFutureVersion, tripped},
		{"newer format, longer file", append(append(future(at(3, clean)), future(at(3, clean))...), zero...), ErrFutureVersion, State{}},
		{"newer format, shorter file", future(at(3, clean)), ErrFutureVersion, State{}},
	} {
		d, found, err := load(c.content)
		require.True(t, c.state.normal().Equal(found.normal()), "%s: %+v", c.name, found)
		if c.want == nil {
			require.NoError(t, err, c.name)
			require.Greater(t, found.Revision, uint64(3), "%s: mended under a new generation", c.name)
			continue
		}
		require.ErrorIs(t, err, c.want, c.name)
		var typed *StateError
		require.ErrorAs(t, err, &typed, c.name)
		require.Equal(t, simPath, typed.Path)

		for _, revision := range []uint64{0, found.Revision} { // nothing automatic gets past it
			next := clean
			next.Revision = revision
			_, err := newSession(d, State{}).f.CompareAndSwap(t.Context(), next)
			require.ErrorIs(t, err, c.want, c.name)
			d.kill()
		}
		require.Equal(t, string(c.content), string(d.names[simPath].seen), "%s: left alone", c.name)
	}
}

func TestReplaceIsThePersonsWayOut(t *testing.T) {
	tripped := at(7, State{}.Next("v1").RollBack(breach))
	newer := encodeSlot(tripped)
	newer[11] = 2
	for name, content := range map[string][]byte{
		"corrupt":      make([]byte, fileSize),
		"truncated":    fileOf(tripped, tripped)[:5000],
		"newer format": append(seal(newer), encodeSlot(tripped)...),
	} {
		d := diskWith(content)
		d.names[simPath+".bad"] = diskWith([]byte("from last year")).names[simPath]
		f := newSession(d, State{}).f
		known, err := f.Load(t.Context())
		require.Error(t, err, name)

		next := known.Next("v2")
		next.Revision = 99 // of no consequence
		saved, err := f.Replace(t.Context(), next)
		require.NoError(t, err, name)
		require.Equal(t, known.Revision+1, saved.Revision, name)
		require.Equal(t, string(content), string(d.names[simPath+".bad"].seen), name)
		require.Len(t, d.names, 2, name)

		saved, err = f.CompareAndSwap(t.Context(), saved.RollBack(breach))
		require.NoError(t, err, "%s: and on it goes", name)
		require.NoError(t, d.eachImage(1<<12, func(image *disk) error {
			found, err := loadOnce(image)
			require.NoError(t, err, name)
			require.True(t, found.Equal(saved), name)
			return nil
		}))
	}
}

func TestReplaceRefusesWhatIsNotDamaged(t *testing.T) {
	f := newSession(newDisk(), State{}).f
	_, err := f.Replace(t.Context(), State{}.Next("v1"))
	require.ErrorIs(t, err, ErrConflict, "no file")

	saved, err := f.CompareAndSwap(t.Context(), State{}.Next("v1").RollBack(breach))
	require.NoError(t, err)
	_, err = f.Replace(t.Context(), saved.Next("v2"))
	require.ErrorIs(t, err, ErrConflict, "a good file")

	found, err := f.Load(t.Context())
	require.NoError(t, err)
	require.True(t, found.Equal(saved))
}
