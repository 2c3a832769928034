package digits

import (
	"strings"
	"testing"
)

func TestLoadDigits(t *testing.T) {
	data, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(data.Past) != 900 || len(data.Live) != 897 {
		t.Fatalf("got %d past and %d live rows, want 900 and 897", len(data.Past), len(data.Live))
	}
	for name, rows := range map[string][]Row{"past": data.Past, "live": data.Live} {
		var perDigit [Classes]int
		for _, r := range rows {
			perDigit[r.Truth]++
		}
		for digit, n := range perDigit {
			if n < 80 || n > 100 {
				t.Errorf("%s: %d rows show a %d, want 80 to 100", name, n, digit)
			}
		}
	}
}

func TestParseRows(t *testing.T) {
	blank := strings.Repeat("0,", Pixels)
	for name, tt := range map[string]struct {
		text string
		rows int
		err  string
	}{
		"nothing":          {"", 0, ""},
		"one row":          {blank + "7\n", 1, ""},
		"full ink":         {strings.Repeat("16,", Pixels) + "9\n", 1, ""},
		"too few fields":   {"0,0,1\n", 0, "wrong number of fields"},
		"too many fields":  {blank + "0,7\n", 0, "wrong number of fields"},
		"no number":        {"x" + blank + "7\n", 0, "digit 1: pixel 0"},
		"fraction":         {"0.5," + blank[2:] + "7\n", 0, "digit 1: pixel 0"},
		"negative ink":     {"-1," + blank[2:] + "7\n", 0, "-1 outside [0, 16]"},
		"too much ink":     {blank + "1\n17," + blank[2:] + "7\n", 0, "digit 2: pixel 0: 17 outside [0, 16]"},
		"no such digit":    {blank + "10\n", 0, "truth: 10 outside [0, 9]"},
		"truth is missing": {blank + "\n", 0, "truth"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := parseRows(strings.NewReader(tt.text))
			if len(rows) != tt.rows {
				t.Errorf("got %d rows, want %d", len(rows), tt.rows)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got error %v, want one with %q", err, tt.err)
			}
		})
	}
}
