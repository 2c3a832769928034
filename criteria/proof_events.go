package criteria

import "slices"

// claims returns the events of the round. What is not a number lies on no side of a
// cut; like a missing value it counts against the candidate on each.
func (b *thresholdBook) claims(*past, []claim) []event {
	events := slices.Clone(b.process.events)
	for i := range events {
		if e := &events[i]; b.first > 0 && e.side != notANumber {
			e.candidate = append([]span{{0, b.first}}, e.candidate...)
		}
	}
	return events
}

// claims returns what has to be proven about labels: that each known one is given no
// more often and no less often, and that those not known are together given no more
// often. Which are known is fixed by the first round of the step that places bets: a
// label found later is proven with the unknown ones until the step ends, or a long
// tail of rare labels would start the proof anew in every round.
func (b *labelBook) claims(p *past, begun []claim) []event {
	if b.waiting {
		return nil
	}
	if len(begun) == 0 {
		return labelClaims(p, b.line.least().d < 1)
	}
	events := make([]event, len(begun))
	for i := range begun {
		events[i] = begun[i].event
	}
	return events
}

// labelClaims are the claims of a new step. That a label is given no less often is
// one, unless it may disappear.
func labelClaims(p *past, kept bool) []event {
	missing := len(p.stable) - 1
	var known, rest []span
	for id := range missing {
		one := span{id, id + 1}
		switch {
		case p.stable[id]+p.candidate[id] > 0:
			known = append(known, one)
		case len(rest) > 0 && rest[len(rest)-1].to == id:
			rest[len(rest)-1].to++
		default:
			rest = append(rest, one)
		}
	}
	events := make([]event, 0, 2*len(known)+1)
	k := float64(max(len(known), 1))
	for _, one := range known {
		given, other := []span{one}, []span{{0, one.from}, {one.to, missing}}
		events = append(events, event{stable: given, candidate: given, side: above, at: one.from, prior: 1 / k, weight: k / 2})
		if kept {
			events = append(events, event{stable: other, candidate: other, inverse: true, side: below, at: one.from, prior: 1 - 1/k, weight: k / 2})
		}
	}
	return append(events, event{stable: rest, candidate: rest, at: novelLabel, prior: ratePrior, weight: priorWeight})
}
