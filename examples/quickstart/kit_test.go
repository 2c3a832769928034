package main

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

var sharedLab = sync.OnceValues(digits.NewLab)

// trained shares one lab between the tests: it is read-only.
func trained(t *testing.T) *digits.Lab {
	t.Helper()
	l, err := sharedLab()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

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
