package main

import (
	"errors"
	"strings"
	"testing"
)

// hasLine looks for a line that is made of the cells, in order, and of
// nothing else.
func hasLine(text string, cells []string) bool {
	for line := range strings.Lines(text) {
		rest := line
		ok := true
		for _, cell := range cells {
			_, after, found := strings.Cut(rest, cell)
			ok, rest = ok && found, after
		}
		if ok && strings.TrimSpace(rest) == "" {
			return true
		}
	}
	return false
}

type fullDisk struct{}

var errFull = errors.New("disk full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 999999: "999,999", 1234567: "1,234,567", -100: "-100", -1000: "-1,000",
	} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
}
