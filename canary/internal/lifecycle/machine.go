package lifecycle

import "time"

const (
	// maxStrays functions of the application may be given up and still run; then no load is begun.
	maxStrays = 2
	// closeTimeout is how long the closing of a model is waited for, before it counts as given up.
	closeTimeout = time.Minute
)

// do takes in some news and then every step that is due. Changes of readiness are told outside the lock.
func (m *Model[In, Out]) do(news func()) {
	m.mu.Lock()
	was := m.door.open.Load()
	news()
	for m.step(time.Now()) {
	}
	if m.isQuiet() {
		m.sayQuiet()
	}
	changed := was != m.door.open.Load()
	m.mu.Unlock()
	if changed {
		m.cfg.Changed()
	}
}

// tick takes every step that is due.
func (m *Model[In, Out]) tick() { m.do(func() {}) }

// step looks at how things stand, takes one step if one is due and reports whether it did; otherwise it sets the timer for when one is. It does not matter who
// calls it and how often.
func (m *Model[In, Out]) step(now time.Time) bool {
	needed := m.needed.Load()
	cold := m.unneeded.Add(m.cfg.Cooldown)
	unwanted := m.ended || !needed && !now.Before(cold)
	switch m.state {
	case Idle:
		switch {
		case m.ended:
			m.enter(Closed, now)
		case needed:
			m.begin(now)
		default:
			return m.waitUntil(time.Time{}, now)
		}
	case Loading, Warming:
		if !unwanted {
			return m.waitUnneeded(needed, cold, now)
		}
		m.giveUpLoad()
		m.rest(now)
	case Failed:
		switch {
		case unwanted:
			m.rest(now)
		case !needed:
			return m.waitUntil(cold, now)
		case now.Before(m.nextTry):
			return m.waitUntil(m.nextTry, now)
		default:
			m.begin(now)
		}
	case Ready:
		if !unwanted {
			return m.waitUnneeded(needed, cold, now)
		}
		m.door.open.Store(false)
		m.enter(Draining, now)
	case Draining:
		return m.drain(needed && !m.ended, now)
	case Closed:
		return m.waitUntil(time.Time{}, now)
	}
	return true
}

// drain is the step of a model that was shut.
func (m *Model[In, Out]) drain(needed bool, now time.Time) bool {
	switch {
	case m.closing != nil && now.Before(m.closing.until):
		return m.waitUntil(m.closing.until, now)
	case m.closing != nil:
		m.giveUpClosing(now)
		m.rest(now)
	case needed:
		m.enter(Ready, now)
		m.door.open.Store(true)
	case !m.door.empty():
		return m.waitUntil(time.Time{}, now) // who leaves last comes by
	case !m.closeLoaded(now):
		m.rest(now)
	}
	return true
}

// waitUnneeded sets the timer for the end of the cooldown, where that runs.
func (m *Model[In, Out]) waitUnneeded(needed bool, cold, now time.Time) bool {
	if needed {
		cold = time.Time{}
	}
	return m.waitUntil(cold, now)
}

// waitUntil sets the timer, or stops it when nothing happens by itself. It reports that no step was taken.
func (m *Model[In, Out]) waitUntil(at, now time.Time) bool {
	switch {
	case at.IsZero() && m.timer == nil:
	case at.IsZero():
		m.timer.Stop()
	case m.timer == nil:
		m.timer = time.AfterFunc(at.Sub(now), m.tick)
	default:
		m.timer.Reset(at.Sub(now))
	}
	return false
}

// enter changes the state.
func (m *Model[In, Out]) enter(s State, now time.Time) { m.state, m.since = s, now }

// rest lets go of everything. Whoever needs the model after this begins afresh.
func (m *Model[In, Out]) rest(now time.Time) {
	m.loaded, m.memory = nil, Memory{}
	m.failures, m.nextTry = 0, time.Time{}
	m.enter(Idle, now)
}

// fail takes note of a load that failed, and plans the next.
func (m *Model[In, Out]) fail(f *Failure, now time.Time) {
	m.failures++
	f.At = now
	m.failure = f
	m.nextTry = now.Add(backoff(m.failures, m.cfg.Jitter()))
	m.enter(Failed, now)
}

// isQuiet reports whether the model is closed for good and nothing of the application's runs.
func (m *Model[In, Out]) isQuiet() bool {
	return m.state == Closed && m.strayLoads+m.strayClosings == 0
}

// sayQuiet ends the wait of those who close.
func (m *Model[In, Out]) sayQuiet() {
	select {
	case <-m.quiet:
	default:
		close(m.quiet)
	}
}
