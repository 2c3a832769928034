package canary

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

// FeedbackHandlerConfig bounds what comes in by a [FeedbackHandler]. The zero value is for browsers and apps: whoever has a token may report, and is not trusted.
type FeedbackHandlerConfig struct {
	// Authorize says who may report, beside having a token: an error refuses the request with 403, without its text. nil: everybody. It is called before the body is
	// read, concurrently; a panic refuses, too.
	Authorize func(*http.Request) error
	// Trusted says that what comes in is a server's and not a client's, see [Report]. It needs an Authorize.
	Trusted bool
	// MaxBytes is how large a body may be; 0 means 64 KiB, at most 16 MiB.
	MaxBytes int64
	// MaxReports is how many reports a request may have; 0 means 100.
	MaxReports int
	// Rate is how many reports a second are looked at, those of all requests together; 0 means 1,000, negative: no limit. What is beyond is refused with 429.
	Rate float64
}

// FeedbackTaker takes feedback. A *[Canary] is one.
type FeedbackTaker interface {
	FeedbackBatch(ctx context.Context, reports []Report) []error
}

// FeedbackHandler is an endpoint for feedback. It takes POST requests with JSON, one report or several:
//
//	{"token": "v1.k1...", "signal": "corrected", "value": 1}
//	{"reports": [{"token": "...", "signal": "converted", "value": 1}, ...]}
//
// and answers 200 with how many were taken and why the others were not, {"taken": 1, "refused": [{"index": 1, "reason": "duplicate"}]}, or 400, 403, 405, 413, 415 or
// 429. Nothing in an answer tells the arm, and what is wrong with a token is only ever "token". To bound slow requests is the business of the [http.Server].
//
// The error joins a [*ConfigError] for everything that is wrong with the configuration. The handler is safe for concurrent use.
func FeedbackHandler(to FeedbackTaker, cfg FeedbackHandlerConfig) (http.Handler, error) {
	var p problems
	if isNil(to) {
		p.add("FeedbackHandler", "without anybody who takes feedback; give a canary")
	}
	if cfg.Trusted && cfg.Authorize == nil {
		p.add("FeedbackHandlerConfig.Trusted", "without Authorize: everybody who has a token would be trusted")
	}
	h, err := intake.New(intake.Config{
		Sink: sinkOf(to, !cfg.Trusted), Authorize: cfg.Authorize, MaxBytes: cfg.MaxBytes, MaxReports: cfg.MaxReports, Rate: cfg.Rate,
	})
	if err != nil {
		p = append(p, fmt.Errorf("canary: feedback handler: %w", err))
	}
	if err := errors.Join(p...); err != nil {
		return nil, err
	}
	return h, nil
}

// sinkOf takes the reports of a handler, one at a time.
func sinkOf(to FeedbackTaker, client bool) intake.Sink {
	return func(ctx context.Context, r intake.Report) (reason string) {
		failed := to.FeedbackBatch(ctx, []Report{{Token: r.Token, Signal: r.Signal, Value: r.Value, Client: client}})
		if len(failed) == 0 || failed[0] == nil {
			return ""
		}
		if refused, ok := errors.AsType[*FeedbackError](failed[0]); ok {
			return string(refused.Reason)
		}
		return "unavailable"
	}
}
