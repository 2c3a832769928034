package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// logOf writes pairs to a file and returns its path.
func logOf(t *testing.T, records ...*pairlog.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pairs.jsonl")
	log, err := pairlog.Open(path, pairlog.FileConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		log.Put(r)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return path
}

func pairOf(id any, stable, candidate string) *pairlog.Record {
	return &pairlog.Record{
		Input: id, Slices: map[string]string{"market": "vi"},
		Stable:    pairlog.Answer{Outcome: "ok", Labels: map[string]string{"language": stable}},
		Candidate: pairlog.Answer{Outcome: "ok", Labels: map[string]string{"language": candidate}},
	}
}

func TestScores(t *testing.T) {
	failed := pairOf(3, "vi", "")
	failed.Candidate = pairlog.Answer{Outcome: "panic"}
	path := logOf(t, pairOf(0, "vi", "vi"), pairOf(1, "vi", "id"), pairOf(2, "id", "vi"), pairOf(0, "id", ""), failed)
	requests := []request{{Truth: "vi"}, {Truth: "vi"}, {Truth: "vi"}, {Truth: "vi"}}
	got, err := readScores(path, requests)
	if err != nil {
		t.Fatal(err)
	}
	want := score{Pairs: 4, Stable: 2, Candidate: 2, Parted: 3, StableRight: 1, CandidateRight: 1}
	for _, of := range []segment{{}, {"market", "vi"}} {
		if got[of] == nil || *got[of] != want {
			t.Errorf("%v: got %+v, want %+v", of, got[of], want)
		}
	}
}

func TestScoresRefuseStrangers(t *testing.T) {
	for name, id := range map[string]any{"beyond": 1, "negative": -1, "a text": "0", "none": nil} {
		t.Run(name, func(t *testing.T) {
			if _, err := readScores(logOf(t, pairOf(id, "vi", "vi")), []request{{Truth: "vi"}}); err == nil || !strings.Contains(err.Error(), "nobody made") {
				t.Errorf("got %v, want an error: there was one request", err)
			}
		})
	}
}
