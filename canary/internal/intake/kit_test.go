package intake_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

// book is a sink that notes what it is given, and refuses a signal "refuse:x" for the reason x.
type book struct {
	mu      sync.Mutex
	reports []intake.Report
}

func (b *book) take(_ context.Context, r intake.Report) string {
	if reason, ok := strings.CutPrefix(r.Signal, "refuse:"); ok {
		return reason
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reports = append(b.reports, r)
	return ""
}

// clock stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Unix(1_800_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

func handler(tb testing.TB, cfg intake.Config) http.Handler {
	tb.Helper()
	h, err := intake.New(cfg)
	require.NoError(tb, err)
	return h
}

func request(body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/feedback", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func post(h http.Handler, body string) *httptest.ResponseRecorder { return serve(h, request(body)) }

// sound demands what every answer has.
func sound(tb testing.TB, w *httptest.ResponseRecorder) map[string]any {
	tb.Helper()
	require.Equal(tb, "application/json", w.Header().Get("Content-Type"))
	require.Equal(tb, "no-store", w.Header().Get("Cache-Control"))
	require.Equal(tb, "nosniff", w.Header().Get("X-Content-Type-Options"))
	var body map[string]any
	require.NoError(tb, json.Unmarshal(w.Body.Bytes(), &body))
	return body
}

// problem demands an answer of that status, with one error of these words in it.
func problem(tb testing.TB, w *httptest.ResponseRecorder, status int, words string) {
	tb.Helper()
	require.Equal(tb, status, w.Code, w.Body)
	body := sound(tb, w)
	require.Len(tb, body, 1)
	require.Contains(tb, body["error"], words)
}

const one = `{"token":"t","signal":"s","value":1}`

// many is a body of n good reports.
func many(n int) string {
	return `{"reports":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
}
