package criteria

import "time"

// An Arm is the side of the comparison a request was assigned to. A request
// that fell back to stable after the candidate failed stays the candidate's.
type Arm uint8

// The arms.
const (
	Stable    Arm = iota // the model in charge; the zero value
	Candidate            // the model on trial
)

const numArms = 2

// String returns "stable" or "candidate".
func (a Arm) String() string {
	switch a {
	case Stable:
		return "stable"
	case Candidate:
		return "candidate"
	}
	return "arm(?)"
}

// An Outcome is how a request ended for the arm it was assigned to.
type Outcome uint8

// The outcomes.
const (
	Fine      Outcome = iota // answered; the zero value
	Failed                   // an error, a panic or an invalid answer: harm
	Cancelled                // the caller left first: not harm, but no value either
	Overdue                  // settled by the deadline: harm, and the slowest latency, in both arms
	TimedOut                 // the call's own time ran out: harm
)

const numOutcomes = 5

// String returns "fine", "failed", "cancelled", "overdue" or "timed out".
func (o Outcome) String() string {
	switch o {
	case Fine:
		return "fine"
	case Failed:
		return "failed"
	case Cancelled:
		return "cancelled"
	case Overdue:
		return "overdue"
	case TimedOut:
		return "timed out"
	}
	return "outcome(?)"
}

// harm reports whether the call failed, whatever way.
func (o Outcome) harm() bool { return o == Failed || o == Overdue || o == TimedOut }

// A Stratum says under which P(candidate) the coin of a request fell. Strata of
// one step are counted apart, because their shares differ.
type Stratum int8

const (
	// Uncounted is a request whose coin is no evidence: already read, or fallen
	// with a share other than the recorded one. Only [Backstop], which needs no
	// coin, counts it.
	Uncounted Stratum = -1
	// Fresh is a unit that never counted before: P(candidate) is the share.
	Fresh Stratum = 0
	// Band is a unit that counted in an earlier step and was on stable until
	// now: P(candidate) = (share - h)/(1 - h), h the highest share so far.
	Band Stratum = 1
	// Sentinel are the requests of units that are the candidate's, some of which
	// a coin of their own has given to stable: P(candidate) = 1 - epsilon, afresh
	// for each request. They are counted apart from the others, in a group of
	// their own; see [Config.Sentinel].
	Sentinel Stratum = 2

	// NumStrata is the number of strata that count.
	NumStrata = 3
)

const (
	// MaxLabels is the number of label ids: [LabelSlots] interned texts and the
	// rest hash cells for the texts beyond the table.
	MaxLabels = 256
	// LabelSlots is the number of ids, from 0, that stand for one text each.
	// Ids from LabelSlots to MaxLabels-1 stand for all texts of one hash.
	LabelSlots = 224
	// MaxSignals bounds the number signals of a [Config], and likewise its label
	// signals and its checks; it is the width of each half of
	// [Observation.Missing].
	MaxSignals = 32
	// MaxDimensions bounds the slice dimensions of a [Config].
	MaxDimensions = 8
	// SliceCells is the number of cells of a dimension: [SliceSlots] values and
	// the rest hash cells for the values beyond them.
	SliceCells = 64
	// SliceSlots is the number of cells, from 0, that stand for one value each.
	SliceSlots = 56
)

// An Observation is one settled request. It may be reused for the next one:
// nothing here keeps it, its slices included.
//
// A request without a value for some signal (it failed, was cancelled, or its
// extractor panicked) is scored in the candidate's favour for that signal:
// failures are judged by [ErrorRate], and a candidate must not be convicted of
// strange answers for those it did not give.
type Observation struct {
	// Arm is the arm assigned, whatever answered in the end.
	Arm Arm
	// Outcome is how the assigned arm did. Unless it is Fine, the numbers, labels
	// and checks are taken as missing.
	Outcome Outcome
	// Answered, on the candidate arm only, says that it failed and stable then
	// answered the same input. It is the event of [Backstop].
	Answered bool
	// Latency of the assigned arm's call; negative means missing.
	Latency time.Duration
	// Numbers are the number signals, in the order of [Config.Numbers]. NaN is
	// a value, with a cell of its own; infinities are out of range. A signal
	// beyond the end of the slice is missing.
	Numbers []float64
	// Labels are the label ids, in the order of [Config.Labels]. An id of
	// MaxLabels or more, or beyond the end of the slice, is missing.
	Labels []uint16
	// Missing marks signals without a value: bit i for Numbers[i], bit 32+i for
	// Labels[i].
	Missing uint64
	// Checks are the yes/no signals, in the order of [Config.Checks]: bit i is
	// set when check i says yes. Unchecked marks those without a value.
	Checks, Unchecked uint32
	// Invalid says that the call answered, but with something a validator
	// refuses.
	Invalid bool
	// Class is the id of what failed, for a failed call. An id of MaxLabels or
	// more is a failure of no known class.
	Class uint16
	// Slices are the cells of the request, in the order of [Config.Slices]. They
	// must be known before the arm is. A cell of SliceCells or more, or beyond
	// the end, is in no slice of that dimension.
	Slices []uint8
	// Sentinel says that the request belongs to the [Sentinel] stratum, too.
	Sentinel bool
}

// number returns the value of number signal i, and whether there is one.
func (o *Observation) number(i int) (float64, bool) {
	if o.Outcome != Fine || i >= len(o.Numbers) || o.Missing&(1<<i) != 0 {
		return 0, false
	}
	return o.Numbers[i], true
}

// label returns the id of label signal i, and whether there is one.
func (o *Observation) label(i int) (int, bool) {
	if o.Outcome != Fine || i >= len(o.Labels) || o.Missing&(1<<(MaxSignals+i)) != 0 {
		return 0, false
	}
	id := int(o.Labels[i])
	return id, id < MaxLabels
}

// check returns what check i says, and whether it says anything.
func (o *Observation) check(i int) (yes, ok bool) {
	if o.Outcome != Fine || o.Unchecked&(1<<i) != 0 {
		return false, false
	}
	return o.Checks&(1<<i) != 0, true
}

// valid reports whether the arm and the outcome are known ones.
func (o *Observation) valid() bool { return o.Arm < numArms && o.Outcome < numOutcomes }
