package canary_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// listener is a greeter that is told what people made of its greetings.
func listener() (c *canary.Canary[string, string], end func()) {
	cfg, endFlags := greeter(50)
	cfg.Criteria = []criteria.Criterion{
		criteria.Feedback{Signal: "corrected", Want: criteria.Lower, Within: time.Hour},
		criteria.Feedback{Signal: canary.DownstreamSignal("printer"), Want: criteria.Lower, Within: time.Minute},
	}
	cfg.Tokens = canary.Tokens{Keys: []canary.TokenKey{{ID: "2026-11", Secret: []byte("32 bytes or more that are random")}}}
	c, err := canary.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	return c, func() { _ = c.Shutdown(context.Background()); endFlags() }
}

// A user corrects a greeting, some time after it.
func ExampleCanary_Feedback() {
	ctx := context.Background()
	greeter, end := listener()
	defer end()

	_, decision, err := greeter.Decide(ctx, "Alice")
	if err != nil {
		log.Fatal(err)
	}
	token := decision.Token() // goes with the greeting: into a form, a row, an event

	// Later, anywhere.
	fmt.Println(greeter.Feedback(ctx, token, "corrected", 1))

	err = greeter.Feedback(ctx, token, "corrected", 1)
	var refused *canary.FeedbackError
	fmt.Println(errors.As(err, &refused), refused.Reason)
	fmt.Println(greeter.Feedback(ctx, token, "liked", 1))
	// Output:
	// <nil>
	// true duplicate
	// canary: feedback "liked" refused (unknown_signal): no criteria.Feedback asks for it
}

// A job joins decisions with what a warehouse knows.
func ExampleCanary_FeedbackBatch() {
	ctx := context.Background()
	greeter, end := listener()
	defer end()
	_, alice, _ := greeter.Decide(ctx, "Alice")
	_, bob, _ := greeter.Decide(ctx, "Bob")

	failed := greeter.FeedbackBatch(ctx, []canary.Report{
		{Token: alice.Token(), Signal: "corrected", Value: 1},
		{Token: bob.Token(), Signal: "corrected", Value: 2},
	})
	for i, err := range failed {
		fmt.Println(i, err)
	}
	// Output:
	// 0 <nil>
	// 1 canary: feedback "corrected" refused (value): 2 is not from 0 to 1
}

// What is made of an answer fails.
func ExampleDecision_Downstream() {
	ctx := context.Background()
	greeter, end := listener()
	defer end()

	greeting, decision, err := greeter.Decide(ctx, "Alice")
	if err != nil {
		log.Fatal(err)
	}
	decision.Downstream("printer", printed(greeting))

	for _, signal := range greeter.Snapshot().Feedback.Signals {
		fmt.Println(signal.Name, signal.Servers[canary.Stable]+signal.Servers[canary.Candidate])
	}
	// Output:
	// corrected 0
	// printer.error 1
}

func printed(string) error { return errors.New("out of paper") }

// An app reports by HTTP.
func ExampleFeedbackHandler() {
	ctx := context.Background()
	greeter, end := listener()
	defer end()
	handler, err := canary.FeedbackHandler(greeter, canary.FeedbackHandlerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/feedback", handler)

	_, decision, _ := greeter.Decide(ctx, "Alice")
	body := fmt.Sprintf(`{"token": %q, "signal": "corrected", "value": 1}`, decision.Token())
	for range 2 {
		request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/feedback", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		fmt.Println(answer.Code, strings.TrimSpace(answer.Body.String()))
	}
	// Output:
	// 200 {"taken":1,"refused":[]}
	// 200 {"taken":0,"refused":[{"index":0,"reason":"duplicate"}]}
}

// A token travels with a request to another service, which reports with what it was sent.
func ExampleBaggageWithToken() {
	greeter, end := listener()
	defer end()
	_, decision, _ := greeter.Decide(context.Background(), "Alice")

	// The service that has asked the model calls the printer.
	ctx, err := canary.BaggageWithToken(context.Background(), decision.Token())
	if err != nil {
		log.Fatal(err)
	}
	header := http.Header{}
	propagation.Baggage{}.Inject(ctx, propagation.HeaderCarrier(header))

	// The printer finds the token in the context of its request.
	ctx = propagation.Baggage{}.Extract(context.Background(), propagation.HeaderCarrier(header))
	fmt.Println(canary.TokenFromContext(ctx) == decision.Token())
	fmt.Println(greeter.Feedback(ctx, "", canary.DownstreamSignal("printer"), 1))
	// Output:
	// true
	// <nil>
}

// Without baggage there is a header.
func ExampleInjectToken() {
	header := http.Header{}
	canary.InjectToken(canary.ContextWithToken(context.Background(), "v1.k1.x.y"), header)
	fmt.Println(header)
	fmt.Println(canary.TokenFromContext(canary.ExtractToken(context.Background(), header)))
	// Output:
	// map[Model-Canary-Token:[v1.k1.x.y]]
	// v1.k1.x.y
}
