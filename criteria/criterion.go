package criteria

import "fmt"

const (
	// DefaultAlpha is the default of [Config.Alpha]: one false rollback in a
	// hundred epochs with a candidate that is within every tolerance.
	DefaultAlpha = 0.01
	// DefaultTolerance is what a Tolerance of 0 stands for: 10 %.
	DefaultTolerance = 0.1
	// DefaultShortfall is what a Tolerance of 0 stands for where higher is better:
	// 5 % of stable's rate or mean. A business metric that falls by a tenth is a
	// disaster, so what is good for failures is too much here.
	DefaultShortfall = 0.05
	// Strict is the Tolerance of who wants none. Beware: with no tolerance and
	// unlimited time any real difference, however small, is found.
	Strict = -1.0
)

// What a Margin of 0 stands for: the absolute excess, a fraction, that promotion has
// to rule out on top of the tolerance.
const (
	// DefaultMargin is that of a rate: five calls in a thousand.
	DefaultMargin = 0.005
	// DefaultMeanMargin is that of a [Mean], as a fraction of its range.
	DefaultMeanMargin = 0.02
	// DefaultPairMargin is that of pairs: of [Disagreement] and [Difference].
	DefaultPairMargin = 0.05
	// DefaultShapeMargin is that of the events of [Latency], [Distribution] and
	// [Categories]: two calls in a hundred. They are common events - a median is
	// passed by half of all calls - and take calls in proportion to rate (1 - rate) /
	// excess^2. At a share of 20 % an equal candidate is proven after about 1,100,
	// 1,500 and, with ten labels, 1,900 calls of its own; with 0.005 after 5,100,
	// 4,600 and 9,100. It also has to leave room for calls without a value, see
	// [Judge.Promotion]: with one in a hundred, after 1,600, 2,900 and 5,400; with
	// two, never.
	DefaultShapeMargin = 0.02
)

const (
	maxTolerance = 100
	maxWeight    = 1e6
)

// A Criterion is a declared inequality about a signal, with a tolerance, a role
// and a weight: [ErrorRate] for one. Criteria are plain comparable structs, safe
// to copy and share; their fields are checked by [NewJudge]. The set is closed:
//
//   - how calls end: [ErrorRate], [TimeoutRate], [CancelRate], [InvalidRate],
//     [FailureModes], [SessionErrorRate], [Backstop];
//   - how long they take: [Latency];
//   - what they answer: [Distribution], [Categories], [Mean], [Rate];
//   - by a limit rather than by stable: [ErrorObjective], [LatencyObjective];
//   - on inputs that both models saw: [Disagreement], [Difference];
//   - what comes back later: [Feedback].
type Criterion interface {
	// String says in a line what is demanded.
	fmt.Stringer
	// Name is short and stable, for attributes and logs: "error_rate",
	// "distribution(confidence)". It leaves out tolerance, role and weight.
	Name() string

	plan(*Config, *problems) plan
}

// A Role is what a breach of a criterion does. Only guardrails spend the
// rollout's alpha.
type Role uint8

// The roles.
const (
	Guardrail Role = iota // a breach rolls back; the zero value
	Hold                  // a breach holds the ramp; a budget of its own
	Observe               // a breach is reported, nothing more: a dry run
)

const numRoles = 3

// String returns "guardrail", "hold" or "observe".
func (r Role) String() string {
	switch r {
	case Guardrail:
		return "guardrail"
	case Hold:
		return "hold"
	case Observe:
		return "observe"
	}
	return "role(?)"
}

// A plan is a criterion ready for work: how it reads an observation and what it
// bets on.
type plan struct {
	group     group
	role      Role
	weight    float64 // relative, positive
	tolerance float64 // as in [Verdict.Tolerance]
	meter     meter
	book      book
	safe      line // what promotion has to prove; zero: the criterion does not gate
}

// A meter has cells: it is a [callMeter], a [rounder] or a [pairMeter].
type meter interface{ cells() int }

// A callMeter turns an observation into one of its cells, or into cells() when the
// observation has no value for it.
type callMeter interface {
	meter
	cell(*Observation) int
}

// effectiveTolerance resolves the two special values of a Tolerance.
func effectiveTolerance(x float64) float64 {
	switch x {
	case 0:
		return DefaultTolerance
	case Strict:
		return 0
	}
	return x
}

// effectiveMargin resolves the zero of a Margin.
func effectiveMargin(x, byDefault float64) float64 {
	if x == 0 {
		return byDefault
	}
	return x
}

// relativeWeight resolves the zero of a Weight.
func relativeWeight(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

// moved is the line that allows so much more.
func (l line) moved(d float64) line { return line{m: l.m, d: l.d + d} }

// times words a multiple of stable's rate for String methods.
func times(tolerance float64) string {
	x := effectiveTolerance(tolerance)
	if x == 0 {
		return "stable's"
	}
	return fmt.Sprintf("%.4g x stable's", 1+x)
}
