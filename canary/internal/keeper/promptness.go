package keeper

import (
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// promptParts is how finely a window is divided to tell which of its reports are on decisions that nothing can come of any more.
const promptParts = 16

// promptness counts the reports that were in time by when their decision was made, until the window of that has ended: only then is it known how many more are late.
type promptness struct {
	width time.Duration
	first int64 // the part that parts[0] is
	parts [promptParts + 2][2]uint64
}

// add counts a report on a decision.
func (p *promptness) add(arm criteria.Arm, decided time.Duration) {
	i := min(max(p.part(decided)-p.first, 0), int64(len(p.parts)-1))
	p.parts[i][arm]++
}

// ended takes the counts of the decisions whose window has ended, by arm.
func (p *promptness) ended(now time.Duration) (n [2]uint64) {
	oldest := p.part(now - promptParts*p.width)
	for ; p.first < oldest && p.parts != [len(p.parts)][2]uint64{}; p.first++ {
		n[0], n[1] = n[0]+p.parts[0][0], n[1]+p.parts[0][1]
		copy(p.parts[:], p.parts[1:])
		p.parts[len(p.parts)-1] = [2]uint64{}
	}
	p.first = max(p.first, oldest)
	return n
}

// part is the number of the part that a time lies in; times before the process began are negative.
func (p *promptness) part(t time.Duration) int64 {
	if t < 0 {
		return -1 - int64((-1-t)/p.width)
	}
	return int64(t / p.width)
}
