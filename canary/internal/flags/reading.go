package flags

import (
	"time"

	"github.com/open-feature/go-sdk/openfeature"
)

// Reading is what is known about the flag at one moment. It is plain data; the zero value is a share of 0.
type Reading struct {
	// Share is the probability in [0, 1] that may be applied now: the flag's value, or the last good one during the
	// hold time, else 0. Never negative zero, never NaN.
	Share float64

	// Err is nil exactly when Share is the flag's own current value. While it is not nil, requests may be served by
	// Share but are not evidence. It is an [*Error].
	Err error

	// Kind is how the last evaluation ended; [OK] exactly when Err is nil.
	Kind Kind

	// Reason is the OpenFeature reason of the last evaluation, empty when it did not return one. It is one of the
	// specified reasons; anything else a provider says reads UNKNOWN.
	Reason openfeature.Reason

	// Variant is the variant the provider named in the last evaluation; empty when none. At most 512 bytes.
	Variant string

	// Confirmed is when the last evaluation that gave a good value was asked for; zero before the first. The age of
	// Share is time.Since(Confirmed).
	Confirmed time.Time

	// At is when this reading was stored.
	At time.Time
}

// differs reports whether somebody who acts on readings has to look again: all but the times and the error's text.
func (r Reading) differs(s Reading) bool {
	return r.Share != s.Share || r.Kind != s.Kind || r.Reason != s.Reason || r.Variant != s.Variant
}
