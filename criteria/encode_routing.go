package criteria

import "encoding"

var (
	_ encoding.BinaryAppender    = (*Routing)(nil)
	_ encoding.BinaryUnmarshaler = (*Routing)(nil)
)

// AppendBinary appends the whole state to b, so that the check of the coin goes on
// after a restart: the evidence, the step, and that the split was found broken. The
// encoding is deterministic, 34 to 73 bytes; the error is always nil.
func (r *Routing) AppendBinary(b []byte) ([]byte, error) {
	e := newEncoder(b, routingLetters)
	for i := range r.splits {
		e.short(r.splits[i].share)
		e.short(r.splits[i].units)
		e.short(r.splits[i].candidates)
	}
	e.exact(r.logE)
	e.exact(r.product)
	e.bool(r.broken)
	return e.seal(), nil
}

// UnmarshalBinary replaces the state by the one that [Routing.AppendBinary] gave: every
// later unit is judged as it would have been, to the last bit. It takes whatever bytes
// come: the error wraps [ErrCorrupt] or [ErrNewerVersion], and nothing is changed
// then.
func (r *Routing) UnmarshalBinary(data []byte) error {
	d, err := unseal(data, routingLetters)
	if err != nil {
		return err
	}
	var read Routing
	for i := range read.splits {
		read.splits[i].decode(d)
	}
	read.logE = d.nats()
	if product := d.within(d.exact(), 0, wide); product > 0 {
		read.start(product)
	}
	read.broken = d.bool()
	d.check(read.broken || read.LogE() < routingLimit+1e-6, "evidence beyond the limit that broke nothing")
	if err := d.end(); err != nil {
		return err
	}
	*r = read
	return nil
}

func (s *split) decode(d *decoder) {
	s.share, s.units = d.within(d.short(), 0, 1), d.calls()
	s.candidates = d.within(d.short(), 0, s.units)
	d.check(s.share == coin(s.share), "a share of 1 leaves no control")
}
