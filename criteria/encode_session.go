package criteria

// encode writes the state of a group.
func (s *session) encode(e *encoder) {
	e.fractions(s.shares)
	e.int(s.steps)
	e.bool(s.behind)
	e.int(s.rounds)
	e.uint(uint64(s.opened))
	s.round.encode(e)
	s.step.encode(e)
	s.closed.encode(e)
	e.short(s.seeds)
	e.sparse(s.seed)
	if s.group.waits() {
		s.arrived.encode(e)
	}
	for _, w := range s.watches {
		w.encode(e)
	}
}

// decode makes a session that is new the one that was written.
func (s *session) decode(d *decoder, alpha float64) {
	list := s.columns.list
	s.shares = d.fractions(s.needsNoCoin())
	s.steps, s.behind, s.rounds = d.number(), d.bool(), d.number()
	s.opened = d.duration()
	for _, c := range []*counts{&s.round, &s.step, &s.closed} {
		c.decode(d, s.group, list, nil)
	}
	d.check(s.closed.holds(&s.round), "more calls than there can be")
	s.seeds = d.calls()
	d.sparse(s.seed)
	if s.group.waits() {
		s.arrived.decode(d)
	}
	for _, w := range s.watches {
		w.decode(d, s, alpha)
	}
	if d.ok() {
		for _, w := range s.watches {
			w.read(&s.round)
			w.muted = w.mute(s)
		}
	}
}

// needsNoCoin reports whether all may be the candidate's.
func (s *session) needsNoCoin() bool { return s.group == callsGroup || s.group == pairsGroup }

// mark marks the ids that the session remembers anything of.
func (s *session) mark(u usage) {
	s.round.mark(u, s.columns.list)
	s.closed.mark(u, s.columns.list)
	for _, w := range s.watches {
		for _, sl := range w.slices.used {
			u.mark(vocabulary{sliceWords, sl.dimension}, int(sl.cell))
		}
		if meter, ok := w.meter.(worded); ok {
			w.mark(u, meter.vocabulary(), s.seed[w.offset:])
		}
	}
}

// mark marks the ids in the seed, and those known.
func (w *watch) mark(u usage, v vocabulary, seed []float64) {
	book, remembers := w.book.(interface{ knows(id int) bool })
	for id := range v.slots() {
		if seed[id] > 0 || remembers && book.knows(id) {
			u.mark(v, id)
		}
	}
}
