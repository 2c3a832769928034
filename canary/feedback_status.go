package canary

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
)

// FeedbackStatus is what came back about decisions in this process, as plain data.
type FeedbackStatus struct {
	// Signals are the signals that criteria ask for, in the order of their names.
	Signals []FeedbackSignal
	// Refused is what was not taken, by reason.
	Refused map[Refusal]int64
	// Counted is how much of what was taken was on a unit that is waited for: the rest is of units whose coin did not count, and no evidence. Lost is what
	// came before its request was seen, or while the keeper was busy, and was more than could be kept: some thousand reports.
	Counted, Lost int64
	// Windows are what is waited for, by the length of [criteria.Feedback] Within, in the order of declaration.
	Windows []FeedbackWindow
}

// FeedbackSignal is how much was taken of a signal, by [Arm] of the unit.
type FeedbackSignal struct {
	Name string
	// Servers is what came by [Canary.Feedback] or as not from a client, Clients what came from clients.
	Servers, Clients [2]int64
}

// FeedbackWindow is what is waited for in all windows of one length.
type FeedbackWindow struct {
	Within time.Duration
	// Open is the number of units that are waited for, Thinned that of units that are not because there were more than [FeedbackLimits] MaxOpen allows.
	Open    int
	Thinned uint64
	// Bytes is the memory that they take.
	Bytes int
}

// reception is what a canary asks for and how much of it has come, over all its epochs.
type reception struct {
	signals map[string]*received
	refused [len(refusals)]atomic.Int64
}

// received is a signal.
type received struct {
	most  float64
	taken [2][2]atomic.Int64 // by arm and source: servers, clients
}

func newReception(windows []criteria.FeedbackWindow) *reception {
	r := &reception{signals: map[string]*received{}}
	for _, w := range windows {
		for _, s := range w.Signals {
			if known := r.signals[s.Name]; known == nil {
				r.signals[s.Name] = &received{most: s.Max}
			} else {
				known.most = max(known.most, s.Max)
			}
		}
	}
	return r
}

func (s *received) count(arm Arm, client bool) {
	source := 0
	if client {
		source = 1
	}
	s.taken[arm][source].Add(1)
}

// refuse counts a refusal.
func (r *reception) refuse(why *FeedbackError) error {
	if i := slices.Index(refusals[:], why.Reason); i >= 0 {
		r.refused[i].Add(1)
	}
	return why
}

// status is what people are shown; nil where nothing asks for feedback.
func (r *reception) status(k *keeper.FeedbackStatus) *FeedbackStatus {
	if len(r.signals) == 0 {
		return nil
	}
	s := &FeedbackStatus{Refused: map[Refusal]int64{}, Counted: k.Counted, Lost: k.Lost}
	for _, name := range slices.Sorted(maps.Keys(r.signals)) {
		signal := FeedbackSignal{Name: name}
		for arm := range signal.Servers {
			signal.Servers[arm], signal.Clients[arm] = r.signals[name].taken[arm][0].Load(), r.signals[name].taken[arm][1].Load()
		}
		s.Signals = append(s.Signals, signal)
	}
	r.refusals(func(reason string, n int64) { s.Refused[Refusal(reason)] = n })
	for _, w := range k.Windows {
		s.Windows = append(s.Windows, FeedbackWindow(w))
	}
	return s
}

// refusals yields what was refused.
func (r *reception) refusals(yield func(reason string, n int64)) {
	for i := range r.refused {
		if n := r.refused[i].Load(); n > 0 {
			yield(string(refusals[i]), n)
		}
	}
}

// taken yields what was taken.
func (r *reception) taken(yield func(signal, arm, source string, n int64)) {
	for name, s := range r.signals {
		for arm := range s.taken {
			for source, of := range [...]string{"server", "client"} {
				if n := s.taken[arm][source].Load(); n > 0 {
					yield(name, Arm(arm).String(), of, n)
				}
			}
		}
	}
}
