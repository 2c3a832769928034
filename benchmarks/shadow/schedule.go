package main

import (
	"iter"
	"math/rand/v2"
	"time"
)

// poisson yields the arrivals of a Poisson process of so many a second, as times since its beginning, until its end. They are drawn without regard to what
// becomes of them: the loop is open.
func poisson(seed uint64, rate float64, length time.Duration) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		coins := rand.New(rand.NewPCG(seed, 0))
		at := 0.0
		for {
			at += coins.ExpFloat64() / rate
			d := time.Duration(at * float64(time.Second))
			if d >= length || !yield(d) {
				return
			}
		}
	}
}

// clock is what the generator goes by.
type clock interface {
	// Now is the time since the clock's beginning.
	Now() time.Duration
	// Until returns when that time has come, at once if it has.
	Until(time.Duration)
}

// generate sends each arrival at its time, or as soon as it can after it, under its number. A late one is sent with the time at which it should have been, so a
// request that nobody was there to send has waited all the same. It returns how many were sent, and by how much it overslept at most: nobody but the machine
// is to blame for that, while it is also late when the server does not read.
func generate(c clock, arrivals iter.Seq[time.Duration], send func(number uint64, at time.Duration) error) (sent int, overslept time.Duration, err error) {
	for at := range arrivals {
		if c.Now() < at {
			c.Until(at)
			overslept = max(overslept, c.Now()-at)
		}
		if err := send(uint64(sent), at); err != nil {
			return sent, overslept, err
		}
		sent++
	}
	return sent, overslept, nil
}
