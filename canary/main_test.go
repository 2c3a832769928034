package canary_test

import (
	"log/slog"
	"os"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/goleak"
)

// The first provider is given the instruments of everything that was made before it; in whatever order the tests run, that must not be one that panics.
func TestMain(m *testing.M) {
	if how := os.Getenv(envCrash); how != "" {
		crashingProcess(how)
		return
	}
	otel.SetMeterProvider(noop.NewMeterProvider())
	slog.SetDefault(slog.New(slog.DiscardHandler)) // events are looked at where they are expected
	goleak.VerifyTestMain(m)
}
