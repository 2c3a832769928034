package criteria

// CancelRate demands that callers leave the candidate's calls no more often than
// stable's, within the tolerance. It is how impatience shows: a cancelled call is
// no failure and has no latency, so a candidate that is so slow that its callers
// leave before it answers shows here and nowhere else. The zero value is a
// guardrail at 10 %.
//
//   - Assumes: as [ErrorRate].
//   - Guarantees: as [ErrorRate], of being cancelled.
//   - Cost: as [ErrorRate].
//   - Source: as [ErrorRate].
type CancelRate struct {
	// Tolerance is the relative excess allowed, in [0, 100]: 0.2 is a fifth
	// more cancellations than stable. Zero means [DefaultTolerance]; [Strict]
	// none.
	Tolerance float64
	// Margin is the further absolute excess that promotion has to rule out, in
	// (0, 1). Zero means [DefaultMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "cancel_rate".
func (c CancelRate) Name() string { return "cancel_rate" }

// String says what is demanded.
func (c CancelRate) String() string { return "cancel_rate at most " + times(c.Tolerance) }

func (c CancelRate) plan(_ *Config, p *problems) plan {
	return excess(c).plan(p, yesNo(cancelled), "cancelled by the caller")
}

func cancelled(o *Observation) bool { return o.Outcome == Cancelled }
