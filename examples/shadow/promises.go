package main

import (
	"errors"
	"fmt"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// promises are what a shadow must not do to requests, counted.
type promises struct {
	requests  int
	changed   int   // whose answer was not the one that stable gave
	candidate int64 // that the candidate was called for
	beside    int   // that were answered while a shadow hung
	waited    bool  // a shadow hung until it was given up, and none was answered meanwhile
}

// err says which promise was broken; nil: none.
func (p promises) err() error {
	var errs []error
	if p.changed > 0 {
		errs = append(errs, fmt.Errorf("shadow: %s got something else than stable had answered", screen.Plural(p.changed, "request")))
	}
	if p.candidate > 0 {
		errs = append(errs, fmt.Errorf("shadow: the candidate was called for %s at a share of 0", screen.Plural(int(p.candidate), "request")))
	}
	if p.waited {
		errs = append(errs, errors.New("shadow: requests waited for a shadow: none was answered while one hung"))
	}
	return errors.Join(errs...)
}

// String says what was seen.
func (p promises) String() string {
	beside := "No shadow happened to hang meanwhile."
	if p.beside > 0 {
		beside = were(p.beside) + " answered while a shadow hung."
	}
	return fmt.Sprintf("%s served: %s another answer than stable's; for %s the candidate was called. %s",
		were(p.requests), got(p.changed), screen.Grouped(int(p.candidate)), beside)
}

// were and got count requests.
func were(n int) string {
	if n == 1 {
		return "1 request was"
	}
	return screen.Grouped(n) + " requests were"
}

func got(n int) string { return screen.Grouped(n) + " of them got" }
