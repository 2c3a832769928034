package canary

// NewOfSlots is New with a ledger of another size.
func NewOfSlots[In, Out any](cfg Config[In, Out], slots int) (*Canary[In, Out], error) {
	return start(cfg, settings{slots: slots})
}

// MaxAbandoned is how many candidate calls may hang before the candidate is rolled back.
const MaxAbandoned = maxAbandoned
