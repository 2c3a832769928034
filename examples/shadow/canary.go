package main

import (
	"log/slog"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// newCanary is what the service declares. The candidate's share stays 0, so all
// that is known of it comes from its shadow. Which answers differ is for a person
// to look at, so the criteria hold the ramp and do not roll back: that would end
// the shadow.
func newCanary(stable, candidate predictor, flags canary.FlagClient, log pairlog.Sink, tell func(canary.Event)) (*canary.Canary[Text, Label], error) {
	return canary.New(canary.Config[Text, Label]{
		Name:      "langdetect",
		Stable:    canary.Model[Text, Label]{Version: "whatlang-1.0.1", Predictor: stable},
		Candidate: canary.Model[Text, Label]{Version: "lingua-1.4.0-low", Predictor: candidate},
		Flags:     canary.Flags{Client: flags, Rollout: rolloutFlag, Shadow: shadowFlag},
		Signals: canary.Signals[Text, Label]{
			Numbers: canary.Numbers[Text, Label]{
				"confidence": func(_ Text, l Label) float64 { return l.Confidence },
				"expected":   expected, // what can be known about being right without knowing the truth
			},
			Labels: canary.Labels[Text, Label]{"language": func(_ Text, l Label) string { return l.Code }},
			Slices: canary.Slices[Text]{
				"market": func(t Text) string { return t.Market },
				"length": Text.length,
				"script": Text.script,
			},
		},
		Criteria: criteriaAs(criteria.Hold),
		Shadow: shadow.Config[Text, Label]{
			Equal:       func(stable, candidate Label) bool { return stable.Code == candidate.Code },
			Distance:    distance,
			Rerun:       1, // stable is quick
			Log:         log,
			Redact:      func(l Label) any { return l.Code },
			RedactInput: func(t Text) any { return t.ID }, // what users write is nobody's business
		},
		OnEvent: tell,
		Logger:  slog.New(slog.DiscardHandler), // tell prints them
	})
}

// criteriaAs are what the candidate must be no worse in, and what happens if it is.
func criteriaAs(role criteria.Role) []criteria.Criterion {
	return []criteria.Criterion{
		criteria.Disagreement{Role: role},                                          // on at most 5 % more texts than stable with itself
		criteria.Difference{Signal: "expected", Want: criteria.Higher, Role: role}, // the language of the market as often found as lost
	}
}

func expected(t Text, l Label) float64 {
	if l.Code == t.Market {
		return 1
	}
	return 0
}

// distance is 0 for the same language, and otherwise how sure the two models are
// of theirs, up to 2: the gravest differences are those of which both are sure.
func distance(stable, candidate Label) float64 {
	if stable.Code == candidate.Code {
		return 0
	}
	return stable.Confidence + candidate.Confidence
}

// The flags of the canary, both in percent.
const (
	rolloutFlag = "langdetect-rollout"
	shadowFlag  = "langdetect-shadow"
)
