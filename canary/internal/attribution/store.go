package attribution

import (
	"math/bits"
	"unsafe"
)

const (
	chunkBits    = 12
	chunkWindows = 1 << chunkBits
	leastHeads   = 256
	headLoad     = 2 // windows to a head, before there are more heads
)

// store keeps windows in the order of opening and finds them by their key. Positions count windows from 1; the live ones are those from head to tail.
//
// The index is a table of chains, each from the newest window to the oldest. The oldest window of all is the last of its chain: nothing has to be unlinked when it goes,
// for a link to a window that is gone is the end of a chain. Links are the low 32 bits of positions; one so old that it looks live again leads into another
// chain, where no key matches, and as links only ever lead to older windows every walk ends.
type store struct {
	head, tail uint64
	chunks     []chunk // a ring, by position
	ring       int     // how many there may be
	spare      chunk
	taken      int      // chunks, the spare one too
	heads      []uint32 // newest window of each chain
	headShift  uint     // of keys
	signals    int
	stride     int
}

// chunk is the memory of windows, in sizes that the allocator has.
type chunk struct {
	entries *[chunkWindows]entry
	rows    []byte
}

// entry is a window in the index.
type entry struct {
	key    uint64
	opened uint32 // tick, its low bits
	older  uint32 // window in the chain
}

func newStore(cfg Config) store {
	ring := 1 << bits.Len(uint(cfg.MaxOpen>>chunkBits+1)) // those windows lie in at most that and one more
	return store{head: 1, tail: 1, ring: ring, signals: cfg.Signals, stride: stride(cfg.Signals, cfg.Dimensions)}
}

// push adds a window.
func (s *store) push(key uint64, opened uint32) row {
	if n := int(s.tail - s.head); n >= headLoad*len(s.heads) {
		s.index(max(leastHeads, 2*len(s.heads)))
	}
	if s.chunks == nil {
		s.chunks = make([]chunk, s.ring)
	}
	if c := s.chunk(s.tail); c.entries == nil {
		*c = s.take()
	}
	e := s.entry(s.tail)
	e.key, e.opened = key, opened
	s.link(e, s.tail)
	r := s.row(s.tail)
	s.tail++
	return r
}

// oldest is the window at the head: the tick it was opened at, and its row.
func (s *store) oldest() (opened uint32, r row) { return s.entry(s.head).opened, s.row(s.head) }

// pop drops the oldest window.
func (s *store) pop() {
	if s.head++; s.head%chunkWindows == 0 {
		s.give(s.chunk(s.head - 1))
	}
}

// find is the newest window with a key; none without bytes.
func (s *store) find(key uint64) row {
	if len(s.heads) == 0 {
		return row{}
	}
	live, newer := uint32(s.tail-s.head), uint32(0) // how far back windows live, and the walk has come
	for p := s.heads[key>>s.headShift]; ; {
		back := uint32(s.tail) - p
		if back <= newer || back > live {
			return row{}
		}
		e := s.entry(s.tail - uint64(back))
		if e.key == key {
			return s.row(s.tail - uint64(back))
		}
		p, newer = e.older, back
	}
}

// index makes a table of so many heads, a power of two.
func (s *store) index(heads int) {
	s.heads = make([]uint32, heads)
	s.headShift = uint(64 - bits.TrailingZeros(uint(heads)))
	for p := s.head; p < s.tail; p++ {
		s.link(s.entry(p), p)
	}
}

// link puts a window before the others of its chain.
func (s *store) link(e *entry, position uint64) {
	head := &s.heads[e.key>>s.headShift]
	e.older, *head = *head, uint32(position)
}

func (s *store) chunk(position uint64) *chunk {
	return &s.chunks[position>>chunkBits&uint64(len(s.chunks)-1)]
}

func (s *store) entry(position uint64) *entry {
	return &s.chunk(position).entries[position%chunkWindows]
}

func (s *store) row(position uint64) row {
	at := int(position%chunkWindows) * s.stride
	return row{bytes: s.chunk(position).rows[at : at+s.stride : at+s.stride], signals: s.signals}
}

// take is a chunk whose content does not matter.
func (s *store) take() chunk {
	if c := s.spare; c.entries != nil {
		s.spare = chunk{}
		return c
	}
	s.taken++
	return chunk{entries: new([chunkWindows]entry), rows: make([]byte, chunkWindows*s.stride)}
}

// give drops a chunk that is no longer needed, or keeps it for later.
func (s *store) give(c *chunk) {
	if s.spare.entries == nil {
		s.spare = *c
	} else {
		s.taken--
	}
	*c = chunk{}
}

// empty gives all memory back. Nothing may be live.
func (s *store) empty() {
	s.chunks, s.spare, s.taken, s.heads = nil, chunk{}, 0, nil
}

// held is how many bytes of memory are taken.
func (s *store) held() int {
	return s.taken*chunkWindows*(int(unsafe.Sizeof(entry{}))+s.stride) + 4*len(s.heads) + len(s.chunks)*int(unsafe.Sizeof(chunk{}))
}
