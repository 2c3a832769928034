package rollback

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of the texts in a [State], in bytes. They keep a state within one 4 KiB slot, so that storing it never needs new disk space.
const (
	MaxVersion = 256  // of State.Version; refuse longer ones at start, transitions cut them
	MaxReason  = 1024 // of Cause.Reason; longer ones are cut at a rune boundary
	MaxActor   = 128  // of Cause.Actor; longer ones are cut at a rune boundary
)

// Cause says why an epoch was rolled back, for the people who ask later. It never decides whether one was. The zero value means "not given".
type Cause struct {
	// Reason is a sentence for people, for example "criterion error_rate: 4.1 % against 1.0 %". At most [MaxReason] bytes are kept.
	Reason string
	// Actor is who or what did it, for example "keeper" or "alice@example.org". At most [MaxActor] bytes are kept.
	Actor string
	// At is when, by the clock of the machine that did it: a label, kept in UTC. Years outside 0 to 9999 are kept as the zero time.
	At time.Time
}

func (c Cause) normal() Cause {
	c.Reason = clip(c.Reason, MaxReason)
	c.Actor = clip(c.Actor, MaxActor)
	c.At = c.At.Round(0).UTC()
	if y := c.At.Year(); y < 0 || y > 9999 {
		c.At = time.Time{}
	}
	return c
}

func (c Cause) equal(o Cause) bool {
	return c.Reason == o.Reason && c.Actor == o.Actor && c.At.Equal(o.At)
}

func (c Cause) isZero() bool {
	return c.equal(Cause{})
}

// compare orders causes so that [State.Join] always shows the same one of two: a given one before none, then the earlier label.
func (c Cause) compare(o Cause) int {
	switch given, other := !c.isZero(), !o.isZero(); {
	case given && !other:
		return -1
	case other && !given:
		return 1
	}
	return cmp.Or(c.At.Compare(o.At), cmp.Compare(c.Reason, o.Reason), cmp.Compare(c.Actor, o.Actor))
}

// clip cuts s to at most limit bytes, at a rune boundary where s has one.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	if !utf8.RuneStart(s[end]) {
		end = limit
	}
	return strings.Clone(s[:end])
}
