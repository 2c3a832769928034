package lifecycle

import (
	"io"
	"time"
)

// closing is the closing of a model, on a goroutine of its own.
type closing struct {
	until   time.Time // when it is given up
	failure *Failure
}

// closeLoaded begins to close the loaded model and reports whether there is anything to close.
func (m *Model[In, Out]) closeLoaded(now time.Time) bool {
	c, ok := m.loaded.(io.Closer)
	if ok {
		m.closing = &closing{until: now.Add(closeTimeout)}
		go m.close(c, m.closing)
	}
	return ok
}

// discard closes a model that never was ready, beside everything else.
func (m *Model[In, Out]) discard(model Predictor[In, Out]) {
	if c, ok := model.(io.Closer); ok {
		m.strayClosings++
		go m.close(c, new(closing))
	}
}

// close is the goroutine of a closing.
func (m *Model[In, Out]) close(model io.Closer, c *closing) {
	c.failure = &Failure{Stage: Draining, Kind: Exited} // should it end the goroutine
	defer func() { m.do(func() { m.closingEnded(c, time.Now()) }) }()
	c.failure = contained(Draining, model.Close)
}

// closingEnded takes in what came of a closing.
func (m *Model[In, Out]) closingEnded(c *closing, now time.Time) {
	if c.failure != nil {
		m.closeFailed(c.failure, now)
	}
	if m.closing != c {
		m.strayClosings--
		return
	}
	m.closing = nil
	m.rest(now)
}

// giveUpClosing waits no longer for the closing under way.
func (m *Model[In, Out]) giveUpClosing(now time.Time) {
	m.closeFailed(&Failure{Stage: Draining, Kind: TimedOut}, now)
	m.closing = nil
	m.strayClosings++
}

// closeFailed takes note of a model that could not be closed.
func (m *Model[In, Out]) closeFailed(f *Failure, now time.Time) {
	f.At = now
	m.closeFailures++
	m.closeFailure = f
}
