package intake_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

// BenchmarkHandler is a request without its connection: head, limit, body and answer.
func BenchmarkHandler(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("reports=%d", n), func(b *testing.B) {
			h := handler(b, intake.Config{Rate: 1e12, Sink: func(context.Context, intake.Report) string { return "" }})
			body := many(n)
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, request(body)); w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
