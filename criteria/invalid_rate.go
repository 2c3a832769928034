package criteria

// InvalidRate demands that the candidate's answers are refused by the validator no
// more often than stable's, within the tolerance; see [Observation.Invalid]. A call
// that gave no answer has nothing to validate and is scored in the candidate's
// favour: that is for [ErrorRate]. The zero value is a guardrail at 10 %.
//
//   - Assumes: as [ErrorRate].
//   - Guarantees: as [ErrorRate], of an invalid answer.
//   - Cost: as [ErrorRate].
//   - Source: as [ErrorRate].
type InvalidRate struct {
	// Tolerance is the relative excess allowed, in [0, 100]: 0.2 is a fifth
	// more invalid answers than stable. Zero means [DefaultTolerance]; [Strict]
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

// Name returns "invalid_rate".
func (c InvalidRate) Name() string { return "invalid_rate" }

// String says what is demanded.
func (c InvalidRate) String() string { return "invalid_rate at most " + times(c.Tolerance) }

func (c InvalidRate) plan(_ *Config, p *problems) plan {
	return excess(c).plan(p, validityMeter{}, "invalid")
}

// validityMeter has two cells: 1 is an invalid answer.
type validityMeter struct{}

func (validityMeter) cells() int { return 2 }

func (validityMeter) cell(o *Observation) int {
	switch {
	case o.Outcome != Fine:
		return 2
	case o.Invalid:
		return 1
	}
	return 0
}
