package rollback

import "fmt"

// Stage says how far an epoch has come. The zero value and every value without a name are on the safe side: they count as rolled back.
type Stage uint8

const (
	// Ramping means that the candidate of this epoch may be given traffic.
	Ramping Stage = 1
	// RolledBack means that the candidate is out. Nothing leaves this stage but a new epoch.
	RolledBack Stage = 2
)

// String returns the stage as it is written in logs, pages and JSON: "ramping", "rolled_back", or "unknown(N)".
func (s Stage) String() string {
	switch s {
	case Ramping:
		return "ramping"
	case RolledBack:
		return "rolled_back"
	default:
		return fmt.Sprintf("unknown(%d)", uint8(s))
	}
}

// MarshalText returns [Stage.String]; it never fails, so that a page can always be drawn.
func (s Stage) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// UnmarshalText reads what [Stage.MarshalText] wrote for a named stage. Any other text is an error and leaves the unknown stage 0, which counts
// as rolled back.
func (s *Stage) UnmarshalText(text []byte) error {
	for _, known := range []Stage{Ramping, RolledBack} {
		if string(text) == known.String() {
			*s = known
			return nil
		}
	}
	*s = 0
	return fmt.Errorf("rollback: stage %.40q is not one of %q, %q", text, Ramping, RolledBack)
}
