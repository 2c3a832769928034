package keeper

import (
	"fmt"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/flags"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// Snapshot is the state of a keeper at one moment, as plain data.
type Snapshot struct {
	At       time.Time
	Plan     Plan
	State    rollback.State
	StateErr error
	Durable  bool
	Flag     flags.Reading
	Soaked   time.Duration // how long the candidate has had the share of the present step
	Proof    criteria.Promotion
	Carved   []CarvedSlice
	Arms     [2]ArmCounts
	Verdicts []criteria.Verdict
	// Blind says why no further evidence comes; empty while it does.
	Blind               string
	LogE, Limit         float64 // of the guardrails, at the last fold
	RoutingLogE         float64
	Testified           uint64
	Drawn               time.Time // when the assignments were drawn; zero: for the whole epoch
	UnderWay, Abandoned int
	Sessions            int    // windows of units that wait to be judged
	SessionsThinned     uint64 // units that found too many
	Feedback            FeedbackStatus
	Thinned             int64
	EventsDropped       int64
	StoreFailures       int64
	HookFailures        int64
	Cause               string // of a rollback: a criterion's name, or one of a few words
}

// FeedbackStatus is what comes back, and what is waited for.
type FeedbackStatus struct {
	Counted int64 // of what was taken, what was on a unit that is waited for
	Lost    int64 // what came before its request was seen, or while nobody could take it, and was too much to keep
	Windows []FeedbackWindow
}

// ArmCounts are the requests of one arm.
type ArmCounts struct {
	Counted   uint64 // with a fresh coin
	Sentinel  uint64 // of those, with the sentinel's
	Outcomes  [ledger.NumOutcomes]int64
	Fallbacks int64 // candidate only
}

// Snapshot looks at everything. It may wait for a pass to end, never for I/O or the application's code.
func (k *Keeper) Snapshot() Snapshot {
	s := Snapshot{At: time.Now(), Abandoned: k.cfg.Abandoned()}
	k.fold.look(&s)
	s.Proof = k.fold.promotion()
	k.mu.Lock()
	s.Plan, s.State, s.StateErr, s.Soaked = *k.plan.Load(), k.latch.State(), k.stateErr, k.soak.time
	if k.soak.step != s.State.Step {
		s.Soaked = 0
	}
	s.Cause, s.Carved = k.cause, slices.Clone(k.carved)
	s.Drawn = k.cfg.periodStart(s.Plan.Period)
	s.Durable = k.known && k.clerk.holds(s.State)
	k.mu.Unlock()
	s.Flag = k.flag.Reading()
	s.EventsDropped, s.HookFailures, s.StoreFailures = k.herald.dropped.Load(), k.herald.failed.Load(), k.clerk.failures.Load()
	r := k.cfg.Recorder
	s.Thinned = r.Thinned.Load()
	for arm := range s.Arms {
		for o := range s.Arms[arm].Outcomes {
			s.Arms[arm].Outcomes[o] = r.Ended(uint8(arm), uint8(o))
		}
	}
	for o := range ledger.NumOutcomes {
		s.Arms[criteria.Candidate].Fallbacks += r.Fallbacks(uint8(o))
	}
	return s
}

// look fills in what the fold knows.
func (f *fold) look(s *Snapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for arm := range s.Arms {
		s.Arms[arm].Counted = f.tally.counted[arm]
		s.Arms[arm].Sentinel = f.tally.sentinel[arm]
	}
	s.Verdicts = f.judge.Verdicts()
	s.LogE, s.Limit = f.last.LogE, f.last.Limit
	s.RoutingLogE = f.routing.LogE()
	s.Testified = f.coins.Testified()
	s.UnderWay = f.folder.Open() + f.folder.Late()
	if f.windows != nil {
		s.Sessions, s.SessionsThinned = f.windows.Waiting(), f.windows.Refused()
	}
	f.feedback.look(s)
	s.Blind = f.blind()
	for i := range s.Verdicts {
		if v := &s.Verdicts[i]; v.Result == criteria.NoEvidence && s.Blind != "" && v.Name != (criteria.Backstop{}).Name() {
			v.Reason = s.Blind
		}
	}
}

// blindAfter is how many requests without a fresh coin it takes to say that there are none left.
const blindAfter = 1000

// blind says why no request counts any more; empty while some do.
func (f *fold) blind() string {
	shares := f.current.shares
	switch stale := f.tally.stale > blindAfter; {
	case f.current.share <= 0:
		return "the candidate has no share"
	case shares[criteria.Sentinel] > 0 && !stale:
		return "" // whoever has testified
	case f.coins.Full():
		return "seen-filter full: units can no longer be told apart" + f.wayOn("")
	case f.coins.Resumed && shares[criteria.Band] <= 0:
		return "every unit of before the restart counts as having testified" + f.wayOn("widen the share beyond its highest value so far")
	case stale && shares[criteria.Sentinel] > 0:
		return fmt.Sprintf("all %d units have testified, and none of the candidate's asks", f.coins.Testified()) + f.wayOn("widen the share")
	case stale:
		return fmt.Sprintf("all %d units have testified", f.coins.Testified()) + f.wayOn("widen the share, or begin a new epoch")
	default:
		return ""
	}
}

// wayOn is the end of a sentence that says what would bring evidence again.
func (f *fold) wayOn(act string) string {
	at := f.k.cfg.periodStart(f.period + 1)
	switch {
	case !at.IsZero() && act != "":
		return ": " + act + ", or wait for the reassignment at " + at.Format(time.RFC3339)
	case !at.IsZero():
		return ": wait for the reassignment at " + at.Format(time.RFC3339)
	case act != "":
		return ": " + act
	default:
		return ""
	}
}

// holds says whether a state is durable.
func (c *clerk) holds(s rollback.State) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saved.Join(s).Equal(c.saved)
}
