package attribution

import (
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

const (
	// MaxWaiting is how many reports may wait at once: half a MiB.
	MaxWaiting = 8192
	// Patience is how long a report waits at least, if its unit has no window.
	Patience = 100 * time.Millisecond
	// Passes is how often a report is tried at least.
	Passes = 2
)

// Report is feedback on a unit, as [Windows.Report] takes it.
type Report struct {
	Unit, Cohort uint64
	Arm          criteria.Arm
	Signal       int
	Value        float64
	Client       bool
}

// Waiting holds reports that were faster than the fold: their request was answered, but its unit has no window yet. It should be given reports of requests only that may
// not have been folded, for most of the others will never have a window. The zero value is empty; its memory is taken as reports come. It is not kept over a restart.
type Waiting struct {
	reports []waitingReport
}

type waitingReport struct {
	Report
	since  time.Duration
	passes int
}

// Put lets a report wait. It reports whether there was room.
func (w *Waiting) Put(r Report, now time.Duration) (ok bool) {
	if len(w.reports) == MaxWaiting {
		return false
	}
	w.reports = append(w.reports, waitingReport{Report: r, since: now})
	return true
}

// Retry shows try all reports, in the order in which they came. A report leaves when it is done, or when this was the last time: it has been shown at least [Passes] times
// and has waited for [Patience]. try must not call the Waiting.
func (w *Waiting) Retry(now time.Duration, try func(r Report, last bool) (done bool)) {
	kept := w.reports[:0]
	for _, r := range w.reports {
		r.passes++
		last := r.passes >= Passes && now-r.since >= Patience
		if done := try(r.Report, last); !done && !last {
			kept = append(kept, r)
		}
	}
	w.reports = kept
	if len(kept) == 0 {
		w.reports = nil
	}
}

// Len is how many reports wait.
func (w *Waiting) Len() int { return len(w.reports) }
