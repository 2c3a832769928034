package intake_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

func TestLimit(t *testing.T) {
	var b book
	c := newClock()
	h := handler(t, intake.Config{Sink: b.take, Rate: 2, MaxReports: 10, Burst: 20, Now: c.now})
	limited := func(body string, after int) {
		t.Helper()
		w := post(h, body)
		problem(t, w, http.StatusTooManyRequests, "too many reports")
		require.Equal(t, strconv.Itoa(after), w.Header().Get("Retry-After"))
	}
	require.Equal(t, http.StatusOK, post(h, many(10)).Code)
	require.Equal(t, http.StatusOK, post(h, many(7)).Code)
	limited(many(10), 4) // 3 are left, 7 missing; one of the three is held while the other 9 are looked for
	limited(many(10), 4) // and given back
	require.Equal(t, http.StatusOK, post(h, many(3)).Code)
	limited(one, 1)
	c.move(499 * time.Millisecond)
	limited(one, 1)
	c.move(time.Millisecond)
	require.Equal(t, http.StatusOK, post(h, one).Code)
	limited(one, 1)
	require.Len(t, b.reports, 21)

	c.move(-time.Hour) // neither more nor fewer
	limited(one, 1)
	c.move(time.Hour)
	limited(one, 1)

	c.move(1000 * time.Hour) // no more than the burst
	require.Equal(t, http.StatusOK, post(h, many(10)).Code)
	require.Equal(t, http.StatusOK, post(h, many(10)).Code)
	limited(one, 1)
	c.move(5 * time.Second)
	require.Equal(t, http.StatusOK, post(h, many(10)).Code)
}

// A request that cannot be read is paid for, one that is not allowed is not, and a flood is not read.
func TestWhatCounts(t *testing.T) {
	var b book
	c, deny := newClock(), atomic.Bool{}
	h := handler(t, intake.Config{Sink: b.take, Rate: 1, MaxReports: 2, Now: c.now, Authorize: func(*http.Request) error {
		if deny.Load() {
			return http.ErrNoCookie
		}
		return nil
	}})
	deny.Store(true)
	for range 5 {
		problem(t, post(h, one), http.StatusForbidden, "")
		problem(t, serve(h, &http.Request{Method: http.MethodGet}), http.StatusMethodNotAllowed, "")
	}
	deny.Store(false)
	problem(t, post(h, "{"), http.StatusBadRequest, "")
	require.Equal(t, http.StatusOK, post(h, one).Code)
	r := request(one)
	r.Body = unread{t}
	problem(t, serve(h, r), http.StatusTooManyRequests, "")
}

func TestWaitIsBounded(t *testing.T) {
	var b book
	h := handler(t, intake.Config{Sink: b.take, Rate: 1e-300, MaxReports: 1, Now: newClock().now})
	require.Equal(t, http.StatusOK, post(h, one).Code)
	require.Equal(t, "3600", post(h, one).Header().Get("Retry-After"))
}

func TestDefaultLimit(t *testing.T) {
	var b book
	c := newClock()
	h := handler(t, intake.Config{Sink: b.take, Now: c.now})
	for range 10 {
		require.Equal(t, http.StatusOK, post(h, many(100)).Code)
	}
	require.Equal(t, http.StatusTooManyRequests, post(h, one).Code)
	c.move(time.Millisecond)
	require.Equal(t, http.StatusOK, post(h, one).Code)
	require.Equal(t, http.StatusTooManyRequests, post(h, one).Code)
}

// As many pass as there are, however many ask at once.
func TestLimitHoldsForManyAtOnce(t *testing.T) {
	var b book
	h := handler(t, intake.Config{Sink: b.take, Rate: 1, MaxReports: 5, Burst: 500, Now: newClock().now})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				post(h, many(5))
			}
		})
	}
	wg.Wait()
	for range 500 { // what was on hold for one that then was refused
		post(h, one)
	}
	require.Len(t, b.reports, 500)
}
