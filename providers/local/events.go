package local

import (
	"slices"
	"sync"

	"github.com/open-feature/go-sdk/openfeature"
)

// maxChangedKeys bounds the keys that wait unread. It exceeds what two files of the largest size can name.
const maxChangedKeys = 1 << 16

// mailbox holds what the SDK has not read yet: at most one change, with all keys merged, and one state, the latest.
// A writer takes unread events back, merges its own and puts them in again, so it never blocks and needs no goroutine.
// The zero value is empty and ready.
type mailbox struct {
	mu sync.Mutex // held by writers; the one reader, the SDK, takes no lock
	ch chan openfeature.Event
}

func (m *mailbox) channel() chan openfeature.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open()
}

// changed adds a change of these keys, which are sorted. No keys, no event.
func (m *mailbox) changed(keys []string) {
	if len(keys) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	change, state := m.take()
	m.put(merge(change, keys), state)
}

// state replaces the state that waits, if any, by a newer one.
func (m *mailbox) state(t openfeature.EventType, message string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change, _ := m.take()
	state := newEvent(t, message)
	m.put(change, &state)
}

// forgetState drops a state that nobody read; after a shutdown it would contradict the next start.
func (m *mailbox) forgetState() {
	m.mu.Lock()
	defer m.mu.Unlock()
	change, _ := m.take()
	m.put(change, nil)
}

func (m *mailbox) open() chan openfeature.Event {
	if m.ch == nil {
		m.ch = make(chan openfeature.Event, 2)
	}
	return m.ch
}

// take empties the channel. Writers hold the lock, so nothing comes in meanwhile.
func (m *mailbox) take() (change, state *openfeature.Event) {
	for {
		select {
		case e := <-m.open():
			if e.EventType == openfeature.ProviderConfigChange {
				change = &e
			} else {
				state = &e
			}
		default:
			return change, state
		}
	}
}

// put fills the channel that take emptied; two events always fit.
func (m *mailbox) put(events ...*openfeature.Event) {
	for _, e := range events {
		if e != nil {
			m.ch <- *e
		}
	}
}

// merge adds keys to a change, which may be nil. A change without keys already says that anything may have changed.
func merge(change *openfeature.Event, keys []string) *openfeature.Event {
	e := newEvent(openfeature.ProviderConfigChange, "flags changed")
	switch {
	case change == nil:
		e.FlagChanges = slices.Clone(keys)
	case len(change.FlagChanges) > 0:
		e.FlagChanges = slices.Concat(change.FlagChanges, keys)
		slices.Sort(e.FlagChanges)
		e.FlagChanges = slices.Compact(e.FlagChanges)
	}
	if len(e.FlagChanges) > maxChangedKeys {
		e.FlagChanges = nil
	}
	return &e
}

func newEvent(t openfeature.EventType, message string) openfeature.Event {
	return openfeature.Event{
		ProviderName:         providerName,
		EventType:            t,
		ProviderEventDetails: openfeature.ProviderEventDetails{Message: message},
	}
}
