package rollback

import "cmp"

// Hold is a stop of the ramp: until a person resumes it, the candidate's share does not rise.
type Hold struct {
	// Cause is who or what stopped it, when and why; at most [MaxHoldReason] bytes of its reason are kept. The zero Cause means that nothing is held.
	Cause Cause
	// Share is the share beyond which the candidate's must not rise, in [0, 1].
	Share float64
}

// MaxHoldReason is how many bytes of the reason of a [Hold] are kept.
const MaxHoldReason = 256

// Held reports whether there is a hold.
func (h Hold) Held() bool { return !h.Cause.isZero() }

func (h Hold) normal() Hold {
	h.Cause.Reason = clip(h.Cause.Reason, MaxHoldReason)
	h.Cause = h.Cause.normal()
	if !h.Held() {
		return Hold{}
	}
	h.Share = normalStep(h.Share)
	return h
}

func (h Hold) equal(o Hold) bool { return h.Share == o.Share && h.Cause.equal(o.Cause) }

// compare orders holds by how much they hold back: none, then by share from the greatest to the least, then the earlier cause last.
func (h Hold) compare(o Hold) int {
	return cmp.Or(
		compareBools(h.Held(), o.Held()),
		cmp.Compare(o.Share, h.Share),
		o.Cause.compare(h.Cause),
	)
}
