package canary

import (
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/sessions"
	"github.com/modelcanary/go-sdk/criteria"
)

// windowed is a criterion on the sessions of units: it says how many calls of a unit it looks at, and for how long.
type windowed interface {
	criteria.Criterion
	Window() (calls int, within time.Duration)
}

// windowsOf is the window of the criterion on sessions; none without one.
func windowsOf(declared []criteria.Criterion) (cfg sessions.Config) {
	for _, c := range declared {
		if c, is := c.(windowed); is {
			cfg.Calls, cfg.Within = c.Window()
		}
	}
	return cfg
}

// validateSessions refuses sessions of nobody.
func (cfg *Config[In, Out]) validateSessions(p *problems) {
	for _, c := range cfg.Criteria {
		if c, is := c.(windowed); is && !isNil(c) && cfg.Key == nil {
			p.add("Criteria", "%s without a Key: nobody has a session", c.Name())
		}
	}
}
