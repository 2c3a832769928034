package shadow

// Reason says why a drawn request became no pair.
type Reason uint8

// The reasons.
const (
	// QueueFull: as many drawn requests wait already as Config.Queue allows.
	QueueFull Reason = iota
	// Memory: those that wait and run hold Config.MaxBytes.
	Memory
	// TooLarge: this one alone holds more than its part of Config.MaxBytes.
	TooLarge
	// Expired: no processor was free within Config.TTL.
	Expired
	// Abandoned: Config.MaxAbandoned calls hang.
	Abandoned
	// Stopped: the rate went to 0 meanwhile, after a rollback say, or the runner was closed.
	Stopped
	// Cancelled: the caller left, so stable's answer is none.
	Cancelled
	// Callback: a function of the configuration has panicked, hung or ended its goroutine.
	Callback
	NumReasons
)

var reasons = [NumReasons]string{"queue_full", "memory", "too_large", "expired", "abandoned", "stopped", "cancelled", "callback"}

// String is the reason in snake case, as telemetry spells it.
func (r Reason) String() string {
	if r < NumReasons {
		return reasons[r]
	}
	return "unknown"
}
