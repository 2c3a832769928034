package main

import (
	"slices"
	"time"
)

// setting is a load, a share of requests that ask for a shadow, and what is expected there.
type setting struct {
	Load, Shadow float64 // fractions of the capacity, and of the requests

	// The bars; zero means none.
	MostRatio  float64 // of our p99 to the unshadowed one
	LeastDone  float64 // of the asked shadows
	LeastNaive float64 // ratio of the naive mode's p99: with less the harness sees nothing
}

// scale is how much of everything is played.
type scale struct {
	settings    []setting
	repetitions int           // of the settings with bars
	others      int           // of those without
	length      time.Duration // of a block
	target      time.Duration // of a model's call
}

// The settings that are held to bars come first.
var settings = []setting{
	{Load: 0.5, Shadow: 1, MostRatio: 1.5, LeastDone: 0.3, LeastNaive: 2},
	{Load: 0.8, Shadow: 0.1, MostRatio: 2, LeastDone: 0.6},
	{Load: 0.5, Shadow: 0.1},
	{Load: 0.8, Shadow: 1},
}

var (
	full  = scale{settings: settings, repetitions: 9, others: 3, length: 2 * time.Second, target: 200 * time.Microsecond}
	quick = scale{settings: settings[:2], repetitions: 5, length: time.Second, target: 200 * time.Microsecond}
)

// hasBars says whether something is expected of the setting.
func (s *setting) hasBars() bool { return s.MostRatio > 0 || s.LeastDone > 0 || s.LeastNaive > 0 }

// experiment plays settings.
type experiment struct {
	player   *player
	scale    scale
	modes    []string
	garbage  int
	realtime bool
	layers   int
	seed     uint64
	progress func(format string, args ...any)
}

// result is a setting as it was played.
type result struct {
	setting
	Rounds     [][]*played // by repetition, in the order of the modes
	Capacities []float64   // requests a second that are 100 % load, by repetition
	Disturbed  int         // rounds that were played again, because the machine had other things to do
}

// looks is how many measurements of the capacity count: the latest.
const looks = 3

// capacity is the throughput under more requests than can be answered: the median of the latest measurements, one of which is made now. The machine's speed changes from minute to
// minute, and a load of 80 % is soon one of 90 %.
func (e *experiment) capacity(latest *[]float64) (float64, error) {
	e.seed++
	p, err := e.player.play(block{
		Mode: modeNone, Layers: e.layers, Garbage: e.garbage, Seed: e.seed, Length: e.scale.length / 4, Rate: 1.5 * overNominal(e.scale.target),
	})
	if err != nil {
		return 0, err
	}
	*latest = append(*latest, p.throughput())
	*latest = (*latest)[max(0, len(*latest)-looks):]
	return median(slices.Sorted(slices.Values(*latest))), nil
}

// play finds out how fast the machine is, and plays the modes in turn, with the same arrivals in each round. A disturbed round is played again, but no more of them than there are
// rounds.
func (e *experiment) play(s setting) (_ *result, err error) {
	if e.layers, err = e.player.calibrate(e.scale.target); err != nil {
		return nil, err
	}
	r, repetitions := &result{setting: s}, e.scale.repetitions
	if !s.hasBars() {
		repetitions = e.scale.others
	}
	var latest []float64
	for range looks - 1 {
		if _, err := e.capacity(&latest); err != nil {
			return nil, err
		}
	}
	for len(r.Rounds) < repetitions {
		capacity, err := e.capacity(&latest)
		if err != nil {
			return nil, err
		}
		round, err := e.round(block{
			Layers: e.layers, Garbage: e.garbage, Shadow: s.Shadow, Rate: s.Load * capacity, Length: e.scale.length,
		}, len(r.Rounds)+r.Disturbed)
		if err != nil {
			return nil, err
		}
		disturbed := slices.ContainsFunc(round, e.disturbed)
		e.progress("%s", progressLine(&s, round, disturbed))
		if disturbed && r.Disturbed < repetitions {
			r.Disturbed++
			continue
		}
		r.Rounds, r.Capacities = append(r.Rounds, round), append(r.Capacities, capacity)
	}
	return r, nil
}

// round plays each mode once, beginning with another one each time.
func (e *experiment) round(b block, number int) (round []*played, err error) {
	e.seed++
	b.Seed = e.seed
	round = make([]*played, len(e.modes))
	for i := range e.modes {
		place := (i + number) % len(e.modes)
		b.Mode = e.modes[place]
		if round[place], err = e.player.play(b); err != nil {
			return nil, err
		}
	}
	return round, nil
}

// What a block may not have met, lest it be played again.
const (
	mostOverslept = 2 * time.Millisecond
	mostOthers    = 0.1
)

// disturbed says that other processes had a hand in a block: by the generator, which outranks everything if the server has a priority, and else by what others
// used. The naive mode is not asked: it leaves nothing of the machine, and the kernel then takes its reserve for others.
func (e *experiment) disturbed(p *played) bool {
	if p.Mode == modeNaive {
		return false
	}
	if e.realtime {
		return p.Overslept > mostOverslept
	}
	return p.Machine.Others > mostOthers
}
