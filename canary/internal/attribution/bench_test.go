package attribution

import (
	"math/rand/v2"
	"testing"
	"time"
)

const million = 1_000_000

// opened are a million open windows of a day, of four signals, with a unit a millisecond.
func opened(b *testing.B) *Windows {
	b.Helper()
	w := New(Config{Within: million * time.Millisecond, Signals: 4, MaxOpen: 1 << 21})
	for unit := range uint64(million) {
		if !w.Open(unit, 1, fresh, stable, 0, time.Duration(unit)*time.Millisecond) {
			b.Fatal("thinned")
		}
	}
	return w
}

func BenchmarkOpen(b *testing.B) {
	w, unit := opened(b), uint64(million)
	b.ReportAllocs()
	for b.Loop() {
		if unit%8192 == 0 {
			b.StopTimer()
			w.Fold(time.Duration(unit)*time.Millisecond, &nowhere{})
			b.StartTimer()
		}
		w.Open(unit, 1, fresh, stable, 0, time.Duration(unit)*time.Millisecond)
		unit++
	}
	b.ReportMetric(float64(w.Bytes())/float64(w.Waiting()), "B/unit")
}

func BenchmarkOpenThinned(b *testing.B) {
	w := New(Config{Within: time.Hour, Signals: 4, MaxOpen: MinOpen})
	unit := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		w.Open(unit, 1, fresh, stable, 0, 0)
		unit++
	}
}

func BenchmarkReport(b *testing.B) {
	w, r := opened(b), rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		if !w.Report(r.Uint64N(million), 1, stable, 2, 0.3, false) {
			b.Fatal("no window")
		}
	}
}

func BenchmarkReportNobody(b *testing.B) {
	w, r := opened(b), rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		w.Report(r.Uint64N(million), 2, stable, 2, 0.3, false)
	}
}

func BenchmarkFold(b *testing.B) {
	w, unit, n := opened(b), uint64(million), &nowhere{}
	b.ReportAllocs()
	b.ResetTimer()
	for n.windows < b.N {
		b.StopTimer()
		for range 8192 {
			w.Open(unit, 1, fresh, stable, 0, time.Duration(unit)*time.Millisecond)
			unit++
		}
		b.StartTimer()
		w.Fold(time.Duration(unit)*time.Millisecond, n)
	}
}

func BenchmarkOnce(b *testing.B) {
	o, id := NewOnce(OnceConfig{Remember: 600_000}), uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		o.Add(id, time.Duration(id))
		id++
	}
}

func BenchmarkCaps(b *testing.B) {
	var c Caps
	unit := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		c.Take(unit, 100)
		unit++
	}
}
