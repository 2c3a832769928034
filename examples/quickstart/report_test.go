package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReportActs(t *testing.T) {
	var out strings.Builder
	gone := status{RolledBack: true, Cause: "stored words", Limit: 4.61}
	there := gone
	there.LogE, there.Culprit, there.Verdict = 9.74, "distribution(confidence)", "confidence below 0.3: 90 %; tolerance 10 %"
	err := reportActs(&out, []result{
		{Version: "v2", counts: counts{Requests: 48000, Candidate: 15000, Users: 30000, Helped: 40}, status: status{LogE: -0.5, Limit: 4.61}},
		{Version: "v3", counts: counts{Requests: 6600, Candidate: 57, Fallbacks: 3, Harmed: 49, Exposed: 81 * time.Millisecond}, status: there},
		{Version: "v3", counts: counts{Requests: 12000}, status: gone},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{
		{"act 1", "act 2", "act 3"},
		{"candidate", "v2", "v3", "v3"},
		{"requests to stable", "33,000", "6,543", "12,000"},
		{"requests to the candidate", "15,000", "57", "0"},
		{"- stable had to step in", "0", "3", "0"},
		{"users served worse (1)", "0", "49", "0"},
		{"users served better (1)", "40", "0", "0"},
		{"evidence against it (2)", "-0.50", "9.74", "-"},
		{"rolled back by", "nothing", "distribution(confidence)", "stays out"},
		{"after", "-", "57 calls, 81 ms", "-"},
		{"at 4.61 the candidate is out"},
		{"Why v3 is out:"},
		{"confidence below 0.3: 90 %"},
		{"tolerance 10 %"},
	} {
		if !hasLine(out.String(), want) {
			t.Errorf("no line with %q in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "is out:"); n != 1 {
		t.Errorf("the cause is told %d times, want once", n)
	}
}

func TestReportActsKnowsCandidatesThatWereOutBefore(t *testing.T) {
	var out strings.Builder
	gone := result{Version: "v3", status: status{RolledBack: true, Cause: "stored words"}}
	if err := reportActs(&out, []result{gone, {Version: "v4"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{{"rolled back by", "stays out", "never served"}, {"Why v3 is out:"}, {"stored words"}} {
		if !hasLine(out.String(), want) {
			t.Errorf("no line with %q in\n%s", want, out.String())
		}
	}
}

func TestReportActsWithoutActsSaysNothing(t *testing.T) {
	var out strings.Builder
	if err := reportActs(&out, nil); err != nil || out.Len() > 0 {
		t.Errorf("got %q and %v, want nothing", out.String(), err)
	}
}

func TestReportActsPassesOnWhatTheWriterSays(t *testing.T) {
	if err := reportActs(fullDisk{}, make([]result, 1)); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}
