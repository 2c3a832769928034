package criteria

import "math"

// encode writes the claims and what is staked on them; what the open round has
// counted is in the session.
func (p *proof) encode(e *encoder) {
	e.int(len(p.claims))
	if len(p.claims) == 0 {
		return
	}
	e.fractions(p.shares)
	e.exact(p.closed)
	for i := range p.claims {
		c := &p.claims[i]
		c.encode(e)
		e.short(c.prior)
		e.short(c.weight)
		for _, capital := range c.stakes {
			e.exact(capital)
		}
	}
}

func (p *proof) decode(d *decoder, w *watch, s *session) {
	n := d.length(maxEvents)
	if n == 0 {
		return
	}
	d.check(p.gates(), "a proof of what gates nothing")
	p.shares, p.closed = d.fractions(s.needsNoCoin()), d.nats()
	p.claims = make([]claim, n)
	for i := range p.claims {
		c := &p.claims[i]
		c.decode(d, w)
		c.prior, c.weight = d.within(d.short(), 0, 1), d.within(d.short(), 0, math.MaxInt32)
		for h := range c.stakes {
			c.stakes[h] = d.nats()
		}
	}
}
