package otelpairs

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// kept is an exporter that keeps records.
type kept struct {
	mu      sync.Mutex
	records []sdklog.Record
}

func (k *kept) Export(_ context.Context, records []sdklog.Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range records {
		k.records = append(k.records, records[i].Clone())
	}
	return nil
}

func (*kept) Shutdown(context.Context) error   { return nil }
func (*kept) ForceFlush(context.Context) error { return nil }

// emitted is what arrives at an exporter of the real SDK.
func emitted(t *testing.T, cfg Config, records ...*pairlog.Record) ([]sdklog.Record, *Sink) {
	t.Helper()
	var k kept
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(&k)))
	cfg.Provider = provider
	s, err := New(cfg)
	require.NoError(t, err)
	for _, r := range records {
		s.Put(r)
	}
	require.NoError(t, s.Close(t.Context()))
	require.NoError(t, provider.Shutdown(t.Context()))
	return k.records, s
}

func attributesOf(r *sdklog.Record) map[string]any {
	m := map[string]any{}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		m[string(kv.Key)] = kv.Value.AsInterface()
		return true
	})
	return m
}

func bodyOf(r *sdklog.Record) map[string]string {
	m := map[string]string{}
	for _, kv := range r.Body().AsMap() {
		m[string(kv.Key)] = kv.Value.AsString()
	}
	return m
}

func sample() *pairlog.Record {
	return &pairlog.Record{
		Time: time.Date(2026, 11, 23, 6, 10, 18, 0, time.UTC), Canary: "langdetect", Epoch: 3, Trace: "0af7651916cd43dd8448eb211c80319c", Rate: 0.1,
		Slices: map[string]string{"script": "latin"}, Input: "Guten Tag",
		Stable: pairlog.Answer{
			Version: "1.4.0", Outcome: "ok", Duration: 210 * time.Microsecond, Output: map[string]any{"language": "de", "p": math.NaN()},
			Numbers: map[string]float64{"confidence": 0.93}, Labels: map[string]string{"language": "de"}, Checks: map[string]bool{"cited": true},
		},
		Candidate: pairlog.Answer{Version: "2.0.0", Outcome: "error", Class: "timeout", Duration: time.Second},
		Rerun:     &pairlog.Answer{Version: "1.4.0", Outcome: "ok", Output: "\xff"},
		Differs:   true, Distance: math.NaN(), RerunDistance: 0.5,
	}
}

func TestARecordBecomesAnEvent(t *testing.T) {
	records, s := emitted(t, Config{}, sample())
	require.Len(t, records, 1)
	r := &records[0]
	require.Equal(t, "model_canary.pair", r.EventName())
	require.Equal(t, log.SeverityInfo, r.Severity())
	require.True(t, sample().Time.Equal(r.Timestamp()))
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", r.TraceID().String())
	require.Equal(t, map[string]any{
		"model_canary.name": "langdetect", "model_canary.epoch": int64(3), "model_canary.pair.rate": 0.1, "model_canary.pair.quadrant": "ok/error",
		"model_canary.pair.differs": true, "model_canary.pair.rerun_differs": false, "model_canary.pair.rerun_distance": 0.5,
		"model_canary.slice.script":   "latin",
		"model_canary.stable.version": "1.4.0", "model_canary.stable.outcome": "ok", "model_canary.stable.duration_s": 0.00021,
		"model_canary.stable.number.confidence": 0.93, "model_canary.stable.label.language": "de", "model_canary.stable.check.cited": true,
		"model_canary.candidate.version": "2.0.0", "model_canary.candidate.outcome": "error", "model_canary.candidate.class": "timeout", "model_canary.candidate.duration_s": 1.0,
		"model_canary.rerun.version": "1.4.0", "model_canary.rerun.outcome": "ok", "model_canary.rerun.duration_s": 0.0,
	}, attributesOf(r))
	require.Equal(t, map[string]string{
		"input": `"Guten Tag"`, "stable.output": `{"language":"de","p":"NaN"}`, "rerun.output": `{"$base64":"/w=="}`,
	}, bodyOf(r))
	require.EqualValues(t, 1, s.Counts().Written)
	require.Positive(t, s.Counts().Bytes)
	require.Empty(t, s.Counts().Dropped)
}

type loud struct{ N int }

func (loud) MarshalJSON() ([]byte, error) { panic("called") }
func (loud) String() string               { panic("called") }

func TestUglyRecordsAreEmittedToo(t *testing.T) {
	r := sample()
	r.Canary, r.Epoch, r.Trace = strings.Repeat("ä", 1000)+"\xff", math.MaxUint64, "none"
	r.Stable.Labels = map[string]string{"\xff": "\xfe"}
	r.Slices = map[string]string{}
	for i := range 1025 {
		r.Slices[strings.Repeat("x", i)] = ""
	}
	r.Input, r.Stable.Output, r.Candidate.Output = loud{7}, strings.Repeat("x", 1000), (*int)(nil)
	r.Rerun.Numbers = map[string]float64{"x": math.NaN()}
	records, s := emitted(t, Config{MaxOutput: 100}, r, nil, &pairlog.Record{})
	require.Len(t, records, 2)
	require.Equal(t, map[string]int64{pairlog.DroppedInvalid: 1}, s.Counts().Dropped)
	attrs := attributesOf(&records[0])
	require.Equal(t, strings.Repeat("ä", 256), attrs["model_canary.name"])
	require.Equal(t, int64(math.MaxInt64), attrs["model_canary.epoch"])
	require.Equal(t, "\ufffd", attrs["model_canary.stable.label.\ufffd"])
	require.True(t, math.IsNaN(attrs["model_canary.rerun.number.x"].(float64)))
	require.NotContains(t, attrs, "model_canary.slice.x")
	require.False(t, records[0].TraceID().IsValid())
	body := bodyOf(&records[0])
	require.Equal(t, `{"N":7}`, body["input"])
	require.Equal(t, `{"$omitted":"too large","bytes":1000}`, body["stable.output"])
	require.Equal(t, `null`, body["candidate.output"])
	for _, text := range body {
		require.True(t, json.Valid([]byte(text)))
	}
	require.Equal(t, attribute.EMPTY, records[1].Body().Type())
}

// provider is one whose loggers do what a test wants.
type provider struct {
	embedded.LoggerProvider
	emit func()
}

type logger struct {
	embedded.Logger
	emit func()
}

func (p provider) Logger(string, ...log.LoggerOption) log.Logger   { return logger{emit: p.emit} }
func (l logger) Emit(context.Context, log.Record)                  { l.emit() }
func (logger) Enabled(context.Context, log.EnabledParameters) bool { return true }
func blocked(on <-chan struct{}) provider                          { return provider{emit: func() { <-on }} }

func TestAProviderThatBlocksHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := New(Config{Provider: blocked(release), Queue: 2})
		require.NoError(t, err)
		s.Put(sample())
		synctest.Wait() // it is being emitted
		for range 4 {
			s.Put(sample())
		}
		require.Equal(t, pairlog.Counts{Dropped: map[string]int64{pairlog.DroppedQueueFull: 2}}, s.Counts())

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = s.Close(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "2 records wait")
		s.Put(sample())
		close(release)
		require.NoError(t, s.Close(t.Context()))
		require.NoError(t, s.Close(ctx), "what is over needs no time")
		s.Put(sample())
		require.EqualValues(t, 3, s.Counts().Written)
		require.Equal(t, map[string]int64{pairlog.DroppedQueueFull: 2, pairlog.DroppedClosed: 2}, s.Counts().Dropped)
	})
}

func TestTheQueueIsBoundedByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := New(Config{Provider: blocked(release), QueueBytes: 1 << 20, MaxOutput: 1 << 20})
		require.NoError(t, err)
		large := sample()
		large.Input = strings.Repeat("x", 300<<10)
		s.Put(large)
		synctest.Wait()
		for range 10 {
			s.Put(large)
		}
		require.Len(t, s.queue, 3)
		require.LessOrEqual(t, s.queued.Load(), int64(1<<20))
		close(release)
		require.NoError(t, s.Close(t.Context()))
		require.Zero(t, s.queued.Load())
	})
}

func TestAProviderThatPanicsCostsARecord(t *testing.T) {
	n := 0
	s, err := New(Config{Provider: provider{emit: func() {
		if n++; n == 1 {
			panic("provider")
		}
	}}})
	require.NoError(t, err)
	s.Put(sample())
	s.Put(sample())
	require.NoError(t, s.Close(t.Context()))
	require.EqualValues(t, 1, s.Counts().Written)
	require.Equal(t, map[string]int64{pairlog.DroppedIO: 1}, s.Counts().Dropped)
}

func TestNewSaysAllThatIsWrong(t *testing.T) {
	_, err := New(Config{Queue: -1, QueueBytes: 1, MaxOutput: 1})
	for _, want := range []string{"Config.Queue -1 outside [1, 65536]", "Config.QueueBytes 1 below 1048576", "Config.MaxOutput 1 outside [64, 1048576]"} {
		require.ErrorContains(t, err, want)
	}
	s, err := New(Config{}) // the global provider
	require.NoError(t, err)
	s.Put(sample())
	require.NoError(t, s.Close(t.Context()))
}

func TestSinkConcurrentSafe(t *testing.T) {
	const writers, each = 8, 100
	s, err := New(Config{Provider: provider{emit: func() {}}, Queue: 16})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				s.Put(sample())
				_ = s.Counts()
			}
		})
	}
	wg.Go(func() { _ = s.Close(t.Context()) })
	wg.Wait()
	require.NoError(t, s.Close(t.Context()))
	c := s.Counts()
	require.EqualValues(t, writers*each, c.Written+c.Dropped[pairlog.DroppedQueueFull]+c.Dropped[pairlog.DroppedClosed])
}
