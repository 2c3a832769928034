package local

import "fmt"

// FlagError tells what is wrong with one flag in a call of [Provider.Set].
type FlagError struct {
	Flag    string // key of the flag
	Problem string // what was seen and what is allowed
}

// Error returns the key and the problem in one line. Long keys are shortened.
func (e *FlagError) Error() string { return fmt.Sprintf("flag %.80q: %s", e.Flag, e.Problem) }
