package main

import (
	"context"
	"sync"
)

// hold makes calls of the candidate hang. The zero value lets them pass. Safe
// for concurrent use.
type hold struct {
	mu      sync.Mutex
	open    chan struct{} // closed when what hangs is let go; nil: nothing hangs
	hanging int           // calls at this moment
	left    bool          // a call did not wait for the end
}

// pass returns at once, or when what hangs is let go, or when ctx ends.
func (h *hold) pass(ctx context.Context) {
	open := h.enter()
	if open == nil {
		return
	}
	select {
	case <-open:
		h.leave(false)
	case <-ctx.Done():
		h.leave(true)
	}
}

func (h *hold) enter() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open != nil {
		h.hanging++
	}
	return h.open
}

func (h *hold) leave(early bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hanging--
	h.left = h.left || early
}

// begin makes calls hang from now on.
func (h *hold) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = make(chan struct{})
	}
}

// end lets them go.
func (h *hold) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open != nil {
		close(h.open)
		h.open = nil
	}
}

// hangs says whether a call hangs at this moment, held whether one that comes
// now would.
func (h *hold) hangs() bool { return h.is(func() bool { return h.hanging > 0 }) }
func (h *hold) held() bool  { return h.is(func() bool { return h.open != nil }) }

// givenUp says whether a call has not waited for the end.
func (h *hold) givenUp() bool { return h.is(func() bool { return h.left }) }

func (h *hold) is(so func() bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return so()
}
