package report

import (
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// A Judgement is what criteria say when the pairs are handed to a [criteria.Judge] once more, in the order in which they were read.
//
// Criteria on pairs, [criteria.Disagreement] and [criteria.Difference], read every pair. Those that compare the arms rest on the coin of a router, and both models
// saw the same inputs here: to take both answers for two observations would count each input twice. So a fair coin, a hash of the pair, picks one of the two
// answers, and the other is as if it had never been: which is what a router with a share of one half does. [criteria.Backstop] reads no coin, and gets every answer
// of the candidate. Criteria on how long calls take and on who leaves are skipped: a shadow cannot tell.
//
//   - Assumes: inputs that are new each time; the log does not say which repeat.
//   - Guarantees: those of the criteria, for a share of one half.
type Judgement struct {
	// RolledBack is when a guardrail would have rolled the candidate back, Culprit the criterion that weighed most; nil: none would have. Held and HoldCulprit are
	// the same for holding the ramp.
	RolledBack  *Moment `json:"rolled_back,omitempty"`
	Culprit     string  `json:"culprit,omitempty"`
	Held        *Moment `json:"held,omitempty"`
	HoldCulprit string  `json:"hold_culprit,omitempty"`
	// LogE is the evidence of the guardrails in nats at the end, Limit what rolls back.
	LogE  float64 `json:"log_e"`
	Limit float64 `json:"limit"`
	// Ready says that not being worse is proven by all that have to, Reason what is missing.
	Ready  bool   `json:"ready"`
	Reason string `json:"reason"`
	// Verdicts are those of the criteria, in their order; Skipped are the others.
	Verdicts []Verdict `json:"verdicts"`
	Skipped  []Skipped `json:"skipped,omitempty"`
	// Dimensions are those along which the pairs were sliced.
	Dimensions []string `json:"dimensions,omitempty"`
}

// A Verdict is what one criterion says; see [criteria.Verdict] and [criteria.Gate].
type Verdict struct {
	Name    string          `json:"name"`
	Demand  string          `json:"demand"`
	Role    criteria.Role   `json:"role"`
	Result  criteria.Result `json:"result"`
	Finding string          `json:"finding,omitempty"`
	Slice   string          `json:"slice,omitempty"`
	Reason  string          `json:"reason"`
	LogE    float64         `json:"log_e"`
	Limit   float64         `json:"limit"`
	// Failed is when it was first seen to have failed; nil: it has not.
	Failed *Moment `json:"failed,omitempty"`
	// Gate is how far the proof of not being worse is; nil: it does not gate.
	Gate *Gate `json:"gate,omitempty"`
}

// found is the finding with the slice that it is of.
func (v Verdict) found() string {
	if v.Finding == "" || v.Slice == "" {
		return printable(v.Finding)
	}
	return printable(v.Finding + ", in " + v.Slice)
}

// A Gate is the proof of one criterion in nats, and what it has to reach.
type Gate struct {
	LogE   float64 `json:"log_e"`
	Limit  float64 `json:"limit"`
	Proven bool    `json:"proven"`
}

// A Skipped criterion could not be judged.
type Skipped struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// A Moment is a pair in the logs: the last of those that were looked at together.
type Moment struct {
	Pair int64     `json:"pair"`
	Time time.Time `json:"time"`
	File string    `json:"file"`
	Line int64     `json:"line"`
}

// String returns "pair 1,250 (2026-11-23 06:00:00 UTC, pairs.jsonl:1251)".
func (m Moment) String() string {
	return fmt.Sprintf("pair %s (%s UTC, %s:%d)", count(m.Pair), m.Time.UTC().Format("2006-01-02 15:04:05"), printable(m.File), m.Line)
}

// reason is what the criteria say in a sentence.
func (j *Judgement) reason() Reason {
	switch {
	case j.RolledBack != nil:
		return Reason{criteria.Fail, fmt.Sprintf("The criteria would have rolled it back at %s: %s.", j.RolledBack, printable(j.Culprit))}
	case len(j.Verdicts) == 0:
		return Reason{criteria.NoEvidence, "None of the criteria can be judged on a shadow's log."}
	case j.Held != nil:
		return Reason{criteria.NoEvidence, fmt.Sprintf("The criteria would have held the ramp at %s: %s.", j.Held, printable(j.HoldCulprit))}
	case j.Ready:
		return Reason{criteria.Pass, "The criteria prove that it is not worse."}
	}
	return Reason{criteria.NoEvidence, "The criteria neither roll it back nor prove it: " + printable(j.Reason) + "."}
}
