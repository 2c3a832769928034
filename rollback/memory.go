package rollback

import (
	"context"
	"sync"
)

// Memory is a [Store] that forgets everything when the process ends: for tests, and for those who accept that a restart forgets a rollback.
// It behaves like a [File] in all else. Safe for concurrent use.
type Memory struct {
	mu     sync.Mutex
	stored State // Revision 0: nothing yet
	closed bool

	evidence memoryEvidence
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{}
}

// Load returns the stored state, [ErrNoState] if there is none, or the context's error.
func (m *Memory) Load(ctx context.Context) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return State{}, err
	}
	if m.stored.Revision == 0 {
		return State{}, ErrNoState
	}
	return m.stored.normal(), nil
}

// CompareAndSwap stores the join of the stored state and next if the stored revision is next.Revision, else it returns [ErrConflict].
func (m *Memory) CompareAndSwap(ctx context.Context, next State) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return State{}, err
	}
	if next.Revision != m.stored.Revision {
		return State{}, ErrConflict
	}
	m.stored = m.stored.Join(next)
	m.stored.Revision++
	return m.stored.normal(), nil
}

// Close makes every later call return [ErrClosed]. It may be called again.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func (m *Memory) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.closed {
		return ErrClosed
	}
	return nil
}
