package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// An archive is a file of rows that were played, one a line, so that an interrupted
// run can go on. It knows a row by everything in the row that can be compared; who
// changes a rule or a world starts a new file. A nil archive keeps nothing.
type archive struct {
	file *os.File
	rows map[string]archived
}

// An archived row is a line of the file. Contestants that did not enter are null.
type archived struct {
	Row     string
	Seconds float64
	Results []*archivedSummary
}

type archivedSummary struct {
	Trials, Early int
	Delays        []int
}

// key is what two rows with the same results have in common.
func (s *section) key(r *row, seed uint64) string {
	names := make([]string, len(s.contestants))
	for i, c := range s.contestants {
		names[i] = c.name
	}
	return fmt.Sprintf("%s, seed %d, %d x %d, seeds %d, start %d, rules %s",
		s.id(r), seed, r.trials, r.requests, r.seeds, r.start, strings.Join(names, " "))
}

// openArchive opens or creates the file; no name is no archive. A last line that was
// cut off is dropped.
func openArchive(name string) (*archive, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the file is whoever's who runs this
	if err != nil {
		return nil, fmt.Errorf("-keep: %w", err)
	}
	a := &archive{file: file, rows: map[string]archived{}}
	if err := a.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("-keep: %w", err), file.Close())
	}
	return a, nil
}

func (a *archive) load() error {
	data, err := io.ReadAll(a.file)
	if err != nil {
		return err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	for line := range bytes.Lines(whole) {
		var r archived
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("%s holds something else: %w", a.file.Name(), err)
		}
		a.rows[r.Row] = r
	}
	if err := a.file.Truncate(int64(len(whole))); err != nil {
		return err
	}
	_, err = a.file.Seek(int64(len(whole)), io.SeekStart)
	return err
}

// find returns what a row came to, and how long it took, if it was played before.
func (a *archive) find(key string) (summaries []*summary, seconds float64, known bool) {
	if a == nil {
		return nil, 0, false
	}
	r, known := a.rows[key]
	for _, s := range r.Results {
		if s == nil {
			summaries = append(summaries, nil)
			continue
		}
		summaries = append(summaries, &summary{trials: s.Trials, early: s.Early, delays: s.Delays})
	}
	return summaries, r.Seconds, known
}

// add keeps a row.
func (a *archive) add(key string, summaries []*summary, seconds float64) error {
	if a == nil {
		return nil
	}
	r := archived{Row: key, Seconds: seconds}
	for _, s := range summaries {
		if s == nil {
			r.Results = append(r.Results, nil)
			continue
		}
		r.Results = append(r.Results, &archivedSummary{s.trials, s.early, s.delays})
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = a.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("-keep: %w", err)
	}
	return nil
}

func (a *archive) close() error {
	if a == nil {
		return nil
	}
	return a.file.Close()
}
