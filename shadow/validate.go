package shadow

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

const (
	maxQueue       = 65_536
	maxConcurrency = 1024
	maxAbandoned   = 4096
	maxTTL         = time.Minute
	maxTimeout     = 10 * time.Minute

	defaultBytes = 64 << 20
)

// problems collects what is wrong with a configuration.
type problems []error

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, &ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// Validate returns everything that New refuses of the configuration, joined [*ConfigError]s.
func (c *Config[In, Out]) Validate() error { return c.validate(true, true, true) }

func (c *Config[In, Out]) validate(stable, candidate, busy bool) error {
	var p problems
	if !(c.Rate >= 0 && c.Rate <= 1) {
		p.add("Rate", "%v is outside [0, 1]; it is a fraction, not percent", c.Rate)
	}
	if !(c.Tolerance >= 0) {
		p.add("Tolerance", "%v is negative or not a number", c.Tolerance)
	}
	if !(c.Rerun <= 1) {
		p.add("Rerun", "%v is above 1; it is a fraction, not percent", c.Rerun)
	}
	between(&p, "Queue", c.Queue, 0, maxQueue)
	between(&p, "Concurrency", c.Concurrency, 0, maxConcurrency)
	between(&p, "MaxAbandoned", c.MaxAbandoned, 0, maxAbandoned)
	between(&p, "TTL", c.TTL, 0, maxTTL)
	between(&p, "Timeout", c.Timeout, 0, maxTimeout)
	if c.MaxInFlight < Ungated {
		p.add("MaxInFlight", "%d is neither a number of requests, nor WhenIdle, nor Ungated", c.MaxInFlight)
	}
	if c.MaxBytes < 0 {
		p.add("MaxBytes", "%d is negative", c.MaxBytes)
	}
	c.validateSharing(&p)
	if !isNil(c.Log) && c.Redact == nil && !c.SafeOutputs {
		p.add("Log", "would hold the answers; give Redact, which turns an answer into what may be written of it, or set SafeOutputs if that is all of it")
	}
	if _, err := c.comparison(); err != nil {
		p = append(p, err)
	}
	if !stable && c.Rerun >= 0 {
		p.add("Rerun", "needs the stable model; give Host.Stable, or set it negative")
	}
	if !candidate {
		p.add("Host.Candidate", "is nil; give the model that runs in the shadow")
	}
	if !busy {
		p.add("Host.Busy", "is nil; say how many requests are with the models")
	}
	return errors.Join(p...)
}

// validateSharing refuses types that a shadow would share with the caller.
func (c *Config[In, Out]) validateSharing(p *problems) {
	if path, shares := sharesMemory(reflect.TypeFor[In]()); shares && c.Clone == nil {
		p.add("Clone", "is nil, and %s, which the shadow and the caller would share; give a function that copies an input", path)
	}
	if path, shares := sharesMemory(reflect.TypeFor[Out]()); shares && c.CloneOutput == nil {
		p.add("CloneOutput", "is nil, and %s, which the shadow and the caller would share; give a function that copies an answer", path)
	}
}

func between[T int | time.Duration](p *problems, field string, x, least, most T) {
	if x < least || x > most {
		p.add(field, "%v is outside [%v, %v]; 0 means the default", x, least, most)
	}
}

// withDefaults fills in what is not set.
func (c Config[In, Out]) withDefaults() Config[In, Out] {
	byDefault(&c.Queue, DefaultQueue)
	byDefault(&c.Concurrency, 1)
	byDefault(&c.TTL, DefaultTTL)
	byDefault(&c.Timeout, DefaultTimeout)
	byDefault(&c.MaxAbandoned, max(DefaultAbandoned, c.Concurrency))
	byDefault(&c.MaxBytes, defaultBytes)
	byDefault(&c.Rerun, DefaultRerun)
	if isNil(c.Log) {
		c.Log = nil
	}
	return c
}

func byDefault[T int | int64 | float64 | time.Duration](x *T, value T) {
	if *x == 0 {
		*x = value
	}
}

func isNil(s pairlog.Sink) bool {
	if s == nil {
		return true
	}
	v := reflect.ValueOf(s)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
