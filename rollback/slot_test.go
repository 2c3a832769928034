package rollback

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// seal puts the right checksum on a slot that was changed.
func seal(slot []byte) []byte {
	binary.BigEndian.PutUint32(slot[checksumAt:], crc32.Checksum(slot[:checksumAt], castagnoli))
	return slot
}

// fullState is one at all its limits.
func fullState() State {
	s := State{
		Epoch: math.MaxUint64 - 1, Version: strings.Repeat("v", MaxVersion), Stage: Ramping, HighestShare: 1, Revision: math.MaxUint64 - 1,
		Turn: math.MaxUint64, Step: 1, Approved: true, Incumbent: math.MaxUint64, Beacon: Beacon{Lit: math.MaxUint64, Out: math.MaxUint64},
		Hold: Hold{Share: 1, Cause: Cause{Reason: strings.Repeat("h", MaxHoldReason), Actor: strings.Repeat("b", MaxActor), At: breach.At}},
	}
	s.Cause = Cause{Reason: strings.Repeat("r", MaxReason), Actor: strings.Repeat("a", MaxActor), At: breach.At}
	for i := range MaxBarred {
		s.Barred = append(s.Barred, Bar{Epoch: uint64(i + 1), Version: uint64(i)})
	}
	return s.RollBack(s.Cause)
}

func TestSlotRoundTrips(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	states := []State{State{}.normal(), fullState()}
	for range 1_000 {
		states = append(states, anyState(r).normal())
	}
	for _, s := range states {
		s.Revision = max(s.Revision, 1)
		slot := encodeSlot(s)
		require.Len(t, slot, slotSize)
		read, err := decodeSlot(slot)
		require.NoError(t, err)
		require.Equal(t, s, read)
	}
	require.Len(t, appendPayload(nil, fullState()), maxPayload)
}

// The bytes of format version 1 never change: files of earlier releases must open.
func TestSlotFormatIsFixed(t *testing.T) {
	s := State{}.Next("v1").Expose(0.25)
	s.Turn, s.Step, s.Approved, s.Beacon, s.Incumbent = 1, 0.5, true, Beacon{Lit: 3, Out: 1}, 9
	s.Hold = Hold{Share: 0.1, Cause: Cause{Reason: "by hand", Actor: "alice", At: breach.At}}
	s = s.RollBack(breach)
	s.Revision = 3
	const want = "6d63616e61727900" + "00000001" + "0000000000000003" + "000000b3" + // magic, version, generation, length
		"0000000000000001" + "05" + "3fd0000000000000" + "0002" + "7631" + // epoch, stage, share, version
		"0000000000000001" + "3fe0000000000000" + "01" + // turn, step, approved
		"3fb999999999999a" + "0000000069a42a40" + "00000000" + // hold: share, when
		"0007" + "62792068616e64" + "0005" + "616c696365" + // reason, actor
		"0000000000000003" + "0000000000000001" + "0000000000000009" + // beacon, incumbent
		"0000000069a42a40" + "00000000" + // when
		"0029" + "637269746572696f6e206572726f725f726174653a20342e312025206167" + "61696e737420312e302025" + // reason
		"0006" + "6b6565706572" + // actor
		"0001" + "0000000000000001" + "08cf0b07b5709128" // bars
	got := encodeSlot(s)
	length := len(want) / 2
	require.Equal(t, want, hex.EncodeToString(got[:length]))
	require.Equal(t, make([]byte, checksumAt-length), got[length:checksumAt])
	require.Equal(t, "40290ba3", hex.EncodeToString(got[checksumAt:]))
}

func TestSlotRefuses(t *testing.T) {
	sound := State{}.Next("v1").RollBack(breach)
	sound.Revision = 1
	stageAt, shareAt, yesAt, nanosAt := headerSize+8, headerSize+9, headerSize+37, headerSize+94
	for _, c := range []struct {
		name, problem string
		change        func(slot []byte) []byte
	}{
		{"nothing", "0 of 4096 bytes", func([]byte) []byte { return nil }},
		{"half a slot", "2048 of 4096 bytes", func(b []byte) []byte { return b[:2048] }},
		{"too long", "4097 of 4096 bytes", func(b []byte) []byte { return append(b, 0) }},
		{"all zero", "magic", func([]byte) []byte { return make([]byte, slotSize) }},
		{"all ones", "magic", func([]byte) []byte { return bytes.Repeat([]byte{255}, slotSize) }},
		{"another magic", "magic", func(b []byte) []byte { b[0]++; return seal(b) }},
		{"another checksum", "checksum", func(b []byte) []byte { b[checksumAt]++; return b }},
		{"format version 0", "format version 0", func(b []byte) []byte { b[11] = 0; return seal(b) }},
		{"format version 2", "newer format 2", func(b []byte) []byte { b[11] = 2; return seal(b) }},
		{"format version 2, damaged", "checksum", func(b []byte) []byte { b[11] = 2; return b }},
		{"generation 0", "generation 0", func(b []byte) []byte { b[19] = 0; return seal(b) }},
		{"the last generation", "is not one", func(b []byte) []byte { copy(b[12:], bytes.Repeat([]byte{255}, 8)); return seal(b) }},
		{"no payload", "too early", func(b []byte) []byte { copy(b[20:], make([]byte, checksumAt-20)); return seal(b) }},
		{"a payload longer than the slot", "does not fit", func(b []byte) []byte { b[20] = 255; return seal(b) }},
		{"a payload one byte short", "padding", func(b []byte) []byte { b[23]--; return seal(b) }},
		{"a payload one byte long", "too many", func(b []byte) []byte { b[23]++; return seal(b) }},
		{"padding", "padding", func(b []byte) []byte { b[checksumAt-1] = 1; return seal(b) }},
		{"an unknown stage", "normal form", func(b []byte) []byte { b[stageAt] = 6; return seal(b) }},
		{"a clean stage with a cause", "normal form", func(b []byte) []byte { b[stageAt] = 1; return seal(b) }},
		{"a share above 1", "normal form", func(b []byte) []byte { copy(b[shareAt:], []byte{0x40, 0}); return seal(b) }},
		{"a share that is no number", "normal form", func(b []byte) []byte { copy(b[shareAt:], []byte{0x7f, 0xf8}); return seal(b) }},
		{"neither yes nor no", "normal form", func(b []byte) []byte { b[yesAt] = 2; return seal(b) }},
		{"too many nanoseconds", "normal form", func(b []byte) []byte { b[nanosAt] = 255; return seal(b) }},
	} {
		_, err := decodeSlot(c.change(encodeSlot(sound)))
		require.ErrorContains(t, err, c.problem, c.name)
	}
}

func TestSlotRefusesBarsOutOfOrder(t *testing.T) {
	s := State{}.Next("v1")
	s.Revision = 1
	for name, bars := range map[string][]Bar{
		"oldest first": {{1, 1}, {2, 2}},
		"twice":        {{2, 1}, {1, 1}},
		"too many":     make([]Bar, MaxBarred+1),
	} {
		s.Barred = bars
		_, err := decodeSlot(encodeSlot(s))
		require.Error(t, err, name)
	}
}
