package sessions

import (
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// MaxOpen is how many windows may wait to be handed over: 2 MiB, taken when the first is opened, and an index of their units.
const MaxOpen = 1 << 16

// Config says what a window is.
type Config struct {
	// Calls is how many slots of a unit a window has, at least 1.
	Calls int
	// Within is how long a window takes slots, in awake time.
	Within time.Duration
}

// Sink takes finished windows.
type Sink interface {
	// BeginWindows says that the windows handed over from now on were opened in a step with these probabilities that a unit is the candidate's.
	BeginWindows(shares [criteria.NumStrata]float64)
	// FoldWindow takes one window: the stratum and the arm of its unit's coin, and whether any call in it was harm.
	FoldWindow(stratum criteria.Stratum, arm criteria.Arm, harm bool)
}

// Ticket stands for a slot in a window. The zero Ticket stands for one that is in none.
type Ticket uint64

// Windows are the open windows of units.
type Windows struct {
	calls  uint32
	within int64

	ring       []window          // by position
	head, tail uint64            // positions of the oldest window, and of the next to be opened
	first      uint64            // position of the first window of the current step; those before take no slots
	steps      []step            // from that of the oldest window to the current one; all but that have windows
	units      map[uint64]uint64 // the newest window of each
	refused    uint64
}

// window is what is known of a unit in a step.
type window struct {
	unit    uint64
	opened  int64  // awake time
	slots   uint32 // assigned
	pending uint32 // of those, not settled
	stratum criteria.Stratum
	arm     criteria.Arm
	harm    bool
}

// step begins with the window at a position.
type step struct {
	first  uint64
	shares [criteria.NumStrata]float64
}

// New returns no windows, in a step in which nothing is exposed. Calls below 1 are taken for 1.
func New(cfg Config) *Windows {
	return &Windows{calls: uint32(max(1, cfg.Calls)), within: int64(cfg.Within), steps: []step{{}}, units: map[uint64]uint64{}}
}

// BeginStep ends the windows of the step before: they take no further slots. shares are the probabilities, by stratum, that a unit is the candidate's.
func (w *Windows) BeginStep(shares [criteria.NumStrata]float64) {
	w.first = w.tail
	next := step{first: w.tail, shares: shares}
	if last := &w.steps[len(w.steps)-1]; last.first == w.tail { // nobody came
		*last = next
		return
	}
	w.steps = append(w.steps, next)
}

// Open opens a window for a unit whose coin is fresh, with the slot that is assigned to it. awake is the time. It must be called at most once for a unit and
// step. It returns the zero Ticket, and the unit has no window in this step, when [MaxOpen] windows wait.
func (w *Windows) Open(unit uint64, stratum criteria.Stratum, arm criteria.Arm, awake time.Duration) Ticket {
	if w.tail-w.head == MaxOpen {
		w.refused++
		return 0
	}
	if w.ring == nil {
		w.ring = make([]window, MaxOpen)
	}
	position := w.tail
	w.tail++
	*w.at(position) = window{unit: unit, opened: int64(awake), slots: 1, pending: 1, stratum: stratum, arm: arm}
	w.units[unit] = position
	return Ticket(position + 1)
}

// Join adds a slot of the current step to the unit's window, if it has one that still takes slots.
func (w *Windows) Join(unit uint64, awake time.Duration) Ticket {
	position, known := w.units[unit]
	if !known || w.ended(position, awake) {
		return 0
	}
	at := w.at(position)
	at.slots++
	at.pending++
	return Ticket(position + 1)
}

// Settle says what became of a slot. Every ticket must be settled once; the zero Ticket may be.
func (w *Windows) Settle(t Ticket, harm bool) {
	if t == 0 {
		return
	}
	at := w.at(uint64(t) - 1)
	at.pending--
	at.harm = at.harm || harm
}

// Fold hands over the finished windows, in the order of opening, up to the first that has not finished.
func (w *Windows) Fold(awake time.Duration, to Sink) {
	for ; w.head < w.tail; w.head++ {
		at := w.at(w.head)
		if at.pending > 0 || !w.ended(w.head, awake) {
			return
		}
		if len(w.steps) > 1 && w.steps[1].first == w.head {
			w.steps = w.steps[1:]
		}
		if w.steps[0].first == w.head {
			to.BeginWindows(w.steps[0].shares)
		}
		to.FoldWindow(at.stratum, at.arm, at.harm)
		if w.units[at.unit] == w.head {
			delete(w.units, at.unit)
		}
	}
}

// Waiting is how many windows have been opened and not handed over.
func (w *Windows) Waiting() int { return int(w.tail - w.head) }

// Refused is how many units found too many windows open.
func (w *Windows) Refused() uint64 { return w.refused }

// ended says whether a window takes no further slots.
func (w *Windows) ended(position uint64, awake time.Duration) bool {
	at := w.at(position)
	return position < w.first || at.slots == w.calls || int64(awake)-at.opened >= w.within
}

func (w *Windows) at(position uint64) *window { return &w.ring[position%MaxOpen] }
