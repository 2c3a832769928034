package flags

import (
	"fmt"
	"strings"
)

// maxText bounds, in bytes, the text kept from a provider: error messages and variant names.
const maxText = 512

// Error says why a flag cannot be believed. It is what [Reading.Err] holds.
type Error struct {
	Flag  string // the flag's key
	Kind  Kind   // never OK
	Text  string // what happened, with the value seen; at most 512 bytes, valid UTF-8
	cause error
}

// Error returns the flag, the kind and the text in one line.
func (e *Error) Error() string { return fmt.Sprintf("flags: %q %v: %s", e.Flag, e.Kind, e.Text) }

// Unwrap returns the error of the client, nil where there is none, as for a value out of range.
func (e *Error) Unwrap() error { return e.cause }

// ErrorType returns the kind as a low-cardinality name, the form OpenTelemetry wants for error.type.
func (e *Error) ErrorType() string { return e.Kind.String() }

// A CloseError tells what [Reader.Close] could not wait for.
type CloseError struct {
	Flag    string   // the flag's key
	Running []string // what still runs, at least one of "reader", "evaluation", "event handlers"
	Err     error    // why the wait ended: the error of the context
}

// Error names the flag and what still runs.
func (e *CloseError) Error() string {
	return fmt.Sprintf("flags: %q closed with %s still running: %v", e.Flag, strings.Join(e.Running, ", "), e.Err)
}

// Unwrap returns the error of the context.
func (e *CloseError) Unwrap() error { return e.Err }

// clip returns at most maxText bytes of s as valid UTF-8, without keeping a long s alive.
func clip(s string) string {
	if len(s) > maxText {
		s = strings.Clone(s[:maxText])
	}
	return strings.ToValidUTF8(s, "")
}
