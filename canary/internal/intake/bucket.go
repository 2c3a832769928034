package intake

import (
	"math"
	"sync"
	"time"
)

// bucket lets so many reports pass a second, and a burst after a pause. It is safe for concurrent use; its lock is held for the time of a few sums.
type bucket struct {
	rate, burst float64
	now         func() time.Time

	mu   sync.Mutex
	held float64
	at   time.Time
}

// newBucket returns a full bucket; nil, which lets everything pass, for a negative rate.
func newBucket(rate float64, burst int, now func() time.Time) *bucket {
	if rate < 0 {
		return nil
	}
	return &bucket{rate: rate, burst: float64(burst), now: now, held: float64(burst), at: now()}
}

// take takes n reports if there are that many, otherwise none and says how long until there will be.
func (b *bucket) take(n int) (wait time.Duration, ok bool) {
	if b == nil {
		return 0, true
	}
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if passed := now.Sub(b.at); passed > 0 {
		b.held = min(b.burst, b.held+b.rate*passed.Seconds())
		b.at = now
	}
	if missing := float64(n) - b.held; missing > 0 {
		return time.Duration(min(missing/b.rate*float64(time.Second), math.MaxInt64/2)), false
	}
	b.held -= float64(n)
	return 0, true
}

// giveBack undoes a take.
func (b *bucket) giveBack(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held = min(b.burst, b.held+float64(n))
}
