package main

import (
	"math/rand/v2"
	"time"
)

const (
	// abroad is how many users in a market write another language than its own.
	abroad = 0.05
	// meanGap is the time between two requests.
	meanGap = time.Millisecond
)

// lengths are how many words users write.
var lengths = [...]int{2, 4, 8, 16}

// request is one that is going to be made. What is true of it is known here, and
// to nobody who has to answer it.
type request struct {
	Text  Text
	Truth string        // the language it is written in
	After time.Duration // the request before it
}

// newTraffic draws requests: every market alike, every length alike, at random
// moments. The same seed draws the same ones.
func newTraffic(c corpus, n int, seed uint64) []request {
	rng := rand.New(rand.NewPCG(seed, 0))
	markets := c.languages()
	requests := make([]request, n)
	for i := range requests {
		market := markets[rng.IntN(len(markets))]
		truth := market
		if rng.Float64() < abroad {
			truth = markets[rng.IntN(len(markets))]
		}
		paragraphs := c[truth]
		p := paragraphs[rng.IntN(len(paragraphs))]
		requests[i] = request{
			Text:  Text{ID: i, Words: p.cut(lengths[rng.IntN(len(lengths))], rng.Float64()), Market: market},
			Truth: truth,
			After: time.Duration(rng.ExpFloat64() * float64(meanGap)),
		}
	}
	return requests
}
