package token

import (
	"fmt"
	"time"
)

// Kind is why a token is refused: a closed set, fit for a metric.
type Kind uint8

const (
	// Malformed is not a token at all.
	Malformed Kind = iota
	// Version is a token of a format, or with a flag, that this release does not know.
	Version
	// UnknownKey is a token of a key that is not among ours. It may be anything.
	UnknownKey
	// Forged is a token that the key it names has not made in this form for this purpose.
	Forged
	// Expired is a genuine token, issued longer ago than it is valid.
	Expired
	// Future is a genuine token, issued later than now and the allowed skew of clocks.
	Future

	// Kinds is how many kinds there are; each is below it.
	Kinds = iota
)

var kindNames = [Kinds]string{"malformed", "version", "unknown_key", "forged", "expired", "future"}

// String is the name of the kind in metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Error is why a token is refused. It shows nothing of the token but the id of its key.
type Error struct {
	Kind  Kind
	Key   string        // the id in the token, in the case of UnknownKey
	Age   time.Duration // how long ago it was issued, in the cases of Expired and Future (then negative)
	Limit time.Duration // how much of that would have been accepted
}

// Error is one line.
func (e *Error) Error() string {
	switch e.Kind {
	case Malformed:
		return "token: malformed"
	case Version:
		return "token: of a version that this release does not know"
	case UnknownKey:
		return unknown(e.Key)
	case Forged:
		return "token: forged, altered or made for another purpose"
	case Expired:
		return fmt.Sprintf("token: expired: issued %v ago, valid for %v", e.Age, e.Limit)
	case Future:
		return fmt.Sprintf("token: issued %v in the future, at most %v are allowed", -e.Age, e.Limit)
	}
	return "token: refused: " + e.Kind.String()
}

func unknown(id string) string {
	if id == LocalID {
		return "token: made without a key and works in its process only; set Config.Tokens"
	}
	return fmt.Sprintf("token: made with unknown key %q", id)
}

// ErrorType is the name of the kind, for telemetry.
func (e *Error) ErrorType() string { return e.Kind.String() }
