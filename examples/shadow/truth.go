package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// score is how often each model found the true language.
type score struct {
	Pairs, Stable, Candidate int
	// Parted are the pairs in which the models differ; of these StableRight and
	// CandidateRight were right. In the rest both were wrong.
	Parted, StableRight, CandidateRight int
}

// add counts a pair.
func (s *score) add(truth, stable, candidate string) {
	s.Pairs++
	if stable == truth {
		s.Stable++
	}
	if candidate == truth {
		s.Candidate++
	}
	if stable == candidate {
		return
	}
	s.Parted++
	switch truth {
	case stable:
		s.StableRight++
	case candidate:
		s.CandidateRight++
	}
}

// segment is a slice of the traffic.
type segment struct{ Dimension, Value string }

// scores are those of each slice, and under the zero segment of everything.
type scores map[segment]*score

// readScores joins the pair log with the truth, by the number that stands in the
// log in place of the input.
func readScores(path string, requests []request) (scores, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the caller's own
	if err != nil {
		return nil, fmt.Errorf("shadow: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	return newScores(file, requests)
}

func newScores(log io.Reader, requests []request) (scores, error) {
	all := scores{{}: {}}
	for r, err := range pairlog.Scan(log) {
		if err != nil {
			return nil, fmt.Errorf("shadow: read the pairs: %w", err)
		}
		id, err := requestOf(r)
		if err != nil || id < 0 || id >= len(requests) {
			return nil, fmt.Errorf("shadow: the log has a pair of request %v, which nobody made", r.Input)
		}
		all.add(r, requests[id].Truth)
	}
	return all, nil
}

func requestOf(r *pairlog.Record) (int, error) {
	input, _ := r.Input.(json.RawMessage)
	return strconv.Atoi(string(input))
}

// add counts a pair in all that it belongs to; one without two answers in nothing.
func (s scores) add(r *pairlog.Record, truth string) {
	stable, one := r.Stable.Labels["language"]
	candidate, other := r.Candidate.Labels["language"]
	if !one || !other {
		return
	}
	s.of(segment{}).add(truth, stable, candidate)
	for dimension, value := range r.Slices {
		s.of(segment{dimension, value}).add(truth, stable, candidate)
	}
}

// of is the score of a slice, made at need.
func (s scores) of(of segment) *score {
	if s[of] == nil {
		s[of] = new(score)
	}
	return s[of]
}
