package rollback

import (
	"errors"
	"fmt"
	"io"
)

// fileSize is that of every state file: two slots.
const fileSize = 2 * slotSize

// view is what was read of a state file: what each of its two slots holds, or why it holds nothing.
type view struct {
	slots [2]State
	errs  [2]error // nil: the slot is valid
	size  int64
	err   error // of the size
}

// readError marks a slot that the disk did not give, as opposed to one with wrong content.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

func readView(h handle) view {
	var v view
	for i := range v.slots {
		v.slots[i], v.errs[i] = readSlot(h, i)
	}
	if info, err := h.Stat(); err != nil {
		v.err = readError{err}
	} else {
		v.size = info.Size()
	}
	return v
}

func readSlot(h handle, i int) (State, error) {
	b := make([]byte, slotSize)
	n, err := h.ReadAt(b, int64(i)*slotSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return State{}, readError{err}
	}
	return decodeSlot(b[:n])
}

// known is the join of all valid slots. No slot has to be chosen: of what this package writes the newer always contains the older, and
// of anything else the join is the safe side.
func (v view) known() State {
	var s State
	for i, err := range v.errs {
		switch {
		case err != nil:
		case s.Revision == 0:
			s = v.slots[i]
		default:
			s = s.Join(v.slots[i])
		}
	}
	return s
}

// problem returns why the file cannot be gone on with, as a sentinel and what was seen, or nils. One bad slot is no problem: an acknowledged
// state is in both, so the other one holds it, or a later one.
func (v view) problem() (reason, detail error) {
	detail = errors.Join(v.err, v.slotError(0), v.slotError(1))
	var unread readError
	switch {
	case errors.Is(detail, errNewerSlot):
		return ErrFutureVersion, detail
	case v.err != nil:
		return ErrUnwritable, detail
	case v.size != fileSize:
		return ErrCorrupt, fmt.Errorf("%d bytes, want %d", v.size, fileSize)
	case v.errs[0] == nil || v.errs[1] == nil:
		return nil, nil
	case errors.As(detail, &unread):
		return ErrUnwritable, detail
	default:
		return ErrCorrupt, detail
	}
}

func (v view) slotError(i int) error {
	if v.errs[i] == nil {
		return nil
	}
	return fmt.Errorf("slot %d: %w", i, v.errs[i])
}

// mirrored reports whether both slots hold the same, as they do after every write that was acknowledged.
func (v view) mirrored() bool {
	return v.errs[0] == nil && v.errs[1] == nil && v.slots[0].Revision == v.slots[1].Revision && v.slots[0].Equal(v.slots[1])
}
