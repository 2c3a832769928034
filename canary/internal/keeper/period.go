package keeper

import "time"

// A period is a stretch of time in which assignments stay: the same on every replica, because it is told by the clock on the wall. It never goes back, though
// that clock may: the coins of an earlier period have been read.
type period struct{ number uint64 }

// turn enters the period of now, if it is later.
func (p *period) turn(cfg *Config) {
	if cfg.Reassign > 0 {
		p.number = max(p.number, cfg.periodAt(cfg.now()))
	}
}

// periodAt is the number of the period that a time lies in: whole periods since 1970.
func (c *Config) periodAt(t time.Time) uint64 {
	return uint64(max(0, t.UnixNano()) / int64(c.Reassign))
}

// periodStart is when a period begins; the zero time if there are none.
func (c *Config) periodStart(number uint64) time.Time {
	if c.Reassign <= 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(number)*int64(c.Reassign)).UTC()
}

func (c *Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}
