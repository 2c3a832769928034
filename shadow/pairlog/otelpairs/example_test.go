package otelpairs_test

import (
	"context"
	"fmt"
	"math"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/pairlog/otelpairs"
)

// printed is an exporter; a real one sends to a collector.
type printed struct{}

func (printed) Export(_ context.Context, records []sdklog.Record) error {
	for _, r := range records {
		fmt.Println(r.Timestamp().Format(time.RFC3339), r.EventName(), r.Body())
	}
	return nil
}
func (printed) Shutdown(context.Context) error   { return nil }
func (printed) ForceFlush(context.Context) error { return nil }

func Example() {
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(printed{})))
	defer func() { _ = provider.Shutdown(context.Background()) }()

	sink, err := otelpairs.New(otelpairs.Config{Provider: provider})
	if err != nil {
		fmt.Println(err)
		return
	}
	sink.Put(&pairlog.Record{
		Time: time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC), Canary: "langdetect", Epoch: 1,
		Stable:    pairlog.Answer{Version: "1", Outcome: "ok", Output: []string{"de"}},
		Candidate: pairlog.Answer{Version: "2", Outcome: "timeout"},
		Distance:  math.NaN(), RerunDistance: math.NaN(),
	})
	_ = sink.Close(context.Background())
	// Output: 2026-11-23T06:00:00Z model_canary.pair {"stable.output":"[\"de\"]"}
}
