package shadow

import (
	"fmt"
	"time"
)

// Liveness compares expected with observed pairs: a shadow that silently does not run is a fault, not an agreement. Over windows of at least a minute and a hundred drawn requests
// it is silent when fewer than one in a hundred became a pair. The zero value has seen nothing. Not safe for concurrent use.
type Liveness struct {
	from  Counts // at the start of the window
	time  time.Duration
	why   string
	begun bool
}

const (
	livenessWindow = time.Minute
	livenessDrawn  = 100
	livenessPart   = 100
)

// Observe takes the counts so far, when the process was awake for so long since the last call.
func (l *Liveness) Observe(c *Counts, awake time.Duration) {
	if !l.begun {
		l.begun, l.from, l.time = true, *c, 0
		return
	}
	l.time += awake
	drawn, pairs := c.Drawn-l.from.Drawn, c.Pairs-l.from.Pairs
	if l.time < livenessWindow || drawn < livenessDrawn {
		return
	}
	l.why = ""
	if pairs*livenessPart < drawn {
		most, reason := int64(0), Reason(0)
		for i := range c.Dropped {
			if n := c.Dropped[i] - l.from.Dropped[i]; n > most {
				most, reason = n, Reason(i)
			}
		}
		l.why = fmt.Sprintf("%d of %d drawn requests became pairs; %d were dropped, mostly as %s", pairs, drawn, droppedSince(c, &l.from), reason)
		if most == 0 {
			l.why = fmt.Sprintf("%d of %d drawn requests became pairs; the others are still with the models", pairs, drawn)
		}
	}
	l.from, l.time = *c, 0
}

func droppedSince(c, from *Counts) (n int64) {
	for i := range c.Dropped {
		n += c.Dropped[i] - from.Dropped[i]
	}
	return n
}

// Silent says what was in the way in the last window.
func (l *Liveness) Silent() (why string, silent bool) { return l.why, l.why != "" }
