package digits

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// draw takes the first n requests of a seed.
func draw(seed uint64, live []Row, n int) []Request {
	t := NewTraffic(seed, live)
	requests := make([]Request, n)
	for i := range requests {
		requests[i] = t.Next()
	}
	return requests
}

func TestTrafficIsDecidedByItsSeed(t *testing.T) {
	live := trained(t).Data.Live
	first, again, other := draw(7, live, 1000), draw(7, live, 1000), draw(8, live, 1000)
	same := 0
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("request %d differs under the same seed: %v and %v", i, first[i].Image.User, again[i].Image.User)
		}
		if first[i].User == other[i].User && first[i].Row == other[i].Row {
			same++
		}
		if first[i].Image.User == other[i].Image.User {
			t.Fatalf("request %d is of %s under another seed, too", i, first[i].Image.User)
		}
	}
	if same > 10 {
		t.Errorf("%d of 1000 requests are the same under another seed", same)
	}
}

func TestAFewUsersSendMuch(t *testing.T) {
	perUser := make([]int, users)
	const n = 100_000
	for _, r := range draw(1, trained(t).Data.Live, n) {
		perUser[r.User]++
	}
	busiest, active := 0, 0
	for user, sent := range perUser {
		if user < users/10 {
			busiest += sent
		}
		if sent > 0 {
			active++
		}
	}
	if share := float64(busiest) / n; share < 0.30 || share > 0.33 { // the root of a tenth
		t.Errorf("a tenth of the users sends %.3f, want 0.316", share)
	}
	if active < users*3/4 {
		t.Errorf("%d of %d users sent something, want most", active, users)
	}
}

func TestEachUserWritesInOneHand(t *testing.T) {
	live := trained(t).Data.Live
	perRow := make([]int, len(live))
	for _, r := range draw(1, live, 200_000) {
		if r.Image.Pixels != live[r.Row].Pixels {
			t.Fatalf("user %d shows other pixels than row %d", r.User, r.Row)
		}
		if away := (r.Row - firstRow(r.User, len(live)) + len(live)) % len(live); away >= hand {
			t.Fatalf("user %d shows row %d, which is not in that user's hand", r.User, r.Row)
		}
		perRow[r.Row]++
	}
	for i, n := range perRow {
		if mean := 200_000 / len(live); n < mean/2 || n > mean*2 {
			t.Errorf("row %d was shown %d times, want about %d", i, n, mean)
		}
	}
}

func TestReplayKeepsItsPace(t *testing.T) {
	live := trained(t).Data.Live
	synctest.Test(t, func(t *testing.T) {
		traffic := NewTraffic(1, live)
		start := time.Now()
		var answered atomic.Int64
		traffic.Replay(t.Context(), 500, 1000, func(Request) { answered.Add(1) })
		if answered.Load() != 500 {
			t.Errorf("answered %d requests, want 500", answered.Load())
		}
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("took %v, want 500ms", took)
		}
	})
}

func TestReplayBoundsWhatIsInFlight(t *testing.T) {
	live := trained(t).Data.Live
	synctest.Test(t, func(t *testing.T) {
		var inFlight, most, answered int
		var mu sync.Mutex
		NewTraffic(1, live).Replay(t.Context(), 100, 10_000, func(Request) {
			mu.Lock()
			inFlight++
			most = max(most, inFlight)
			mu.Unlock()
			<-time.After(10 * time.Millisecond) // virtual: a slow model
			mu.Lock()
			inFlight--
			answered++
			mu.Unlock()
		})
		if most != callers || answered != 100 {
			t.Errorf("%d in flight and %d answered, want %d and 100", most, answered, callers)
		}
	})
}

func TestReplayEndsWithItsContext(t *testing.T) {
	live := trained(t).Data.Live
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var answered atomic.Int64
		NewTraffic(1, live).Replay(ctx, 1_000_000, 1000, func(Request) { answered.Add(1) })
		if n := answered.Load(); n < 95 || n > 100 {
			t.Errorf("answered %d requests in 100 ms at 1000 a second, want about 100", n)
		}
	})
}
