package attribution

import (
	"math"
	"math/bits"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// The bounds of a Config. What lies outside is taken for the nearest inside.
const (
	MaxSignals = 8
	MinOpen    = 64
	MaxOpen    = 1 << 24
)

// Config says what windows are like.
type Config struct {
	// Within is how long a window stays open, in the caller's time; at least a nanosecond.
	Within time.Duration
	// Signals is how many signals a window adds up, 1 to [MaxSignals].
	Signals int
	// Dimensions is how many slice dimensions have a cell, 0 to [criteria.MaxDimensions].
	Dimensions int
	// MaxOpen is how many windows may be open at once, [MinOpen] to [MaxOpen]: the bound of the memory. See Windows for how much that is, and for the units beyond.
	MaxOpen int
	// Seed is where the coins of thinning and rounding come from, any number.
	Seed uint64
}

// Sink takes windows that have ended. It must not call the Windows that they come from.
type Sink interface {
	// BeginFeedback says that the windows handed over from now on were opened in a step with these probabilities that a unit is the candidate's.
	BeginFeedback(shares [criteria.NumStrata]float64)
	// FoldFeedback takes one window, which is valid until it returns.
	FoldFeedback(w *Window)
}

// Window is what came of a unit: one observation, whether or not anything was reported.
type Window struct {
	Stratum criteria.Stratum
	Arm     criteria.Arm
	Cells   uint64 // where the unit lies in each slice dimension, eight bits each, the first lowest
	// Servers and All are the sums by signal, in [0, 1] of the declared maximum: of what servers said, and of what servers and clients said. All is never less.
	Servers, All []float64
	// Heard has bit i set if anything was reported on signal i, be it 0; HeardServers if a server did.
	Heard, HeardServers uint32
}

// Windows are the open windows of units, see the package's comment for the rules.
//
// A window takes 21 to 23 bytes, two more for each signal and one for each dimension. Memory is taken as windows are opened, 4,096 of them at a time, and given
// back as they are handed over; the index of the windows, 2 to 4 bytes of each, is halved at the pace of one Within when three quarters of it are idle.
// With a million open, Open takes some 20 to 40 ns, Report some 300 to 600, a handful of cache misses, and Fold some 15 for each window.
//
// # Thinning
//
// What does not fit is left out at assignment, and spread over the window rather than to the first who come. Windows are bought with tokens: 15/16 of MaxOpen come in
// evenly during each Within, and 1/16 can be saved up. With at least half of that saved nobody is left out; below, a unit is taken by a coin, its hash, whose
// probability falls with what is left. Under steady demand this settles, within seconds, where as many are taken as tokens come in.
//
// MaxOpen is therefore never exceeded, and what is left out depends on how many units were assigned when, and on nothing that is known of them: no arm, no outcome.
// Its coin is spent, though, and is not read at a later request. With 2^18 windows of 24 h and 50,000 new units a second 2.8 of them have a window each second, one in
// 17,600, some 3,840 in each 64th of the window; 16,384 more right at the start.
type Windows struct {
	cfg    Config
	shift  uint  // a tick is 1<<shift nanoseconds
	within int64 // in ticks
	now    int64 // the latest tick seen: time does not go back
	seed   uint64
	dice   uint64

	store
	opened  int64  // tick of the oldest window
	steps   []step // from that of the oldest window to the current one; all but that have windows
	pace    pace
	thinned uint64
	idle    idle

	told         Window
	servers, all [MaxSignals]float64
}

// step begins with the window at a position.
type step struct {
	first  uint64
	shares [criteria.NumStrata]float64
}

// tickBits is how many bits of ticks a Within has at most: it is known to seven digits, and 256 of them fit into 32 bits.
const tickBits = 24

// New returns no windows, in a step in which nothing is exposed.
func New(cfg Config) *Windows {
	cfg.Within = max(cfg.Within, 1)
	cfg.Signals = min(max(cfg.Signals, 1), MaxSignals)
	cfg.Dimensions = min(max(cfg.Dimensions, 0), criteria.MaxDimensions)
	cfg.MaxOpen = min(max(cfg.MaxOpen, MinOpen), MaxOpen)
	w := &Windows{cfg: cfg, shift: uint(max(0, bits.Len64(uint64(cfg.Within))-tickBits)), seed: mix(cfg.Seed), dice: mix(^cfg.Seed)}
	w.within = int64((uint64(cfg.Within) + 2*(1<<w.shift-1)) >> w.shift) // its ends may lie anywhere in their ticks, and none is cut short
	w.now = math.MinInt64
	w.store = newStore(cfg)
	w.pace = newPace(cfg.MaxOpen, w.within)
	w.steps = []step{{first: w.head}}
	return w
}

// BeginStep says that windows opened from now on belong to a new step. Those that are open stay open until their time is up, and are handed over under the shares of
// their own step. shares are the probabilities, by stratum, that a unit is the candidate's.
func (w *Windows) BeginStep(shares [criteria.NumStrata]float64) {
	next := step{first: w.tail, shares: shares}
	if last := &w.steps[len(w.steps)-1]; last.first == w.tail { // nobody came
		*last = next
		return
	}
	w.steps = append(w.steps, next)
}

// Open opens the window of a unit in a cohort, when its first request of the step is assigned. It must be called in the order of assignment, and at most once for a
// unit and cohort. now is the time; one before the latest is taken for that. cells are those of Window.
//
// It reports whether the unit has a window. It has none in this cohort if it was thinned out, or its stratum is no evidence.
func (w *Windows) Open(unit, cohort uint64, s criteria.Stratum, arm criteria.Arm, cells uint64, now time.Duration) (opened bool) {
	if s < 0 || s >= criteria.NumStrata || arm > criteria.Candidate {
		return false
	}
	at, key := w.tick(now), w.key(unit, cohort)
	if w.Waiting() == 0 {
		w.opened = at
	}
	if w.Waiting() == w.cfg.MaxOpen || at-w.opened > math.MaxUint32 || !w.pace.take(at, mix(key)) {
		w.thinned++
		return false
	}
	w.push(key, uint32(at)).open(s, arm, cells)
	w.idle.most = max(w.idle.most, w.Waiting())
	return true
}

// Report adds a value in [0, 1] of the declared maximum to a signal of the unit's window in the cohort. It is kept to a 255th, rounded by a coin so that sums of many
// are right on average; 0 and 1 are exact, and a sum that would be more than 1 is 1. A value out of range is taken for the nearest in it.
//
// It reports whether the value was counted: there is such a window, of this arm, and it was not handed over.
func (w *Windows) Report(unit, cohort uint64, arm criteria.Arm, signal int, value float64, client bool) (counted bool) {
	if signal < 0 || signal >= w.cfg.Signals {
		return false
	}
	row := w.find(w.key(unit, cohort))
	if row.bytes == nil || row.arm() != arm {
		return false
	}
	row.add(signal, w.round(value), client)
	return true
}

// Fold hands over the windows that have ended, in the order of opening.
func (w *Windows) Fold(now time.Duration, to Sink) {
	at := w.tick(now)
	for w.head < w.tail && at-w.opened >= w.within {
		if len(w.steps) > 1 && w.steps[1].first == w.head {
			w.steps = w.steps[1:]
		}
		if w.steps[0].first == w.head {
			to.BeginFeedback(w.steps[0].shares)
		}
		opened, row := w.oldest()
		w.tell(row)
		to.FoldFeedback(&w.told)
		if w.pop(); w.head < w.tail {
			next, _ := w.oldest()
			w.opened += int64(next - opened)
		}
	}
	w.trim(at)
}

// Waiting is how many windows have been opened and not handed over.
func (w *Windows) Waiting() int { return int(w.tail - w.head) }

// Thinned is how many units got no window because there were too many.
func (w *Windows) Thinned() uint64 { return w.thinned }

// tick is the time in ticks, never before the latest.
func (w *Windows) tick(now time.Duration) int64 {
	w.now = max(w.now, int64(now)>>w.shift)
	return w.now
}

// key stands for a unit in a cohort.
func (w *Windows) key(unit, cohort uint64) uint64 { return mix(unit ^ mix(cohort^w.seed)) }

// round is a value in 255ths.
func (w *Windows) round(value float64) int {
	x := min(max(value, 0), 1) * math.MaxUint8
	whole := math.Floor(x)
	w.dice += golden
	if fraction(mix(w.dice)) < x-whole {
		whole++
	}
	return int(whole)
}

// tell makes of a row what a sink is told.
func (w *Windows) tell(r row) {
	w.told = Window{
		Stratum: r.stratum(), Arm: r.arm(), Cells: r.cells(), Servers: w.servers[:w.cfg.Signals], All: w.all[:w.cfg.Signals],
		Heard: uint32(r.bytes[heardAt]), HeardServers: uint32(r.bytes[heardServersAt]),
	}
	for i := range w.cfg.Signals {
		w.servers[i] = float64(r.bytes[sumsAt+i]) / math.MaxUint8
		w.all[i] = float64(r.bytes[sumsAt+w.cfg.Signals+i]) / math.MaxUint8
	}
}
