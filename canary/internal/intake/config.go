package intake

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

const (
	defaultBytes   = 64 << 10
	maxBytes       = 16 << 20
	defaultReports = 100
	maxReports     = 10_000
	defaultRate    = 1000
)

// Report is what somebody says became of one decision.
type Report struct {
	Token  string  // of the decision; not empty, otherwise as it came
	Signal string  // not empty, otherwise as it came
	Value  float64 // finite
}

// Sink takes a report and returns "", or refuses it and returns the reason. Reasons are names of a closed set, of a-z and '_' and at most 32 bytes, and are told
// to the client: they must not depend on the arm. "malformed", "version", "unknown_key" and "forged" are all told as "token", what is no name as "refused".
//
// A sink is called by many goroutines. The context is the request's.
type Sink func(ctx context.Context, r Report) (reason string)

// Config says what a handler takes. Only Sink is required.
type Config struct {
	// Sink takes the reports.
	Sink Sink
	// Authorize is asked before the body is read, by many goroutines; an error is answered with 403, its text is kept from the client. Nil: whoever has a token
	// may report on it.
	Authorize func(*http.Request) error
	// MaxBytes bounds the body of a request, up to 16 MiB. 0 is 64 KiB.
	MaxBytes int64
	// MaxReports bounds the reports in a request, up to 10,000. 0 is 100.
	MaxReports int
	// Rate is how many reports a second are taken, of all requests together. A request that cannot be read counts as one. 0 is 1,000; negative: no limit.
	Rate float64
	// Burst is how many reports may come at once after a pause, at least MaxReports. 0 is the greater of Rate and MaxReports. Without a limit it has no meaning.
	Burst int
	// Now is the clock of the limit. Nil is time.Now.
	Now func() time.Time
	// Panicked is told the value of a panic of Authorize ("authorize") or the sink ("sink"), which is answered with 500, on the goroutine of the request. Nil:
	// nobody is told. [http.ErrAbortHandler] is passed on to the server.
	Panicked func(who string, value any)
}

// complete fills in the defaults and returns what is wrong with the rest.
func (c *Config) complete() error {
	c.fill()
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf("intake: "+format, args...)) }
	if c.Sink == nil {
		problem("Sink is nil")
	}
	if c.MaxBytes < 1 || c.MaxBytes > maxBytes {
		problem("MaxBytes %d outside [0, %d]", c.MaxBytes, maxBytes)
	}
	if c.MaxReports < 1 || c.MaxReports > maxReports {
		problem("MaxReports %d outside [0, %d]", c.MaxReports, maxReports)
	}
	if math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0) {
		problem("Rate %v is not finite; negative is no limit", c.Rate)
	}
	if c.Burst < 0 || c.Rate > 0 && c.Burst < c.MaxReports {
		problem("Burst %d is below MaxReports %d: a full request could never pass", c.Burst, c.MaxReports)
	}
	return errors.Join(errs...)
}

func (c *Config) fill() {
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultBytes
	}
	if c.MaxReports == 0 {
		c.MaxReports = defaultReports
	}
	if c.Rate == 0 {
		c.Rate = defaultRate
	}
	if c.Burst == 0 {
		c.Burst = max(int(min(c.Rate, math.MaxInt32)), c.MaxReports)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Panicked == nil {
		c.Panicked = func(string, any) {}
	}
}
