package local

import (
	"errors"
	"fmt"
)

// FlagError tells what is wrong with one flag, of a file or in a call of [Provider.Set].
type FlagError struct {
	Flag    string // key of the flag
	Problem string // what was seen and what is allowed
}

// Error returns the key and the problem in one line. Long keys are shortened.
func (e *FlagError) Error() string { return fmt.Sprintf("flag %.80q: %s", e.Flag, e.Problem) }

// maxProblems bounds the length of an error about a file; the rest is counted.
const maxProblems = 20

// problems collects everything that is wrong with a file, so that it is mended in one go.
type problems struct {
	errs []error
	more int
}

func (p *problems) add(err error) {
	if len(p.errs) == maxProblems {
		p.more++
		return
	}
	p.errs = append(p.errs, err)
}

func (p *problems) err() error {
	if p.more > 0 {
		return errors.Join(append(p.errs, fmt.Errorf("and %d more", p.more))...)
	}
	return errors.Join(p.errs...)
}
