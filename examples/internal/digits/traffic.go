package digits

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	users   = 40_000 // who may send a request
	hand    = 40     // rows that stand for one user's handwriting
	callers = 4      // requests in flight at most
)

// Request is one image that a user sends.
type Request struct {
	User  int // 0 to users-1
	Row   int // which of the live rows it shows
	Image Image
}

// Traffic draws requests without end. The same seed draws the same ones. Few
// users send many requests: a tenth of them sends a third. Each writes in a
// hand of their own, so that any model serves some worse than others. Names
// are drawn too: by its name a user is assigned to a model, so another seed is
// another split of the users.
type Traffic struct {
	rng   *rand.Rand
	live  []Row
	names []string
}

// NewTraffic draws from the rows, of which there must be some.
func NewTraffic(seed uint64, live []Row) *Traffic {
	t := &Traffic{rng: rand.New(rand.NewPCG(seed, 2)), live: live, names: make([]string, users)}
	for user := range t.names {
		t.names[user] = fmt.Sprintf("user-%016x", t.rng.Uint64())
	}
	return t
}

// Next draws a request. Not safe for concurrent use.
func (t *Traffic) Next() Request {
	u := t.rng.Float64()
	user := int(u * u * users)
	row := (firstRow(user, len(t.live)) + t.rng.IntN(hand)) % len(t.live)
	return Request{User: user, Row: row, Image: Image{User: t.names[user], Pixels: t.live[row].Pixels}}
}

// firstRow spreads the hands evenly over the rows, whatever the activity.
func firstRow(user, rows int) int {
	const odd = 2654435761 // 2^32 over the golden ratio
	return int(uint64(uint32(user)*odd) * uint64(rows) >> 32)
}

// Replay sends n requests at an even pace, each as soon as it is due and one
// of the callers is free, and returns when all are answered. It stops early
// when ctx ends.
func (t *Traffic) Replay(ctx context.Context, n, perSecond int, send func(Request)) {
	due := make(chan Request)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for r := range due {
				send(r)
			}
		})
	}
	t.pace(ctx, n, perSecond, due)
	close(due)
	wg.Wait()
}

// pace hands out requests by the clock. It looks at the clock once per
// millisecond, no finer than timers are.
func (t *Traffic) pace(ctx context.Context, n, perSecond int, due chan<- Request) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	start := time.Now()
	for sent := 0; sent < n; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for until := min(n, int(time.Since(start).Seconds()*float64(perSecond))); sent < until; sent++ {
			due <- t.Next()
		}
	}
}
