package rollback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
)

// MaxEvidence is how many bytes of evidence a [File] or a [Memory] keeps: 64 MiB. What a canary keeps is tens of kilobytes, and at most some megabytes where its
// units are many.
const MaxEvidence = 64 << 20

// EvidenceStore is what a [Store] may be beside: it keeps what an epoch has shown so far, so that a restart need not begin anew. A canary asks its Store for it.
// Without it a restart loses the evidence and nothing else: who was rolled back stays out all the same. Implementations are safe for concurrent use.
//
// Evidence is opaque, is replaced as a whole, and may be lost: whoever cannot load it begins anew. So a save is all or nothing, and a load returns all that was
// saved or an error, never a part. It may be large and slow; no call of it may hold up a call of the Store.
type EvidenceStore interface {
	// SaveEvidence replaces the stored evidence by that of an epoch. A nil error means that it is durable; after any other it is unknown which of the two is
	// stored, and the call may be made again. data is not kept. It is for whoever holds the state: load that first, and save nothing once another process may have it.
	SaveEvidence(ctx context.Context, epoch uint64, data []byte) error

	// LoadEvidence returns what was saved last, and the epoch that it is of: an earlier one, perhaps, which the caller ignores. The error is [ErrNoEvidence] if
	// nothing is stored, and wraps [ErrBadEvidence] if what is stored cannot be trusted; the next save makes good for that.
	LoadEvidence(ctx context.Context) (epoch uint64, data []byte, err error)
}

// Why there is no evidence, for errors.Is.
var (
	// ErrNoEvidence means that none is stored.
	ErrNoEvidence = errors.New("rollback: no evidence stored")
	// ErrBadEvidence means that what is stored is damaged, something else, or of a newer release. The evidence begins anew.
	ErrBadEvidence = errors.New("rollback: evidence cannot be used")
	// ErrEvidenceSize means that evidence has more than [MaxEvidence] bytes. Nothing was changed.
	ErrEvidenceSize = errors.New("rollback: too much evidence")
)

var (
	_ EvidenceStore = (*File)(nil)
	_ EvidenceStore = (*Memory)(nil)
)

func checkEvidence(data []byte) error {
	if len(data) > MaxEvidence {
		return fmt.Errorf("%d bytes, at most %d are kept", len(data), MaxEvidence)
	}
	return nil
}

// memoryEvidence is the evidence of a [Memory].
type memoryEvidence struct {
	mu    sync.Mutex
	kept  bool
	epoch uint64
	data  []byte
}

// SaveEvidence keeps a copy of data, at most [MaxEvidence] bytes of it: else the error wraps [ErrEvidenceSize]. Other errors are [ErrClosed] and the context's.
func (m *Memory) SaveEvidence(ctx context.Context, epoch uint64, data []byte) error {
	if err := m.ask(ctx); err != nil {
		return err
	}
	if err := checkEvidence(data); err != nil {
		return fmt.Errorf("%w: %w", ErrEvidenceSize, err)
	}
	m.evidence.mu.Lock()
	defer m.evidence.mu.Unlock()
	m.evidence.kept, m.evidence.epoch, m.evidence.data = true, epoch, bytes.Clone(data)
	return nil
}

// LoadEvidence returns a copy of what is kept, [ErrNoEvidence] if there is none, [ErrClosed], or the context's error.
func (m *Memory) LoadEvidence(ctx context.Context) (epoch uint64, data []byte, err error) {
	if err := m.ask(ctx); err != nil {
		return 0, nil, err
	}
	m.evidence.mu.Lock()
	defer m.evidence.mu.Unlock()
	if !m.evidence.kept {
		return 0, nil, ErrNoEvidence
	}
	return m.evidence.epoch, bytes.Clone(m.evidence.data), nil
}

// ask reports whether the memory is usable; copying evidence does not hold up who wants the state.
func (m *Memory) ask(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usable(ctx)
}
