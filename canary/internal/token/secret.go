package token

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is key material that does not show itself: fmt with any verb, slog and JSON give "[redacted]". JSON reads it as base64, like other bytes.
//
// Reflection still sees the bytes, and so does fmt in an unexported field of another type.
type Secret []byte

// String returns "[redacted]".
func (Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (Secret) GoString() string { return redacted }

// Format writes "[redacted]", whatever the verb.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// LogValue returns "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "[redacted]" as a JSON text.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// weakness says why a secret cannot be used; "" is nothing. It tells nothing of the bytes.
func (s Secret) weakness() string {
	if len(s) < minSecret {
		return fmt.Sprintf("has %d bytes, at least %d are needed", len(s), minSecret)
	}
	for _, b := range s[1:] {
		if b != s[0] {
			return ""
		}
	}
	return "has one byte repeated"
}
