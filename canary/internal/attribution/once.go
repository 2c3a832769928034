package attribution

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/bloom"
)

// OnceConfig says what a [Once] remembers.
type OnceConfig struct {
	// Remember is how long an id is remembered at least, in the caller's time. It is forgotten before twice that.
	Remember time.Duration
	// Bytes is the size of each of the two generations: a power of two from 4 KiB to 1 GiB, the next lower one if it is none. 0 stands for 1 MiB.
	Bytes int
}

// Once knows ids that have come before, in fixed memory: two generations of a filter. Ids go into the younger one, which becomes the older one after Remember and is
// forgotten after as long again. The memory of a generation is taken when its first id comes.
//
// A generation has room for some 630,000 ids to the MiB. Of new ids at most one in 200 is taken for known by a full generation, one in 100 by two, far fewer by
// emptier ones. A full one takes no further ids, and refuses all it does not know: rather too little is counted than anything twice.
type Once struct {
	remember       time.Duration
	since          time.Duration // the younger generation began then
	younger, older bloom.Filter
	refused        uint64
}

// fullness is the part of ones, in percent, at which a generation is full.
const fullness = 26

var errOnce = errors.New("attribution: what was counted cannot be read")

// NewOnce returns one that knows nothing.
func NewOnce(cfg OnceConfig) *Once {
	if cfg.Bytes == 0 {
		cfg.Bytes = bloom.DefaultWords * 8
	}
	return &Once{remember: max(cfg.Remember, 1), younger: bloom.New(cfg.Bytes / 8), older: bloom.New(cfg.Bytes / 8)}
}

// Add adds an id. fresh says that it is new, and was added: the only case in which anything may be counted. room says that it would have been added if it were new.
func (o *Once) Add(id uint64, now time.Duration) (fresh, room bool) {
	o.age(now)
	if o.older.Has(id) {
		return false, true
	}
	if o.full() {
		known := o.younger.Has(id)
		if !known {
			o.refused++
		}
		return false, known
	}
	return o.younger.Add(id), true
}

// Refused is how many ids found no room.
func (o *Once) Refused() uint64 { return o.refused }

// Merge adds what another one of the same size knows, another replica's, say. Ids are remembered as long as there, or longer. Both go by the same time. The younger
// generation may be full by that.
func (o *Once) Merge(other *Once, now time.Duration) error {
	if o.younger.Bits() != other.younger.Bits() {
		return fmt.Errorf("attribution: once of %d bytes cannot be merged with one of %d", other.younger.Bits()/8, o.younger.Bits()/8)
	}
	o.age(now)
	other.age(now)
	older := &o.older
	if other.since > o.since { // they have to be remembered for longer than our older ones
		older = &o.younger
	}
	older.Merge(other.older.Words())
	o.younger.Merge(other.younger.Words())
	return nil
}

// AppendBinary appends what is known, for another process: four to seven bytes an id, and no more than both generations.
func (o *Once) AppendBinary(b []byte, now time.Duration) []byte {
	o.age(now)
	b = binary.AppendUvarint(b, uint64(o.younger.Bits()))
	b = binary.AppendUvarint(b, uint64(max(0, now-o.since)))
	b = binary.AppendUvarint(b, o.refused)
	return o.older.AppendBinary(o.younger.AppendBinary(b))
}

// Restore makes one that is new what AppendBinary wrote, and returns the bytes behind it. Both must be of the same size. now is the time here: what is known is as old
// as it was. It takes whatever bytes come; nothing is changed on an error.
func (o *Once) Restore(data []byte, now time.Duration) (rest []byte, err error) {
	r := reader{b: data}
	read := *o
	r.check(r.uint() == uint64(o.younger.Bits()))
	read.since = now - time.Duration(r.upTo(math.MaxInt64/2))
	read.refused = r.uint()
	if r.failed {
		return nil, fmt.Errorf("%w: %d bytes, %d of them good", errOnce, len(data), len(data)-len(r.b))
	}
	if rest, err = read.younger.Restore(r.b); err == nil {
		rest, err = read.older.Restore(rest)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errOnce, err)
	}
	*o = read
	return rest, nil
}

// age ends the younger generation when its time is up.
func (o *Once) age(now time.Duration) {
	switch old := now - o.since; {
	case old < o.remember:
		return
	case old < 2*o.remember:
		o.since += o.remember
	default:
		o.younger.Reset()
		o.since = now
	}
	o.older, o.younger = o.younger, o.older
	o.younger.Reset()
}

// full says that the younger generation takes no further ids.
func (o *Once) full() bool { return o.younger.Ones() > o.younger.Bits()/100*fullness }
