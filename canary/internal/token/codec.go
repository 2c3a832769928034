package token

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

const (
	// MaxLen is the length of the longest token that a [Codec] makes, in bytes.
	MaxLen = len(signed) + 1 + maxID + 1 + payloadText + 1 + tagText

	// longest is how long a text may be to be looked at.
	longest = 256
)

// Codec makes and reads tokens. It is safe for concurrent use, and holds no secret as it was given.
type Codec struct {
	keys   []*key // the first one makes tokens
	sealed bool
	local  bool
	valid  time.Duration
	skew   time.Duration
}

// New returns a codec, or all that is wrong with its configuration. Without keys it makes a random one.
func New(cfg Config) (*Codec, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Codec{sealed: cfg.Sealed, local: len(cfg.Keys) == 0, valid: cfg.Valid, skew: cfg.Skew}
	if c.valid == 0 {
		c.valid = defaultValid
	}
	if c.skew == 0 {
		c.skew = defaultSkew
	}
	keys := cfg.Keys
	if c.local {
		keys = []Key{localKey()}
	}
	for _, k := range keys {
		derived, err := newKey(k, cfg.Purpose)
		if err != nil {
			return nil, fmt.Errorf("token: deriving from key %q: %w", k.ID, err)
		}
		c.keys = append(c.keys, derived)
	}
	return c, nil
}

func localKey() Key {
	secret := make([]byte, minSecret)
	_, _ = rand.Read(secret) // never fails
	return Key{ID: LocalID, Secret: secret}
}

// Local says that there is no configured key: no other process accepts the tokens, nor does this one after a restart.
func (c *Codec) Local() bool { return c.local }

// Append appends the token of the claims to b, at most [MaxLen] bytes. It allocates nothing if there is room for them.
func (c *Codec) Append(b []byte, x *Claims) []byte {
	k := c.keys[0]
	if c.sealed {
		b = append(b, sealed+"."...)
	} else {
		b = append(b, signed+"."...)
	}
	b = append(b, k.id...)
	b = append(b, '.')
	if c.sealed {
		return k.appendSealed(b, x)
	}
	return k.appendSigned(b, x)
}

// Parse reads a token in either form. The error is an [*Error], and there are no claims with it.
//
// Whether a token is too old or too new is only looked at when it is genuine. A text of more than 256 bytes is not looked at.
func (c *Codec) Parse(text string, now time.Time) (Claims, error) {
	x, bad := c.open(text)
	if bad == nil {
		bad = c.age(now.Sub(x.Issued))
	}
	if bad != nil {
		return Claims{}, bad
	}
	return x, nil
}

// open checks everything but the age.
func (c *Codec) open(text string) (Claims, *Error) {
	if len(text) > longest {
		return Claims{}, &Error{Kind: Malformed}
	}
	version, rest, ok := strings.Cut(text, ".")
	switch {
	case !ok || !isVersion(version):
		return Claims{}, &Error{Kind: Malformed}
	case version != signed && version != sealed:
		return Claims{}, &Error{Kind: Version}
	}
	id, rest, ok := strings.Cut(rest, ".")
	if !ok || !wellFormed(version, id, rest) {
		return Claims{}, &Error{Kind: Malformed}
	}
	k := c.key(id)
	if k == nil {
		return Claims{}, &Error{Kind: UnknownKey, Key: strings.Clone(id)}
	}
	x, kind, ok := k.parse(version, rest)
	switch {
	case ok:
		return x, nil
	case kind == Forged && id == LocalID:
		// Another process has made it, more likely than a forger.
		return Claims{}, &Error{Kind: UnknownKey, Key: LocalID}
	}
	return Claims{}, &Error{Kind: kind}
}

func (k *key) parse(version, rest string) (Claims, Kind, bool) {
	if version == sealed {
		return k.parseSealed(rest)
	}
	return k.parseSigned(rest[:payloadText], rest[payloadText+1:])
}

// wellFormed checks what can be checked of the shape of the two parts without knowing the key.
func wellFormed(version, id, rest string) bool {
	if id == "" || len(id) > maxID || !plain(id) {
		return false
	}
	if version == sealed {
		return len(rest) == sealedText
	}
	return len(rest) == payloadText+1+tagText && rest[payloadText] == '.'
}

// isVersion tells versions of tokens that may come, v2 and v10s, from texts that are no token: a v, one to three digits, at most one s.
func isVersion(v string) bool {
	digits, ok := strings.CutPrefix(v, "v")
	digits = strings.TrimSuffix(digits, "s")
	if !ok || digits == "" || len(digits) > 3 {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

func (c *Codec) key(id string) *key {
	for _, k := range c.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

// age refuses what is too old or from the future.
func (c *Codec) age(age time.Duration) *Error {
	switch {
	case age > c.valid:
		return &Error{Kind: Expired, Age: age, Limit: c.valid}
	case age < -c.skew:
		return &Error{Kind: Future, Age: age, Limit: c.skew}
	}
	return nil
}
