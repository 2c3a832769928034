package criteria

// TimeoutRate demands that the candidate's calls run out of time no more often
// than stable's, within the tolerance: [TimedOut] by the call's own limit, or
// [Overdue] for the evidence. They are failures for [ErrorRate], too; this tells a
// candidate that hangs from one that answers with errors, and finds it earlier
// where other failures are frequent. The zero value is a guardrail at 10 %.
//
//   - Assumes: as [ErrorRate].
//   - Guarantees: as [ErrorRate], of running out of time.
//   - Cost: as [ErrorRate].
//   - Source: as [ErrorRate].
type TimeoutRate struct {
	// Tolerance is the relative excess allowed, in [0, 100]: 0.2 is a fifth
	// more timeouts than stable. Zero means [DefaultTolerance]; [Strict]
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

// Name returns "timeout_rate".
func (c TimeoutRate) Name() string { return "timeout_rate" }

// String says what is demanded.
func (c TimeoutRate) String() string { return "timeout_rate at most " + times(c.Tolerance) }

func (c TimeoutRate) plan(_ *Config, p *problems) plan {
	return excess(c).plan(p, yesNo(ranOutOfTime), "ran out of time")
}

func ranOutOfTime(o *Observation) bool { return o.Outcome == TimedOut || o.Outcome == Overdue }
