// Package labels gives the texts of labels and slices small ids in bounded memory, without a lock.
package labels

import (
	"fmt"
	"math/bits"
	"strings"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

const (
	slots    = criteria.LabelSlots
	overflow = criteria.MaxLabels - slots
	probes   = 16
	// maxText is how many bytes a text of its own may have.
	maxText = 128
)

// Table interns the texts of one label signal. The first sight of a text stores it; every later one is a look-up that compares the text itself. Texts that find no
// place, or are longer than 128 bytes, share the ids beyond [criteria.LabelSlots] by their hash. A text keeps its id for the life of the table.
// Safe for concurrent use; the zero value is empty.
type Table struct {
	texts [slots]atomic.Pointer[string]
}

// ID returns the id of a text, below [criteria.MaxLabels].
func (t *Table) ID(text string) uint16 {
	if len(text) > maxText {
		return shared(text)
	}
	at := start(text, slots)
	for range probes {
		known := t.texts[at].Load()
		if known == nil {
			known = t.insert(at, text)
		}
		if *known == text {
			return at
		}
		if at++; at == slots {
			at = 0
		}
	}
	return shared(text)
}

// insert returns what lies at the place then: the text, or another that was faster.
func (t *Table) insert(at uint16, text string) *string {
	own := strings.Clone(text)
	if t.texts[at].CompareAndSwap(nil, &own) {
		return &own
	}
	return t.texts[at].Load()
}

// start is where in a table of a size the search for a text begins. It looks at the ends and the length only: texts are compared anyway, and most label sets are small.
func start(text string, size uint64) uint16 {
	var x uint64
	switch n := len(text); {
	case n >= 8:
		x = le64(text) ^ bits.RotateLeft64(le64(text[n-8:]), 29)
	case n > 0:
		x = uint64(text[0]) | uint64(text[n/2])<<16 | uint64(text[n-1])<<32
	}
	x = (x ^ uint64(len(text))) * 0x9e3779b97f4a7c15
	return uint16((x >> 32) * size >> 32)
}

func le64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// shared is the id of a text among those that share ids.
func shared(text string) uint16 { return slots + uint16(xxhash.Sum64String(text)%overflow) }

// Text is the text of an id; ids that many texts share have a name in brackets.
func (t *Table) Text(id uint16) string {
	if id >= slots {
		return fmt.Sprintf("[others %d of %d]", id-slots+1, overflow)
	}
	if text := t.texts[id].Load(); text != nil {
		return *text
	}
	return fmt.Sprintf("[label %d]", id)
}
