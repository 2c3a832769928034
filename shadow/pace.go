package shadow

import (
	"math"
	"time"
)

// pace lowers what is drawn when most of it cannot run: copies that are thrown away help nobody, and a smaller sample by the same hash is still a fair one.
type pace struct {
	halvings       int
	drawn, started int64 // at the last look
}

const (
	maxHalvings = 10
	// paceDrawn is how many drawn requests make a look worth while.
	paceDrawn = 64
	// lookEvery is the time between two looks at how many of the drawn requests run.
	lookEvery = time.Second
)

// begin draws everything that is asked for, and counts from here.
func (p *pace) begin(drawn, started int64) { *p = pace{drawn: drawn, started: started} }

// of is the part of the requests that is drawn where a rate is asked for.
func (p *pace) of(rate float64) float64 { return math.Ldexp(rate, -p.halvings) }

// observe takes the counts so far, and reports whether the part that is drawn is another one now: half where less than a quarter of it runs, twice where more than half does.
func (p *pace) observe(drawn, started int64) bool {
	d, s := drawn-p.drawn, started-p.started
	if d < paceDrawn {
		return false
	}
	p.drawn, p.started = drawn, started
	before := p.halvings
	switch {
	case 4*s < d:
		p.halvings = min(p.halvings+1, maxHalvings)
	case 2*s > d:
		p.halvings = max(p.halvings-1, 0)
	}
	return p.halvings != before
}

// look looks at how many of the drawn requests run, now and then. It is called under the mutex.
func (r *Runner[In, Out]) look() {
	now := time.Now()
	passed := now.Sub(r.looked)
	if passed < lookEvery {
		return
	}
	first := r.looked.IsZero()
	r.looked = now
	t := &r.account
	c := Counts{Pairs: t.pairs.Load()}
	for reason := range c.Dropped {
		c.Dropped[reason] = t.dropped[reason].Load()
	}
	c.Drawn = t.drawn.Load()
	if first {
		r.pace.begin(c.Drawn, t.started.Load())
		passed = 0
	} else if r.pace.observe(c.Drawn, t.started.Load()) && r.rate > 0 {
		r.sampler.set(r.pace.of(r.rate))
	}
	r.liveness.Observe(&c, min(passed, 4*lookEvery))
}
