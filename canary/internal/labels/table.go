// Package labels gives label texts small ids in bounded memory, without a lock.
package labels

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

const (
	slots    = criteria.LabelSlots
	overflow = criteria.MaxLabels - slots
	probes   = 16
	// maxText is how many bytes of a text are kept, for people.
	maxText = 128
)

// Table interns the texts of one label signal. The first sight of a text stores it; every later one is a hash and a look-up. Texts that find no
// place share the ids beyond [criteria.LabelSlots] by their hash. A text keeps its id for the life of the table. Safe for concurrent use;
// the zero value is empty.
type Table struct {
	entries [slots]atomic.Pointer[entry]
}

type entry struct {
	hash uint64
	text string
}

// ID returns the id of a text, below [criteria.MaxLabels].
func (t *Table) ID(text string) uint16 {
	hash := xxhash.Sum64String(text)
	at := (hash >> 32) * slots >> 32
	for range probes {
		e := t.entries[at].Load()
		if e == nil {
			e = t.insert(at, hash, text)
		}
		if e.hash == hash {
			return uint16(at)
		}
		if at++; at == slots {
			at = 0
		}
	}
	return slots + uint16(hash%overflow)
}

// insert returns what lies at the place then: the text, or another that was faster.
func (t *Table) insert(at, hash uint64, text string) *entry {
	e := &entry{hash: hash, text: strings.Clone(text[:min(len(text), maxText)])}
	if t.entries[at].CompareAndSwap(nil, e) {
		return e
	}
	return t.entries[at].Load()
}

// Text is the text of an id, at most 128 bytes of it; ids that many texts share have a name in brackets.
func (t *Table) Text(id uint16) string {
	if id >= slots {
		return fmt.Sprintf("[others %d of %d]", id-slots+1, overflow)
	}
	if e := t.entries[id].Load(); e != nil {
		return e.text
	}
	return fmt.Sprintf("[label %d]", id)
}
