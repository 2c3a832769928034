package flags

import (
	"context"
	"time"
)

// Fixed is a flag that nobody turns: a share that is always the same.
type Fixed float64

// Reading returns the share.
func (f Fixed) Reading() Reading { return Reading{Share: float64(f), Kind: OK, At: time.Now()} }

// Counts returns nothing: nothing is evaluated.
func (Fixed) Counts() Counts { return Counts{} }

// First returns a channel that is closed.
func (Fixed) First() <-chan struct{} {
	first := make(chan struct{})
	close(first)
	return first
}

// Close has nothing to wait for.
func (Fixed) Close(context.Context) error { return nil }
