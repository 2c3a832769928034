package main

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the data travels inside the program
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

const (
	side    = 8 // an image is side by side, row by row
	pixels  = side * side
	maxInk  = 16 // pixels are whole numbers from 0, paper, to 16, full ink
	classes = 10 // the digits 0 to 9

	pastRows = 900 // rows below this index are history to train on, the others arrive as traffic
)

//go:embed testdata/digits.csv.gz
var digitsGzip []byte

// row is one handwritten digit with the truth about it.
type row struct {
	Pixels [pixels]float64 // ink, 0 to maxInk
	Truth  int             // the digit the writer meant
}

// dataset is the collection cut in two where time would cut it. The rows
// lie in the order in which they were collected, writer after writer, so the
// live half shows hands that no model was trained on.
type dataset struct {
	Past []row // to train on
	Live []row // to serve
}

// loadDigits reads the embedded collection.
func loadDigits() (dataset, error) {
	plain, err := gzip.NewReader(bytes.NewReader(digitsGzip))
	if err != nil {
		return dataset{}, fmt.Errorf("quickstart: open digits: %w", err)
	}
	rows, err := parseRows(plain)
	if err != nil {
		return dataset{}, err
	}
	if len(rows) <= pastRows {
		return dataset{}, fmt.Errorf("quickstart: %d digits, want more than %d", len(rows), pastRows)
	}
	return dataset{Past: rows[:pastRows:pastRows], Live: rows[pastRows:]}, nil
}

// parseRows reads one digit per line: 64 pixels, then the truth.
func parseRows(r io.Reader) ([]row, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = pixels + 1
	lines.ReuseRecord = true
	var rows []row
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("quickstart: read digits: %w", err)
		}
		parsed, err := parseRow(fields)
		if err != nil {
			return nil, fmt.Errorf("quickstart: digit %d: %w", len(rows)+1, err)
		}
		rows = append(rows, parsed)
	}
}

func parseRow(fields []string) (row, error) {
	var parsed row
	for i, field := range fields[:pixels] {
		ink, err := parseBelow(field, maxInk+1)
		if err != nil {
			return row{}, fmt.Errorf("pixel %d: %w", i, err)
		}
		parsed.Pixels[i] = float64(ink)
	}
	truth, err := parseBelow(fields[pixels], classes)
	if err != nil {
		return row{}, fmt.Errorf("truth: %w", err)
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

// without returns the rows whose truth is none of the digits.
func without(rows []row, digits ...int) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		return slices.Contains(digits, r.Truth)
	})
}
