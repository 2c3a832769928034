package rollback

import (
	"errors"
	"fmt"
	"io"
)

// pair is a state file that is open and locked. It is written in place, one slot after the other, so that
//
//   - there is always one slot on disk that is not being written,
//   - no write needs new disk space,
//   - what was acknowledged is in both slots, and no single damage can bring back what was before it.
type pair struct {
	h       handle
	settled bool    // what an earlier process left unsynced is on disk
	doubt   [2]bool // the last write of this slot failed: reading it shows the page cache, which may not be the disk
	tried   uint64  // the highest generation ever written by this pair, whether it came through or not
}

// commit writes next to both slots under a new generation, the one that can be lost first, and returns it with that revision. If the first
// write fails, the other slot is left as it is, unless insist is set: for a rollback one slot that has it is better than none.
func (p *pair) commit(v view, next State, insist bool) (State, error) {
	p.tried = max(p.tried, v.slots[0].Revision, v.slots[1].Revision) + 1
	next.Revision = p.tried
	b := encodeSlot(next)

	first := p.expendable(v)
	err := p.write(first, b)
	if err == nil || insist {
		err = errors.Join(err, p.write(1-first, b))
	}
	return next, err
}

// write writes one slot and makes it durable. A sync that failed is never made good by a later one, which may succeed because the system has
// given up the data: the slot stays in doubt until all of it was written again.
func (p *pair) write(i int, b []byte) error {
	p.doubt[i] = true
	n, err := p.h.WriteAt(b, int64(i)*slotSize)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err == nil {
		err = p.h.datasync()
	}
	if err != nil {
		return fmt.Errorf("slot %d: %w", i, err)
	}
	p.doubt[i] = false
	return nil
}

// expendable returns the slot whose loss costs least, should the power fail while it is written. Of two good but different slots that is the
// newer one: its sync may have failed in a process that is gone, while the older one was acknowledged.
func (p *pair) expendable(v view) int {
	switch a, b := p.trust(v, 0), p.trust(v, 1); {
	case a != b && a < b:
		return 0
	case a != b:
		return 1
	case v.slots[1].Revision > v.slots[0].Revision:
		return 1
	default:
		return 0
	}
}

func (p *pair) trust(v view, i int) int {
	switch {
	case v.errs[i] != nil:
		return 0
	case p.doubt[i]:
		return 1
	default:
		return 2
	}
}

// whole reports whether nothing has to be mended: both slots are the same, and on disk.
func (p *pair) whole(v view) bool {
	return v.mirrored() && p.doubt == [2]bool{}
}
