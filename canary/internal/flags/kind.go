package flags

// Kind says how the last evaluation of a flag ended. The set is closed, so it can be a telemetry attribute. The zero
// value is [NoneYet].
type Kind uint8

// The kinds. Only [OK] is a good value; every other kind comes with a non-nil [Reading.Err].
const (
	NoneYet       Kind = iota // no evaluation has ended yet
	OK                        // a good value
	Missing                   // the flag does not exist, or the provider gave the default of the call back
	Disabled                  // the flag is switched off in its console: the share is 0 at once
	TypeMismatch              // the flag is neither a float nor an integer
	NotReady                  // no provider is set, or it is still initializing
	ProviderError             // any other failure of the provider, its state (ERROR, FATAL) or a hook
	Stale                     // the provider does not vouch for the value, or it was not confirmed within Hold
	NotFinite                 // the value is NaN or infinite
	OutOfRange                // the value is below 0 or above 100 percent
	Panic                     // the provider, a hook or the client panicked or ended its goroutine
	Timeout                   // the evaluation took longer than Budget, or still hangs
	Callback                  // Config.Changed or Config.Warn panicked; appears in [Counts] only
	Closed                    // the reader was closed

	kinds // how many there are
)

var kindNames = [kinds]string{
	NoneYet:       "none_yet",
	OK:            "ok",
	Missing:       "missing",
	Disabled:      "disabled",
	TypeMismatch:  "type_mismatch",
	NotReady:      "not_ready",
	ProviderError: "provider_error",
	Stale:         "stale",
	NotFinite:     "not_finite",
	OutOfRange:    "out_of_range",
	Panic:         "panic",
	Timeout:       "timeout",
	Callback:      "callback",
	Closed:        "closed",
}

// String returns the kind in lower case with underscores, as telemetry spells it; "unknown" outside the set.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// Counts is how many evaluations ended in each [Kind] since the start, indexed by it: counts[flags.Timeout]. A hung
// evaluation is counted once, as [Timeout], when its budget is over. [Panic] also counts panics of the client while event
// handlers were added or removed, [Callback] panics of our caller. [NoneYet] and [Closed] are always 0.
type Counts [kinds]uint64
