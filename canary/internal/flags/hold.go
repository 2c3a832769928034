package flags

import "time"

// holding is the share in force: the last good one, for a bounded time after it was confirmed.
type holding struct {
	hold      time.Duration
	share     float64
	confirmed time.Time // when the evaluation that gave the share was asked for
}

// take folds an outcome in. asked is when its evaluation began: the provider vouches for no later moment.
func (h *holding) take(out outcome, asked, now time.Time) {
	switch out.kind {
	case OK:
		h.share, h.confirmed = out.percent/100, asked
	case Disabled:
		h.share = 0
	default:
		h.expire(now)
	}
}

// expire drops a share that was held for long enough and reports whether there was one.
func (h *holding) expire(now time.Time) bool {
	if h.share == 0 || h.left(now) > 0 {
		return false
	}
	h.share = 0
	return true
}

// left is how much longer the share may be held.
func (h *holding) left(now time.Time) time.Duration { return h.hold - now.Sub(h.confirmed) }
