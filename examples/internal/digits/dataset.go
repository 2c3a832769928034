// Package digits is the application of the examples: a service that reads
// handwritten digits, with its data, its models, its users and its flag.
package digits

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the data travels inside the program
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	Side    = 8 // an image is side by side, row by row
	Pixels  = Side * Side
	MaxInk  = 16 // pixels are whole numbers from 0, paper, to 16, full ink
	Classes = 10 // the digits 0 to 9

	pastRows = 900 // rows below this index are history to train on, the others arrive as traffic
)

//go:embed testdata/digits.csv.gz
var digitsGzip []byte

// Row is one handwritten digit with the truth about it.
type Row struct {
	Pixels [Pixels]float64 // ink, 0 to MaxInk
	Truth  int             // the digit the writer meant
}

// Dataset is the collection cut in two where time would cut it. The rows
// lie in the order in which they were collected, writer after writer, so the
// live half shows hands that no model was trained on.
type Dataset struct {
	Past []Row // to train on
	Live []Row // to serve
}

// Load reads the embedded collection.
func Load() (Dataset, error) {
	plain, err := gzip.NewReader(bytes.NewReader(digitsGzip))
	if err != nil {
		return Dataset{}, fmt.Errorf("digits: open digits: %w", err)
	}
	rows, err := parseRows(plain)
	if err != nil {
		return Dataset{}, err
	}
	if len(rows) <= pastRows {
		return Dataset{}, fmt.Errorf("digits: %d digits, want more than %d", len(rows), pastRows)
	}
	return Dataset{Past: rows[:pastRows:pastRows], Live: rows[pastRows:]}, nil
}

// parseRows reads one digit per line: 64 pixels, then the truth.
func parseRows(r io.Reader) ([]Row, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = Pixels + 1
	lines.ReuseRecord = true
	var rows []Row
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("digits: read digits: %w", err)
		}
		parsed, err := parseRow(fields)
		if err != nil {
			return nil, fmt.Errorf("digits: digit %d: %w", len(rows)+1, err)
		}
		rows = append(rows, parsed)
	}
}

func parseRow(fields []string) (Row, error) {
	var parsed Row
	for i, field := range fields[:Pixels] {
		ink, err := parseBelow(field, MaxInk+1)
		if err != nil {
			return Row{}, fmt.Errorf("pixel %d: %w", i, err)
		}
		parsed.Pixels[i] = float64(ink)
	}
	truth, err := parseBelow(fields[Pixels], Classes)
	if err != nil {
		return Row{}, fmt.Errorf("truth: %w", err)
	}
	parsed.Truth = truth
	return parsed, nil
}

// parseBelow reads a whole number in [0, limit).
func parseBelow(field string, limit int) (int, error) {
	n, err := strconv.Atoi(field)
	if err != nil {
		return 0, err
	}
	if n < 0 || n >= limit {
		return 0, fmt.Errorf("%d outside [0, %d]", n, limit-1)
	}
	return n, nil
}
