package criteria

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Config declares what one epoch is judged by. It is plain data, read once by
// [NewJudge].
type Config struct {
	// Criteria, at least one. No two may share both name and role, and at most
	// one may be a [Backstop].
	Criteria []Criterion
	// Alpha, in (0, 1), bounds the probability that a candidate within every
	// tolerance is ever rolled back in this epoch, over all guardrails
	// together. Criteria with role Hold have a second budget of the same size,
	// those with role Observe a third that decides nothing. Zero means
	// [DefaultAlpha].
	Alpha float64
	// Numbers and Labels name the signals in the order of
	// [Observation.Numbers] and [Observation.Labels]; at most [MaxSignals] each.
	Numbers, Labels []string
	// LabelText names a label id of label signal i in verdicts. It is called by
	// [Judge.Verdicts] and, when a criterion fails, by [Judge.Fold]. Nil means
	// "label 7".
	LabelText func(signal int, id uint16) string
}

// A ConfigError is one thing wrong with a [Config]. [NewJudge] joins them all.
type ConfigError struct {
	// Field is the name of the criterion, or of the field of the Config.
	Field string
	// Problem says what was seen and what is allowed.
	Problem string
}

// Error returns the problem with its field and the package's name.
func (e *ConfigError) Error() string { return "criteria: " + e.Field + ": " + e.Problem }

// problems collects what is wrong with a configuration, all of it.
type problems struct {
	field string
	found []error
}

func (p *problems) add(format string, args ...any) {
	p.found = append(p.found, &ConfigError{Field: p.field, Problem: fmt.Sprintf(format, args...)})
}

func (p *problems) join() error { return errors.Join(p.found...) }

func (p *problems) checkTolerance(x float64) {
	if x != Strict && !(x >= 0 && x <= maxTolerance) {
		p.add("tolerance %v is neither in [0, %d] nor Strict", x, maxTolerance)
	}
}

func (p *problems) checkWeight(x float64) {
	if !(x >= 0) || math.IsInf(x, 1) {
		p.add("weight %v is not a finite number >= 0", x)
	}
}

func (p *problems) checkRole(r Role) {
	if r >= numRoles {
		p.add("role %d is not Guardrail, Hold or Observe", uint8(r))
	}
}

// checkSignal returns the position of a signal among the declared ones.
func (p *problems) checkSignal(kind, name string, declared []string) int {
	i := slices.Index(declared, name)
	if i < 0 {
		p.add("unknown %s signal %q, declared are %q", kind, name, declared)
	}
	return i
}

// checkNames reports too many, nameless and repeated signals.
func (p *problems) checkNames(names []string) {
	if len(names) > MaxSignals {
		p.add("%d signals, at most %d are allowed", len(names), MaxSignals)
	}
	for i, name := range names {
		if name == "" {
			p.add("signal %d has no name", i)
		} else if slices.Index(names, name) < i {
			p.add("signal %q is declared twice", name)
		}
	}
}

// alpha resolves the zero of Alpha.
func (c *Config) alpha() float64 {
	if c.Alpha == 0 {
		return DefaultAlpha
	}
	return c.Alpha
}
