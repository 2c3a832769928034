package report

import (
	"errors"
	"fmt"

	"github.com/modelcanary/go-sdk/criteria"
)

// Config says what is read of the logs. It is plain data, read once. The zero value is ready for use.
type Config struct {
	// Canary, Epoch and Candidate choose the trial: its canary's name, its epoch, and its candidate's version. Empty and 0 match every one; of those that match,
	// the one that began last is taken.
	Canary    string
	Epoch     uint64
	Candidate string

	// Limit is the fraction of inputs on which the candidate may differ beyond what stable differs from itself, in (0, 1). 0 means
	// [criteria.DefaultDisagreement].
	Limit float64
	// FailureLimit is the fraction of inputs by which the candidate may fail more often than stable, in (0, 1). 0 means [criteria.DefaultMargin].
	FailureLimit float64

	// Top is how many of the biggest differences are kept, at most 1,000; 0 means 50, negative none.
	Top int
	// Sample is how many differing pairs are drawn at random besides, at most 1,000; 0 means 30, negative none.
	Sample int

	// Criteria are those that the pairs are judged by once more, as a canary would have; none: they are not. See [Judgement].
	Criteria []criteria.Criterion
	// Alpha and Beta are those of [criteria.Config].
	Alpha, Beta float64

	// Progress is told how many of the bytes of all files were read, now and then, on the goroutine of [Read]; nil: nobody is. Total is 0 when it is not known.
	Progress func(read, total int64)
}

const (
	defaultTop    = 50
	defaultSample = 30
	maxExamples   = 1000
)

func (c Config) validate() error {
	var problems []error
	bad := func(field string, value any, allowed string) {
		problems = append(problems, fmt.Errorf("report: %s %v outside %s", field, value, allowed))
	}
	if !(c.Limit >= 0 && c.Limit < 1) {
		bad("Limit", c.Limit, "[0, 1)")
	}
	if !(c.FailureLimit >= 0 && c.FailureLimit < 1) {
		bad("FailureLimit", c.FailureLimit, "[0, 1)")
	}
	if c.Top > maxExamples {
		bad("Top", c.Top, "(-inf, 1000]")
	}
	if c.Sample > maxExamples {
		bad("Sample", c.Sample, "(-inf, 1000]")
	}
	if len(c.Criteria) > 0 {
		if _, err := newReplay(c, nil); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

func (c Config) limit() float64 { return orDefault(c.Limit, criteria.DefaultDisagreement) }

func (c Config) failureLimit() float64 { return orDefault(c.FailureLimit, criteria.DefaultMargin) }

func (c Config) top() int { return max(0, orDefault(c.Top, defaultTop)) }

func (c Config) sample() int { return max(0, orDefault(c.Sample, defaultSample)) }

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}
