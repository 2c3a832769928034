package token

import (
	"errors"
	"fmt"
	"time"
)

const (
	// LocalID is the id of the key that a codec without keys makes for itself. No other key may have it.
	LocalID = "local"

	maxID      = 16
	maxKeys    = 16
	maxPurpose = 64
	minSecret  = 32

	defaultValid = 24 * time.Hour
	maxValid     = 366 * 24 * time.Hour
	defaultSkew  = time.Minute
	maxSkew      = 24 * time.Hour
)

// Key is a named secret.
type Key struct {
	// ID says in each token which key made it: 1 to 16 of the characters A-Z, a-z, 0-9, '-' and '_'. It is public. "local" is taken.
	ID string
	// Secret is at least 32 bytes of a random source, not all of them equal.
	Secret Secret
}

// Config says how tokens are made and which are accepted. The zero value makes signed tokens that only this process accepts, for 24 hours.
type Config struct {
	// Keys, at most 16, with different ids. The first makes tokens, all are accepted. None: a random key of this process, see [Codec.Local].
	Keys []Key
	// Sealed encrypts the tokens that are made, so that nothing can be read from them. Both forms are accepted in any case.
	Sealed bool
	// Purpose, of 0 to 64 bytes, is part of what is authenticated: a token for one purpose is none for another, under the same keys.
	Purpose string
	// Valid is how long after its issue a token is accepted, up to 366 days. 0 is 24 hours.
	Valid time.Duration
	// Skew is how far in the future the time of issue may lie, because clocks differ, up to 24 hours. 0 is one minute.
	Skew time.Duration
}

func (c *Config) validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf("token: "+format, args...)) }
	if len(c.Keys) > maxKeys {
		problem("%d Keys, at most %d are allowed", len(c.Keys), maxKeys)
	}
	first := make(map[string]int, len(c.Keys))
	for i, k := range c.Keys {
		if why := badID(k.ID); why != "" {
			problem("Keys[%d].ID %.40q %s", i, k.ID, why)
		} else if j, twice := first[k.ID]; twice {
			problem("Keys[%d].ID %q is the id of Keys[%d], too", i, k.ID, j)
		} else {
			first[k.ID] = i
		}
		if why := k.Secret.weakness(); why != "" {
			problem("Keys[%d].Secret %s", i, why)
		}
	}
	if len(c.Purpose) > maxPurpose {
		problem("Purpose has %d bytes, at most %d are allowed", len(c.Purpose), maxPurpose)
	}
	if c.Valid < 0 || c.Valid > maxValid {
		problem("Valid %v outside [0, %v]", c.Valid, maxValid)
	}
	if c.Skew < 0 || c.Skew > maxSkew {
		problem("Skew %v outside [0, %v]", c.Skew, maxSkew)
	}
	return errors.Join(errs...)
}

// badID says what is wrong with a key id; "" is nothing.
func badID(id string) string {
	switch {
	case id == "":
		return "is empty"
	case len(id) > maxID:
		return fmt.Sprintf("has %d bytes, at most %d are allowed", len(id), maxID)
	case !plain(id):
		return "has characters other than A-Z, a-z, 0-9, '-' and '_'"
	case id == LocalID:
		return "is the id of keys that a process makes for itself"
	}
	return ""
}

// plain says whether a text is written in the alphabet of base64url.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
