package scenes

import (
	"math/rand/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// Users are sticky: whoever met a model meets it again. A few ask most of the time,
// and one in twenty fails at a fifth of the calls, whichever model answers.
type Users struct {
	Number, Requests int
	// Risk of a call, given the user's; nil: the user's, in both arms.
	Risk func(risk float64, arm criteria.Arm, i int) float64
}

// Fresh counts a user's first request, whatever becomes of it: a coin is read once.
// Broken, a heavy user is as many witnesses as requests.
func (u Users) Fresh(rng *rand.Rand, kept bool) bool {
	return u.play(rng, func(p *person, _ bool) bool { return !kept || !p.heard })
}

// ByAssignment counts a user's first request, whatever becomes of it. Broken, all
// answers and the first error of a user count: who is left to fail then depends on
// outcomes, and a model that fails more often runs out of witnesses against it.
func (u Users) ByAssignment(rng *rand.Rand, kept bool) bool {
	return u.play(rng, func(p *person, failed bool) bool {
		if kept {
			return !p.heard
		}
		return !failed || !p.failed
	})
}

// A person is a user and what was seen of him.
type person struct {
	arm           criteria.Arm
	risk          float64
	heard, failed bool
}

func (u Users) play(rng *rand.Rand, counts func(p *person, failed bool) bool) bool {
	people := make([]person, u.Number)
	for i := range people {
		people[i].arm = toss(rng)
		if rng.IntN(20) == 0 {
			people[i].risk = 0.2
		}
	}
	next, c := rand.NewZipf(rng, 1.1, 1, uint64(u.Number-1)), newCourt()
	for i := range u.Requests {
		p := &people[next.Uint64()]
		risk := p.risk
		if u.Risk != nil {
			risk = u.Risk(risk, p.arm, i)
		}
		failed := rng.Float64() < risk
		count := counts(p, failed)
		p.heard, p.failed = true, p.failed || failed
		if !count {
			continue
		}
		if c.hear(p.arm, failed); c.rolls(at(i)) {
			return true
		}
	}
	return false
}
