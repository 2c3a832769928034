package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReportActs(t *testing.T) {
	var out strings.Builder
	gone := status{RolledBack: true, Cause: "confidence shifted", Verdicts: []string{"confidence below 0.3: 90 %"}}
	err := reportActs(&out, []result{
		{Version: "v2", counts: counts{Requests: 48000, Candidate: 15000, Users: 30000, Helped: 40}},
		{Version: "v3", counts: counts{Requests: 6600, Candidate: 57, Harmed: 49, Exposed: 81 * time.Millisecond}, status: gone},
		{Version: "v3", counts: counts{Requests: 12000}, status: gone},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{
		{"act 1", "act 2", "act 3"},
		{"candidate", "v2", "v3", "v3"},
		{"requests", "48,000", "6,600", "12,000"},
		{"to the candidate", "15,000", "57", "0"},
		{"users with a wrong digit where stable is right", "0", "49", "0"},
		{"rolled back", "no", "after 57 calls, 81 ms", "stays out"},
		{"v3 was rolled back: confidence shifted"},
		{"confidence below 0.3: 90 %"},
	} {
		if !hasLine(out.String(), want) {
			t.Errorf("no line with %q in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "was rolled back"); n != 1 {
		t.Errorf("the cause is told %d times, want once", n)
	}
}

func TestReportActsPassesOnWhatTheWriterSays(t *testing.T) {
	if err := reportActs(fullDisk{}, nil); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}
