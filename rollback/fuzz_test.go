package rollback

import (
	"testing"
)

func FuzzDecodeSlot(f *testing.F) {
	for _, s := range []State{State{}.Next("v1"), State{}.Next("v1").Expose(0.5).RollBack(breach), fullState()} {
		s.Revision = max(s.Revision, 1)
		f.Add(encodeSlot(s), true)
		f.Add(encodeSlot(s)[:100], false)
	}
	f.Add(make([]byte, slotSize), true)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		if sealed { // else the checksum would keep the fuzzer out
			slot := append([]byte(slotMagic), 0, 0, 0, formatVersion)
			slot = append(slot, b[min(len(b), len(slot)):]...)
			b = seal(append(slot, make([]byte, slotSize)...)[:slotSize])
		}
		s, err := decodeSlot(b)
		if err != nil {
			return
		}
		if got := encodeSlot(s); string(got) != string(b) {
			t.Fatalf("what was decoded is encoded differently: %+v", s)
		}
		if !s.Equal(s.normal()) || s.Tripped() != (s.Stage == RolledBack || s.Epoch == 0) {
			t.Fatalf("decoded a state that is not normal: %+v", s)
		}
	})
}
