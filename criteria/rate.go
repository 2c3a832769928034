package criteria

// Rate demands that a yes/no signal says yes as often as it should: where lower is
// better (corrected, escalated) no more often than stable's, where higher is better
// (completed, clicked) no less often, within the tolerance. Without a Want it is
// refused.
//
// A call without an answer, or for which the check says nothing, is scored in the
// candidate's favour.
//
//   - Assumes: as [ErrorRate].
//   - Guarantees: P(Fail ever reported | at every request P(yes | candidate) <= (1 +
//     Tolerance) P(yes | stable), or >= (1 - Tolerance) P(yes | stable) where higher
//     is better) <= its part of alpha.
//   - Cost: as [ErrorRate].
//   - Source: as [ErrorRate]; where higher is better on the event "no".
type Rate struct {
	// Signal is the name of the check, one of [Config.Checks].
	Signal string
	// Want is the direction that is better: Higher or Lower.
	Want Want
	// Tolerance is the relative change to the worse allowed: where lower is better
	// in [0, 100], zero means [DefaultTolerance]; where higher is better in [0, 1),
	// zero means [DefaultShortfall]. [Strict] means none.
	Tolerance float64
	// Margin is the further absolute change to the worse that promotion has to rule
	// out, in (0, 1). Zero means [DefaultMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "rate(signal)".
func (c Rate) Name() string { return "rate(" + c.Signal + ")" }

// String says what is demanded.
func (c Rate) String() string { return c.Name() + " " + c.Want.demand(c.Tolerance) }

func (c Rate) direction() (signal string, want Want) { return "check " + c.Signal, c.Want }

func (c Rate) plan(cfg *Config, p *problems) plan {
	signal := p.checkSignal("check", c.Signal, cfg.Checks)
	p.checkWant(c.Want, c.Tolerance)
	x := c.Want.tolerance(c.Tolerance)
	prior := ratePrior
	if c.Want == Higher {
		prior = meanPrior // "no" need not be rare
	}
	b := newRateBook(c.Signal, c.Want.line(x), prior)
	b.complement = c.Want == Higher
	return excess{Margin: c.Margin, Role: c.Role, Weight: c.Weight}.bet(p, x, checkMeter{signal, c.Want}, b)
}

// checkMeter has two cells: 1 is what is not wanted.
type checkMeter struct {
	signal int
	want   Want
}

func (checkMeter) cells() int { return 2 }

func (m checkMeter) cell(o *Observation) int {
	yes, ok := o.check(m.signal)
	switch {
	case !ok:
		return 2
	case yes == (m.want == Lower):
		return 1
	}
	return 0
}
