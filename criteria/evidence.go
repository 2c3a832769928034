package criteria

// Evidence is the counts of one stretch of settled requests within one step, by
// stratum, arm and cell of every criterion. Counts add up in any order and any
// grouping to the same evidence. It comes from [Judge.NewEvidence]; the zero
// value counts nothing. Not safe for concurrent use.
type Evidence struct {
	form *form
	// counts[(stratum*numArms+arm)*form.width + column]
	counts []uint64
	// seen is the observations in each row of counts.
	seen [NumStrata * numArms]uint64
	// calls is the candidate's calls by cell of the backstop.
	calls [2]uint64
}
