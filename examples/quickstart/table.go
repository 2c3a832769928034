package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// writeTable aligns the columns.
func writeTable(w io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		if _, err := fmt.Fprintln(table, "  "+strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return table.Flush()
}

func percent(fraction float64) string { return fmt.Sprintf("%.1f %%", 100*fraction) }

func microseconds(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }

func milliseconds(d time.Duration) string {
	return grouped(int(d.Round(time.Millisecond).Milliseconds())) + " ms"
}

// grouped writes a count with commas: 1,234,567.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// plural counts things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}
