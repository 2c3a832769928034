package keeper

import (
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

// Plan is what a request needs to know. It is immutable and replaced as a whole.
type Plan struct {
	// A unit is the candidate's iff its bucket under Salt is below Threshold.
	Threshold uint64
	Salt      uint64

	// The sentinel gives a request below Threshold to stable iff a fresh draw is below Divert; 0: there is no sentinel.
	Divert uint64

	// Step numbers the stretches of constant share under one salt; Spent are the coins of this step that were spent without a slot.
	Step  uint32
	Spent *ledger.Spent

	// Mark and Reason go into each slot.
	Mark   ledger.Mark
	Reason Reason

	// Carves says that there are carved slices, and that there is a share to be kept from them; Carved are their cells, a bit each, by dimension.
	Carves bool
	Carved [criteria.MaxDimensions]uint64

	// Promoted says that the candidate has become the stable model: it serves every request.
	Promoted bool
	// Closed canaries serve stable and record nothing.
	Closed bool
	// Rehearsal says that another canary serves: the one of the preflight.
	Rehearsal bool
	// Aside says that requests are not recorded here: Closed or Rehearsal.
	Aside bool

	Share float64
	Epoch uint64
	// Period counts reassignments, see [Config.Reassign].
	Period uint64
}

// Reason says why a request was assigned to its arm.
type Reason uint8

// The reasons. All but Split send every request to stable; with FlagError the last good share may still be held for a while.
const (
	Split           Reason = iota // the unit's bucket and the share
	Starting                      // state or flag are not known yet
	FlagError                     // the flag cannot be believed
	StateUnknown                  // the state cannot be read
	RolledBack                    // the epoch was rolled back
	RoutingBroken                 // the split is not as declared
	EmptyKey                      // the key function returned an empty key
	KeyFailed                     // the key function panicked
	Carved                        // the request is in a carved slice
	Closed                        // the canary was shut down
	Diverted                      // by the sentinel
	Preflight                     // stable serves as both arms, to see how it compares with itself
	PreflightBroken               // it did not compare well
	Loading                       // the candidate is not loaded
	Promoted                      // the candidate has become the stable model
	NoCandidate                   // there is none
	NumReasons
)

var reasons = [NumReasons]struct{ name, flag string }{
	Split:           {"split", "split"},
	Starting:        {"starting", "default"},
	FlagError:       {"flag_error", "error"},
	StateUnknown:    {"state_unknown", "default"},
	RolledBack:      {"rolled_back", "default"},
	RoutingBroken:   {"routing_broken", "default"},
	EmptyKey:        {"empty_key", "default"},
	KeyFailed:       {"key_failed", "default"},
	Carved:          {"carved", "default"},
	Closed:          {"closed", "default"},
	Preflight:       {"preflight", "default"},
	PreflightBroken: {"preflight_failed", "default"},
	Diverted:        {"sentinel", "split"},
	Loading:         {"loading", "default"},
	Promoted:        {"promoted", "default"},
	NoCandidate:     {"no_candidate", "default"},
}

// String is the reason in snake case, as telemetry spells it.
func (r Reason) String() string {
	if r < NumReasons {
		return reasons[r].name
	}
	return "unknown"
}

// FlagReason is OpenFeature's word for it.
func (r Reason) FlagReason() string {
	if r < NumReasons {
		return reasons[r].flag
	}
	return "unknown"
}
