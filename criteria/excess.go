package criteria

// An excess is what all criteria have in common that bound how often something
// happens by how often it does at stable.
type excess struct {
	Tolerance float64
	Margin    float64
	Role      Role
	Weight    float64
}

// plan demands at most (1 + Tolerance) times stable's rate of the meter's cell 1.
func (x excess) plan(p *problems, m meter, what string) plan {
	p.checkTolerance(x.Tolerance)
	tolerance := effectiveTolerance(x.Tolerance)
	return x.bet(p, tolerance, m, newRateBook(what, line{m: 1 + tolerance}, ratePrior))
}

// bet demands what the book is about.
func (x excess) bet(p *problems, tolerance float64, m meter, b book) plan {
	p.checkMargin(x.Margin)
	p.checkWeight(x.Weight)
	p.checkRole(x.Role)
	return plan{
		role: x.Role, weight: relativeWeight(x.Weight), tolerance: tolerance,
		meter: m,
		book:  b,
		safe:  b.null().moved(effectiveMargin(x.Margin, DefaultMargin)),
	}
}

// A yesNo is a meter of two cells that always has a value: 1 is the event.
type yesNo func(*Observation) bool

func (yesNo) cells() int { return 2 }

func (f yesNo) cell(o *Observation) int {
	if f(o) {
		return 1
	}
	return 0
}
