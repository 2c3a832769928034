package intake_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

// What is taken is what encoding/json reads, in full and in order; everything else is refused and takes nothing.
func FuzzBody(f *testing.F) {
	f.Add(one)
	f.Add(many(3))
	for body := range bad {
		if len(body) < 1000 {
			f.Add(body)
		}
	}
	var got []intake.Report
	h := handler(f, intake.Config{Rate: -1, MaxReports: 5, Sink: func(_ context.Context, r intake.Report) string {
		got = append(got, r)
		return ""
	}})
	f.Fuzz(func(t *testing.T, body string) {
		got = nil
		w := post(h, body)
		sound(t, w)
		switch w.Code {
		case http.StatusOK:
			if diff := cmp.Diff(lenient(t, body), got); diff != "" {
				t.Fatalf("%q: %s", body, diff)
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			if len(got) > 0 {
				t.Fatalf("%q: %+v of a refused request", body, got)
			}
		default:
			t.Fatalf("%q: status %d", body, w.Code)
		}
		for _, r := range got {
			if r.Token == "" || r.Signal == "" || math.IsInf(r.Value, 0) || math.IsNaN(r.Value) {
				t.Fatalf("%q: %+v", body, r)
			}
		}
	})
}

// lenient reads a body in the plain way.
func lenient(t *testing.T, body string) []intake.Report {
	var plain struct {
		intake.Report
		Reports []intake.Report
	}
	if err := json.Unmarshal([]byte(body), &plain); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	if plain.Reports != nil {
		return plain.Reports
	}
	return []intake.Report{plain.Report}
}
