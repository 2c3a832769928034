package intake_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

func ExampleNew() {
	h, err := intake.New(intake.Config{Sink: func(_ context.Context, r intake.Report) string {
		if r.Token != "v1.k1.payload.tag" {
			return "forged"
		}
		return ""
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/feedback", strings.NewReader(`{"reports": [
		{"token": "v1.k1.payload.tag", "signal": "corrected", "value": 1},
		{"token": "v1.k1.payload.tug", "signal": "corrected", "value": 1}
	]}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 200 {"taken":1,"refused":[{"index":1,"reason":"token"}]}
}
