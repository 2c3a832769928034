package keeper

import (
	"sync"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

// step is a stretch of constant effective share.
type step struct {
	id    uint32
	share float64 // exact P(candidate)
	salt  uint64
	spent *ledger.Spent
	// period of the assignments; another one has other coins.
	period uint64

	// earlier is the highest share of the steps before it, in its period, that were forgotten before a request of them was seen.
	earlier float64

	shares [criteria.NumStrata]float64 // of the arms; set when the folder enters the step

	// rests says that the step exposes nothing, and another one waits to go on; see [fold.goOn].
	rests bool
}

// maxWaitingSteps bounds the published steps that no request has been seen of: a flag may flap without traffic. The oldest is forgotten but for its share.
const maxWaitingSteps = 64

// steps are the published steps that the folder has not entered yet, oldest first.
type steps struct {
	mu      sync.Mutex
	waiting []step
}

func (s *steps) add(next step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == maxWaitingSteps {
		if oldest, heir := s.waiting[0], &s.waiting[1]; heir.period == oldest.period {
			heir.earlier = max(heir.earlier, oldest.earlier, oldest.share)
		}
		s.waiting = append(s.waiting[:0], s.waiting[1:]...)
	}
	s.waiting = append(s.waiting, next)
}

// take returns the oldest step that waits.
func (s *steps) take() (step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return step{}, false
	}
	next := s.waiting[0]
	s.waiting = append(s.waiting[:0], s.waiting[1:]...)
	return next, true
}
