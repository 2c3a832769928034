package pairlog

import (
	"math"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sample is a record as it is usual.
func sample() *Record {
	return &Record{
		Time: time.Date(2026, 11, 23, 6, 10, 18, 1234567, time.UTC), Canary: "langdetect", Epoch: 3, Trace: "0af7651916cd43dd8448eb211c80319c", Rate: 0.1,
		Slices: map[string]string{"script": "latin"},
		Stable: Answer{
			Version: "1.4.0", Outcome: "ok", Duration: 210 * time.Microsecond,
			Numbers: map[string]float64{"confidence": 0.93}, Labels: map[string]string{"language": "de"}, Checks: map[string]bool{"cited": true},
		},
		Candidate: Answer{
			Version: "2.0.0", Outcome: "ok", Duration: 190 * time.Microsecond,
			Numbers: map[string]float64{"confidence": 0.71}, Labels: map[string]string{"language": "nl"}, Checks: map[string]bool{"cited": false},
		},
		Differs: true, Distance: 0.25, RerunDistance: math.NaN(),
	}
}
