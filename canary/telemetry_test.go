package canary_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// globalProvider makes p the application's meter provider for a test.
func globalProvider(t testing.TB, p metric.MeterProvider) {
	t.Helper()
	otel.SetMeterProvider(p)
	t.Cleanup(func() { otel.SetMeterProvider(noop.NewMeterProvider()) })
}

// measured is a reader of all that canaries made from now on tell.
func measured(t testing.TB) *sdk.ManualReader {
	t.Helper()
	reader := sdk.NewManualReader()
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	globalProvider(t, provider)
	t.Cleanup(func() { require.NoError(t, provider.Shutdown(context.Background())) })
	return reader
}

// series are the values of the instruments: "name{key=value ...}", for a histogram the count.
type series map[string]float64

func collect(t testing.TB, reader *sdk.ManualReader) (values series, units map[string]string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(context.Background(), &all))
	values, units = series{}, map[string]string{}
	for _, scope := range all.ScopeMetrics {
		require.Equal(t, "github.com/modelcanary/go-sdk/canary", scope.Scope.Name)
		require.NotEmpty(t, scope.Scope.Version)
		for _, m := range scope.Metrics {
			require.NotEmpty(t, m.Description, m.Name)
			units[m.Name] = kindOf(m.Data) + " " + m.Unit
			read(values, m)
		}
	}
	return values, units
}

func kindOf(data metricdata.Aggregation) string {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		if d.IsMonotonic {
			return "counter"
		}
		return "updowncounter"
	case metricdata.Gauge[float64]:
		return "gauge"
	case metricdata.Histogram[float64]:
		return "histogram"
	default:
		return fmt.Sprintf("%T", data)
	}
}

func read(values series, m metricdata.Metrics) {
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			values[m.Name+labels(p.Attributes)] = float64(p.Value)
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			values[m.Name+labels(p.Attributes)] = p.Value
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			values[m.Name+labels(p.Attributes)] = float64(p.Count)
			values[m.Name+".sum"+labels(p.Attributes)] = p.Sum
		}
	}
}

// labels are the attributes but the name of the canary, which every series has.
func labels(set attribute.Set) string {
	text := ""
	for _, kv := range set.ToSlice() {
		if kv.Key != "model_canary.name" {
			text += fmt.Sprintf(" %s=%s", kv.Key, kv.Value.String())
		}
	}
	if v, ok := set.Value("model_canary.name"); !ok || v.AsString() != "test" {
		return "{without its canary's name}"
	}
	return "{" + text[min(1, len(text)):] + "}"
}

// The names, kinds, units, attributes and values of everything a canary tells.
func TestInstruments(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		reader := measured(t)
		client, hand := flagAt(t, 50)
		cfg := configOf(client)
		cfg.Criteria = []criteria.Criterion{criteria.ErrorRate{Role: criteria.Observe}, criteria.Latency{Role: criteria.Observe}, criteria.Backstop{Limit: 0.99}}
		cfg.Key = func(_ context.Context, in string) string {
			if in == "panic" {
				panic("key")
			}
			return in
		}
		bad := false
		cfg.Signals.Labels = canary.Labels[string, string]{"moody": func(string, string) string {
			if bad {
				panic("mood")
			}
			return "x"
		}}
		cfg.Stable.Predictor = canary.Func(func(ctx context.Context, in string) (string, error) {
			<-time.After(10 * time.Millisecond)
			return in, ctx.Err()
		})
		cfg.Candidate.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			<-time.After(20 * time.Millisecond)
			return "", errModel
		})
		store := newShelf()
		cfg.Store = store
		c := open(t, cfg)

		stableKey, candidateKey := keyOf(t, c, canary.Stable), keyOf(t, c, canary.Candidate)
		pass(2 * time.Second)
		before, _ := collect(t, reader)

		for range 7 {
			_, _ = c.Predict(t.Context(), stableKey)
		}
		for range 5 {
			_, _ = c.Predict(t.Context(), candidateKey)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 3 {
			_, _ = c.Predict(gone, stableKey)
		}
		for range 2 {
			_, _ = c.Predict(t.Context(), "")
		}
		_, _ = c.Predict(t.Context(), "panic")
		bad = true
		_, _ = c.Predict(t.Context(), stableKey)
		_, _, _ = c.Decide(t.Context(), stableKey)
		pass(3 * time.Second) // the burst is replayed although no traffic follows
		after, units := collect(t, reader)

		require.Equal(t, map[string]string{
			"model_canary.prediction.duration":  "histogram s",
			"model_canary.selection":            "counter {selection}",
			"model_canary.fallback":             "counter {prediction}",
			"model_canary.criterion.evaluation": "counter {evaluation}",
			"model_canary.audit.failure":        "counter {line}", "model_canary.callback.failure": "counter {call}",
			"model_canary.evidence.thinned":    "counter {request}",
			"model_canary.state.undurable":     "updowncounter {canary}",
			"model_canary.store.failure":       "counter {operation}",
			"model_canary.event.dropped":       "counter {event}",
			"model_canary.state":               "updowncounter {canary}",
			"model_canary.candidate.abandoned": "updowncounter {call}",
			"model_canary.share":               "gauge 1",
		}, units, "what has not happened is not told")

		rise := series{}
		for name, value := range after {
			if d := value - before[name]; math.Abs(d) > 1e-9 {
				rise[name] = math.Round(1e9*d) / 1e9
			}
		}
		evaluations := 0
		maps.DeleteFunc(rise, func(name string, _ float64) bool {
			evaluation := len(name) > 33 && name[:33] == "model_canary.criterion.evaluation"
			if evaluation {
				evaluations++
			}
			return evaluation
		})
		require.Equal(t, 3, evaluations, "of each criterion")
		split := func(arm string) string {
			return "model_canary.selection{feature_flag.key=rollout feature_flag.result.reason=split model_canary.arm=" + arm + " model_canary.reason=split}"
		}
		keyless := func(reason string) string {
			return "model_canary.selection{feature_flag.key=rollout feature_flag.result.reason=default model_canary.arm=stable model_canary.reason=" + reason + "}"
		}
		require.Equal(t, series{
			split("stable"):       12,
			split("candidate"):    5,
			keyless("empty_key"):  2,
			keyless("key_failed"): 1,
			"model_canary.prediction.duration{model_canary.arm=stable}":                          12,
			"model_canary.prediction.duration.sum{model_canary.arm=stable}":                      0.12,
			"model_canary.prediction.duration{error.type=cancelled model_canary.arm=stable}":     3,
			"model_canary.prediction.duration.sum{error.type=cancelled model_canary.arm=stable}": 0.03,
			"model_canary.prediction.duration{error.type=error model_canary.arm=candidate}":      5,
			"model_canary.prediction.duration.sum{error.type=error model_canary.arm=candidate}":  0.1,
			"model_canary.fallback{error.type=error}":                                            5,
			"model_canary.callback.failure{model_canary.callback=key}":                           1,
			"model_canary.callback.failure{model_canary.callback=label:moody}":                   2,
		}, rise)
		require.InDelta(t, 0.5, after["model_canary.share{}"], 1e-12)
		requireState(t, after, "ramping")

		require.NoError(t, hand.Set(rollout, "nonsense"))
		store.breakSwap(failSwap)
		require.Error(t, c.Rollback(t.Context(), "alice", "worse").Err)
		pass(2 * time.Second)
		after, units = collect(t, reader)
		require.Equal(t, "counter {rollback}", units["model_canary.rollback"])
		require.Equal(t, "counter {evaluation}", units["model_canary.flag.error"])
		require.InDelta(t, 1, after["model_canary.rollback{model_canary.criterion=person model_canary.origin=manual}"], 0)
		require.GreaterOrEqual(t, after["model_canary.flag.error{error.type=type_mismatch feature_flag.key=rollout}"], 1.0)
		require.GreaterOrEqual(t, after["model_canary.store.failure{}"], 1.0)
		require.Zero(t, after["model_canary.share{}"])
		require.InDelta(t, 1, after["model_canary.state.undurable{}"], 0, "loud, until it is stored")
		requireState(t, after, "rolled_back")
		store.breakSwap(nil)
		pass(time.Minute)
		after, _ = collect(t, reader)
		require.Zero(t, after["model_canary.state.undurable{}"])
	})
}

// requireState asserts that one state has a 1 and the others have a 0.
func requireState(t *testing.T, values series, state string) {
	t.Helper()
	states := series{}
	for _, name := range []string{"shadow", "ramping", "promoted", "finished", "rolled_back", "routing_broken", "state_unknown", "no_candidate", "closed"} {
		states[name] = values["model_canary.state{model_canary.state="+name+"}"]
	}
	want := series{
		"shadow": 0, "ramping": 0, "promoted": 0, "finished": 0, "rolled_back": 0, "routing_broken": 0, "state_unknown": 0, "no_candidate": 0, "closed": 0,
	}
	want[state] = 1
	require.Equal(t, want, states)
}

// Requests that the ledger has no room for are in the totals, too.
func TestCountsAreExactWhenThinned(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const requests = 700
		reader := measured(t)
		cfg := config(t, 50)
		cfg.CandidateTimeout = -1
		slow := canary.Func(func(_ context.Context, in string) (string, error) {
			<-time.After(time.Second)
			return in, nil
		})
		cfg.Stable.Predictor, cfg.Candidate.Predictor = slow, slow
		c, err := canary.NewOfSlots(cfg, 64)
		require.NoError(t, err)
		var wg sync.WaitGroup
		for i := range requests {
			wg.Go(func() { _, _ = c.Predict(context.Background(), fmt.Sprint(i)) })
		}
		wg.Wait()
		pass(3 * time.Second)
		values, _ := collect(t, reader)
		var calls, selections, seconds float64
		for _, arm := range []string{"stable", "candidate"} {
			calls += values["model_canary.prediction.duration{model_canary.arm="+arm+"}"]
			seconds += values["model_canary.prediction.duration.sum{model_canary.arm="+arm+"}"]
			selections += values["model_canary.selection{feature_flag.key=rollout feature_flag.result.reason=split model_canary.arm="+arm+" model_canary.reason=split}"]
		}
		require.InDelta(t, requests, calls, 0)
		require.InDelta(t, requests, selections, 0)
		require.InDelta(t, requests, seconds, 1e-6)
		require.InDelta(t, requests-64, values["model_canary.evidence.thinned{}"], 0)
		require.NoError(t, c.Shutdown(t.Context()))
		values, _ = collect(t, reader)
		require.Empty(t, slices.DeleteFunc(slices.Collect(maps.Keys(values)), func(name string) bool { return name[:32] == "model_canary.prediction.duration" }),
			"a canary that is shut down takes its observers back")
	})
}

// Telemetry costs a request nothing: it is the keeper who tells.
func TestTelemetryDoesNotAllocate(t *testing.T) {
	measured(t)
	cfg := config(t, 50)
	cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) { return in, nil })
	cfg.Candidate.Predictor = cfg.Stable.Predictor
	cfg.CandidateTimeout = 10 * time.Minute // real time, on any machine
	c := open(t, cfg)
	ctx := t.Context()
	call := func() { _, _ = c.Predict(ctx, "x") }
	for range 1000 {
		call()
	}
	require.Zero(t, testing.AllocsPerRun(1000, call))
}

// panicking is a meter provider that panics, halfPanicking one that panics when the instruments are registered.
type panicking struct{ metric.MeterProvider }

func (panicking) Meter(string, ...metric.MeterOption) metric.Meter { panic(nasty{}) }

type halfPanicking struct{ metric.MeterProvider }

func (halfPanicking) Meter(string, ...metric.MeterOption) metric.Meter {
	return panickingMeter{noop.Meter{}}
}

type panickingMeter struct{ metric.Meter }

func (panickingMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	panic("register")
}

// failingProvider cannot make an instrument.
type failingProvider struct{ metric.MeterProvider }

func (failingProvider) Meter(string, ...metric.MeterOption) metric.Meter {
	return failingMeter{noop.Meter{}}
}

type failingMeter struct{ metric.Meter }

func (failingMeter) Float64ObservableGauge(string, ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	return nil, errModel
}

// recordPanics panics with every record.
type recordPanics struct{ metric.MeterProvider }

func (recordPanics) Meter(string, ...metric.MeterOption) metric.Meter {
	return recordMeter{noop.Meter{}}
}

type recordMeter struct{ metric.Meter }

func (recordMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return panickingHistogram{}, nil
}

type panickingHistogram struct{ noop.Float64Histogram }

func (panickingHistogram) Enabled(context.Context) bool { return true }
func (panickingHistogram) Record(context.Context, float64, ...metric.RecordOption) {
	panic("record")
}

// Whatever the application's telemetry does, the canary works.
func TestTelemetryThatFails(t *testing.T) {
	for name, tc := range map[string]struct {
		provider metric.MeterProvider
		told     string
	}{
		"the provider panics":     {panicking{noop.MeterProvider{}}, "panicked with a canary_test.nasty"},
		"registration panics":     {halfPanicking{noop.MeterProvider{}}, "panicked with a string"},
		"an instrument is not":    {failingProvider{noop.MeterProvider{}}, errModel.Error()},
		"every record panics":     {recordPanics{noop.MeterProvider{}}, ""},
		"nobody wants to know it": {noop.MeterProvider{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				globalProvider(t, tc.provider)
				cfg := config(t, 50)
				var j journal
				cfg.OnEvent = j.note
				c := open(t, cfg)
				for i := range 100 {
					_, err := c.Predict(t.Context(), fmt.Sprint(i))
					require.NoError(t, err)
				}
				pass(5 * time.Second)
				if tc.told != "" {
					require.Contains(t, j.only(t, canary.TelemetryFailed).Message, tc.told)
				} else {
					require.Empty(t, j.all(canary.TelemetryFailed))
				}
				s := c.Snapshot()
				require.EqualValues(t, 100, s.Requests[canary.Stable].Calls+s.Requests[canary.Candidate].Calls)
				require.NoError(t, c.Rollback(t.Context(), "alice", "worse").Err)
				requireShare(t, c, 0, canary.ReasonRolledBack)
			})
		})
	}
}

// A new epoch begins no count anew, whether the one before it has ended yet or not.
func TestCountsOutliveEpochs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		reader := measured(t)
		cfg := config(t, 50)
		hang := make(chan struct{})
		cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			if in == "hang" {
				<-hang
			}
			return "stable: " + in, nil
		})
		c := open(t, cfg)
		hanging := make(chan struct{})
		serve := func(n int) {
			for i := range n {
				_, err := c.Predict(t.Context(), fmt.Sprint("user ", i))
				require.NoError(t, err)
			}
			pass(2 * time.Second)
		}
		total := func() (sum float64) {
			values, _ := collect(t, reader)
			for name, n := range values {
				if strings.HasPrefix(name, "model_canary.selection{") {
					sum += n
				}
			}
			return sum
		}
		serve(100)
		c.Rollback(t.Context(), "alice", "worse")
		require.InDelta(t, 100, total(), 0)
		go func() {
			defer close(hanging)
			_, _ = c.Predict(t.Context(), "hang")
		}()
		synctest.Wait()
		require.NoError(t, c.Begin(t.Context(), "alice", versionOf("3")))
		pass(2 * time.Second)
		serve(10)
		require.GreaterOrEqual(t, total(), 110.0, "the old epoch waits for a call")
		close(hang)
		<-hanging
		pass(2 * time.Second)
		require.InDelta(t, 111, total(), 0)
		values, _ := collect(t, reader)
		require.InDelta(t, 1, values["model_canary.rollback{model_canary.criterion=person model_canary.origin=manual}"], 0)
		require.EqualValues(t, 10, c.Snapshot().Requests[canary.Stable].Calls+c.Snapshot().Requests[canary.Candidate].Calls, "of this epoch")
	})
}
