package attribution

// pace sells windows for tokens, see [Windows].
type pace struct {
	tokens float64 // above -1
	depth  float64 // the most there can be
	rate   float64 // tokens a tick
	at     int64   // when they were counted
}

// newPace is the pace at which no more than most windows are taken during any within ticks.
func newPace(most int, within int64) pace {
	depth := float64(most / 16)
	return pace{tokens: depth, depth: depth, rate: (float64(most) - depth - 1) / float64(within)}
}

// take buys a window at a tick, if the unit's hash lets it.
func (p *pace) take(at int64, hash uint64) bool {
	p.tokens, p.at = p.count(at), at
	if fraction(hash)*p.depth >= 2*p.tokens {
		return false
	}
	p.tokens--
	return true
}

// count is how many tokens there are at a tick.
func (p *pace) count(at int64) float64 {
	return min(p.depth, p.tokens+p.rate*float64(max(0, at-p.at)))
}
