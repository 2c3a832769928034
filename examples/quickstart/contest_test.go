package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestReportModels(t *testing.T) {
	var out strings.Builder
	err := reportModels(&out, []contest{
		{candidate: candidate{Name: "better", Version: "v2"}, comparison: comparison{StableAccuracy: 0.945, CandidateAccuracy: 0.955, StableTime: 22 * time.Microsecond, CandidateTime: 23 * time.Microsecond}},
		{candidate: candidate{Name: "broken", Version: "v3"}, comparison: comparison{StableAccuracy: 0.945, CandidateAccuracy: 0.9, Failures: 0.037}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{
		{"stable", "softmax-1", "94.5 %", "22 µs"},
		{"better", "v2", "95.5 %", "0.0 %", "23 µs"},
		{"broken", "v3", "90.0 %", "3.7 %", "0 µs"},
	} {
		if !hasLine(out.String(), want) {
			t.Errorf("no line with %q in\n%s", want, out.String())
		}
	}
}

func TestReportModelsPassesOnWhatTheWriterSays(t *testing.T) {
	if err := reportModels(fullDisk{}, nil); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}
