package criteria

// ErrorRate demands that the candidate's calls fail no more often than
// stable's, within the tolerance: [Failed], [TimedOut] and [Overdue] are failures,
// [Cancelled] is not. The zero value is a guardrail at 10 %.
//
//   - Assumes: the coins of the router only; nothing about how failures come.
//   - Guarantees: P(Fail ever reported | P(failure | candidate) <= (1 + Tolerance)
//     P(failure | stable) at every request) <= its part of alpha.
//   - Cost: one increment a request, 9 bets a fold, no allocation (BenchmarkFold/error_rate).
//   - Source: Turner, Ly, Grunwald, Generic e-variables for exact sequential
//     k-sample tests, arXiv 2106.02693; Ville 1939.
type ErrorRate struct {
	// Tolerance is the relative excess allowed, in [0, 100]: 0.2 is a fifth
	// more failures than stable. Zero means [DefaultTolerance]; [Strict] none.
	Tolerance float64
	// Margin is the further absolute excess that promotion has to rule out, in
	// (0, 1): with 0.005 five failures more in a thousand calls. Zero means
	// [DefaultMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "error_rate".
func (c ErrorRate) Name() string { return "error_rate" }

// String says what is demanded.
func (c ErrorRate) String() string { return "error_rate at most " + times(c.Tolerance) }

func (c ErrorRate) plan(_ *Config, p *problems) plan {
	p.checkTolerance(c.Tolerance)
	p.checkMargin(c.Margin)
	p.checkWeight(c.Weight)
	p.checkRole(c.Role)
	x := effectiveTolerance(c.Tolerance)
	l := line{m: 1 + x}
	return plan{
		role: c.Role, weight: relativeWeight(c.Weight), tolerance: x,
		meter: harmMeter{},
		book:  newRateBook("failed", l, ratePrior),
		safe:  l.moved(effectiveMargin(c.Margin, DefaultMargin)),
	}
}

// harmMeter has three cells: 0 is fine, 1 is harm, 2 is cancelled, which is no
// harm. It always has a value.
type harmMeter struct{}

const cancelledCell = 2

func (harmMeter) cells() int { return 3 }

func (harmMeter) cell(o *Observation) int {
	switch {
	case o.Outcome.harm():
		return 1
	case o.Outcome == Cancelled:
		return cancelledCell
	}
	return 0
}

// unanswered is harm and cancelled calls.
func (harmMeter) unanswered() span { return span{1, cancelledCell + 1} }
