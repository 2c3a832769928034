package rollback

import "fmt"

// Stage says how far an epoch has come. The zero value and every value without a name are on the safe side: they count as rolled back.
type Stage uint8

const (
	// Shadow means that the epoch has begun and nobody has been given to the candidate yet.
	Shadow Stage = 1
	// Ramping means that the candidate serves a part of the traffic.
	Ramping Stage = 2
	// Promoted means that the candidate serves all but the [Holdback], which stays as a control while the candidate bakes.
	Promoted Stage = 3
	// Finished means that the models have changed roles: the candidate serves everybody, and the old model is the way back.
	Finished Stage = 4
	// RolledBack means that the candidate is out. Nothing leaves this stage but a new epoch.
	RolledBack Stage = 5
)

// stages are the named ones, with the words for them in logs, pages and JSON.
var stages = map[Stage]string{Shadow: "shadow", Ramping: "ramping", Promoted: "promoted", Finished: "finished", RolledBack: "rolled_back"}

// String returns the stage as it is written in logs, pages and JSON: "shadow", "ramping", "promoted", "finished", "rolled_back", or "unknown(N)".
func (s Stage) String() string {
	if text, known := stages[s]; known {
		return text
	}
	return fmt.Sprintf("unknown(%d)", uint8(s))
}

// MarshalText returns [Stage.String]; it never fails, so that a page can always be drawn.
func (s Stage) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads what [Stage.MarshalText] wrote for a named stage. Any other text is an error and leaves the unknown stage 0, which counts
// as rolled back.
func (s *Stage) UnmarshalText(text []byte) error {
	for stage, known := range stages {
		if string(text) == known {
			*s = stage
			return nil
		}
	}
	*s = 0
	return fmt.Errorf("rollback: stage %.40q is not one of shadow, ramping, promoted, finished, rolled_back", text)
}
