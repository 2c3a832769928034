package screen

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteTable aligns the columns.
func WriteTable(w io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cells := range rows {
		if _, err := fmt.Fprintln(table, "  "+strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return table.Flush()
}

// Percent writes a fraction with one decimal.
func Percent(fraction float64) string { return fmt.Sprintf("%.1f %%", 100*fraction) }

// Microseconds writes a short time.
func Microseconds(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }

// Milliseconds writes a longer one.
func Milliseconds(d time.Duration) string {
	return Grouped(int(d.Round(time.Millisecond).Milliseconds())) + " ms"
}

// Grouped writes a count with commas: 1,234,567.
func Grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Plural counts things.
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Grouped(n) + " " + thing + "s"
}
