package canary

import (
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// Snapshot is everything a person may ask about a canary at one moment, as plain data for pages, logs and tests.
type Snapshot struct {
	Canary string
	At     time.Time

	// Stable and Candidate are the versions. After a promotion Stable is the candidate's, Candidate is empty, and Previous is the version that a rollback returns to.
	Stable, Candidate, Previous string
	// State is what the store keeps: epoch, stage, cause of a rollback. Its epoch is 0 while it is not known.
	State rollback.State
	// StateError is why the state is not known; nil when it is.
	StateError error
	// Durable says that the store holds State.
	Durable bool

	// Share is the candidate's effective share in [0, 1], Reason why.
	Share  float64
	Reason Reason
	// FlagShare is the share the flag asks for, in [0, 1]; FlagError why it is not believed, nil when it is.
	FlagShare float64
	FlagError error
	// Soaked is how long the candidate has had the share of the ramp's present step, in time that the process was awake, up to what the step needs.
	Soaked time.Duration
	// Promotion is how far the proof is that the candidate is not worse, which the next step and [Canary.Promote] wait for.
	Promotion criteria.Promotion
	// Carved are the slices that were given to stable, in the order in which they were.
	Carved []CarvedSlice

	// Requests are the requests of each arm in this process, indexed by [Arm].
	Requests [2]ArmRequests

	// Model is where the candidate stands in this process; nil without [Model.Load].
	Model *ModelStatus

	// Shadow is what the candidate does in the shadow of stable; nil where nothing asks for one.
	Shadow *Shadow

	// Feedback is what came back about decisions; nil where no criterion asks for any.
	Feedback *FeedbackStatus

	// Preflight is how stable compared with itself; nil without [Config.Preflight].
	Preflight *Preflight

	// Verdicts are the criteria with their evidence, in the declared order, the backstop last.
	Verdicts []criteria.Verdict
	// LogE is the evidence of the guardrails in nats, at the last look, and Limit what it has to reach to roll back.
	LogE, Limit float64
	// RoutingLogE is the evidence that the split is not the declared one; ln 100 holds the rollout.
	RoutingLogE float64
	// Testified is how many units have given evidence in this epoch, as far as its evidence goes back; a unit whose coin was fresh several times counts as often.
	Testified uint64
	// Drawn is when the present assignments were drawn, the start of the period of [Config.Reassign]; zero without it.
	Drawn time.Time
	// Blind says why no further evidence comes; empty while it does.
	Blind string

	// UnderWay is the number of recorded calls that have not ended; Abandoned that of candidate calls past their timeout that have not returned.
	UnderWay, Abandoned int
	// Thinned requests were served but left out of the evidence, because the ledger was full.
	Thinned int64
	// Sessions is how many sessions of units wait to be judged, those under way included, where a criterion looks at sessions; SessionsThinned units have none in
	// their step, because 65,536 waited already.
	Sessions        int
	SessionsThinned uint64
	// EventsDropped is how many events OnEvent was too slow to take, HookFailures how often it panicked, StoreFailures how often the store failed, with state or
	// evidence.
	EventsDropped, HookFailures, StoreFailures int64
	// CallbackPanics counts the panics and the runtime.Goexits of the functions in the configuration: "key", "number:confidence", "label:language",
	// "check:completed", "slice:country", "validate", "failure_class", "redact"; those of the shadow with "shadow:" before.
	CallbackPanics map[string]int64
}

// CarvedSlice is a slice of traffic that is stable's while the rest of the rollout goes on.
type CarvedSlice struct {
	// Dimension and Slice name it: "country" and "NZ".
	Dimension, Slice string
	// Criterion is the name of the criterion that was breached in it, Finding what it found.
	Criterion, Finding string
	// At is since when.
	At time.Time
}

// ArmRequests are the requests that were assigned to an arm.
type ArmRequests struct {
	// Calls that have ended, whatever way.
	Calls int64
	// Counted is how many were taken as evidence, in earlier processes too if that goes on.
	Counted uint64
	// Sentinel is how many of these were evidence by [Config.Sentinel], alone or beside their unit's coin.
	Sentinel uint64
	// Failed by kind: "error", "panic", "goexit", "timeout", "overdue".
	Failed map[string]int64
	// Cancelled calls are those whose caller had left.
	Cancelled int64
	// Fallbacks is how often stable answered in place of the candidate.
	Fallbacks int64
}

// Snapshot returns the present state. It takes microseconds, allocates, and waits at most for a pass of the keeper, never for I/O.
func (c *Canary[In, Out]) Snapshot() Snapshot {
	e := c.current.Load()
	k := e.keeper.Snapshot()
	s := Snapshot{
		Canary: e.name, At: k.At,
		Stable: e.versions[Stable], Candidate: e.versions[Candidate],
		State: k.State, StateError: k.StateErr, Durable: k.Durable,
		Share: k.Plan.Share, Reason: reasonOf(k.Plan.Reason), FlagShare: k.Flag.Share, FlagError: k.Flag.Err, Soaked: k.Soaked, Promotion: k.Proof,
		Verdicts: k.Verdicts, LogE: k.LogE, Limit: k.Limit, RoutingLogE: k.RoutingLogE, Testified: k.Testified, Drawn: k.Drawn, Blind: k.Blind,
		Sessions: k.Sessions, SessionsThinned: k.SessionsThinned, UnderWay: k.UnderWay, Abandoned: k.Abandoned, Thinned: k.Thinned,
		EventsDropped: c.herald.Dropped(), HookFailures: c.herald.Failures(), StoreFailures: k.StoreFailures,
		CallbackPanics: map[string]int64{},
	}
	if k.Plan.Promoted {
		s.Stable, s.Candidate, s.Previous = s.Candidate, "", s.Stable
	}
	for _, carve := range k.Carved {
		s.Carved = append(s.Carved, CarvedSlice{
			Dimension: e.slices.names()[carve.Dimension], Slice: e.slices.text(carve.Dimension, carve.Cell), Criterion: carve.Criterion, Finding: carve.Finding, At: carve.At,
		})
	}
	for arm := range s.Requests {
		s.Requests[arm] = requestsOf(&k.Arms[arm])
	}
	s.Preflight = e.preflight.report()
	s.Model = e.loader.status()
	s.Shadow = e.shade.status()
	s.Feedback = c.reception.status(&k.Feedback)
	e.callbackPanics(func(name string, n int64) {
		if n > 0 {
			s.CallbackPanics[name] = n
		}
	})
	return s
}

func requestsOf(k *keeper.ArmCounts) ArmRequests {
	r := ArmRequests{Counted: k.Counted, Sentinel: k.Sentinel, Fallbacks: k.Fallbacks, Cancelled: k.Outcomes[ledger.Cancelled], Failed: map[string]int64{}}
	for o, n := range k.Outcomes {
		r.Calls += n
		if outcome := ledger.Outcome(o); n > 0 && outcome.Failed() {
			r.Failed[outcome.String()] = n
		}
	}
	return r
}
