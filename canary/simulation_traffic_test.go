//go:build !race

package canary

import (
	"container/heap"
	"context"
	"testing"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
)

// flight is a call that is held in a model until the test ends it.
type flight struct {
	entered chan Arm      // gets the arm, once
	release chan struct{} // closed by the test
	done    chan struct{} // closed when Predict has returned
	held    bool

	ends time.Duration
	user int
}

// hold waits in the first model that is called. Stable is not held again in the candidate's place.
func (f *flight) hold(arm Arm) {
	if f == nil || f.held {
		return
	}
	f.held = true
	f.entered <- arm
	<-f.release
}

// traffic is a trial with calls that overlap, in virtual time. Only one goroutine runs at any moment.
type traffic struct {
	*trial
	now     time.Duration
	flights flights
}

// begin starts a call; latency says how long it takes on its arm.
func (tf *traffic) begin(in question, user int, latency func(Arm) time.Duration) {
	f := &flight{entered: make(chan Arm), release: make(chan struct{}), done: make(chan struct{}), user: user}
	in.flight = f
	go func() {
		defer close(f.done)
		_, _ = tf.c.Predict(context.Background(), in)
	}()
	f.ends = tf.now + latency(<-f.entered)
	heap.Push(&tf.flights, f)
}

// end ends the first call that is due by a time; nil when there is none.
func (tf *traffic) end(by time.Duration) *flight {
	if len(tf.flights) == 0 || tf.flights[0].ends > by {
		return nil
	}
	f := heap.Pop(&tf.flights).(*flight)
	tf.now = max(tf.now, f.ends)
	close(f.release)
	<-f.done
	return f
}

// endAll ends what is under way, and the trial.
func (tf *traffic) endAll() ending {
	for tf.end(1<<62) != nil {
	}
	return tf.trial.end()
}

// flights are a heap by their ends.
type flights []*flight

func (f flights) Len() int           { return len(f) }
func (f flights) Less(i, j int) bool { return f[i].ends < f[j].ends }
func (f flights) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)        { *f = append(*f, x.(*flight)) }
func (f *flights) Pop() any {
	last := len(*f) - 1
	x := (*f)[last]
	(*f)[last] = nil
	*f = (*f)[:last]
	return x
}

// tick is the time between two passes of a keeper under traffic.
const tick = 5 * time.Millisecond

// A pause of the process is not time in which calls are overdue.
func TestSimPausedProcess(t *testing.T) {
	t.Parallel()
	requireKept(t, func(seed uint64) ending { return pausedProcess(seed, 4*tick) })
	requireNeeded(t, func(seed uint64) ending { return pausedProcess(seed, 15*time.Second) })
}

// pausedProcess plays ten seconds of traffic with a pause in the middle, of which the keeper is told so much.
func pausedProcess(seed uint64, told time.Duration) ending {
	const ticks = 2000
	tf := &traffic{trial: newTrial(seed, setup{percent: 50})}
	latency := func(arm Arm) time.Duration {
		if arm == Candidate {
			return time.Second
		}
		return 50 * time.Millisecond
	}
	for i := 0; i < ticks && !tf.over(); i++ {
		if i%2 == 0 { // a hundred a second
			tf.begin(tf.stranger(seed, i, 0.01, 0.01), 0, latency)
		}
		if i == ticks/2 {
			tf.step(told)
		}
		next := tf.now + tick
		for tf.end(next) != nil {
		}
		tf.now = next
		tf.step(tick)
	}
	return tf.endAll()
}

// A full ledger thins by what is known before the coin: callers who ask again at once cannot push their way in. If thinning did not spend the coin they could.
func TestSimFullLedger(t *testing.T) {
	t.Parallel()
	requireKept(t, func(seed uint64) ending { return fullLedger(seed, nil) })
	requireNeeded(t, func(seed uint64) ending { return fullLedger(seed, func(p *keeper.Plan) { p.Spent = nil }) })
}

// fullLedger plays ten seconds of callers who ask as soon as they are answered, many more than there are slots.
func fullLedger(seed uint64, forge func(*keeper.Plan)) ending {
	const ticks, stay = 2000, 2 * time.Second
	tf := &traffic{trial: newTrial(seed, setup{percent: 50, slots: 64, forge: forge})}
	var names []string
	var risks []float64
	var leaves []time.Duration
	ask := func(user int) {
		fails := tf.fails(risks[user])
		tf.begin(question{user: names[user], harm: [2]bool{fails, fails}}, user, func(arm Arm) time.Duration {
			switch {
			case fails:
				return 5 * time.Millisecond
			case arm == Candidate:
				return time.Second
			default:
				return 50 * time.Millisecond
			}
		})
	}
	for i := 0; i < ticks && !tf.over(); i++ {
		names, risks, leaves = append(names, tf.stranger(seed, i, 0, 0).user), append(risks, 0), append(leaves, tf.now+stay)
		if tf.rng.IntN(20) == 0 {
			risks[i] = 0.8
		}
		ask(i)
		next := tf.now + tick
		for f := tf.end(next); f != nil; f = tf.end(next) {
			if tf.now < leaves[f.user] {
				ask(f.user)
			}
		}
		tf.now = next
		tf.step(tick)
	}
	return tf.endAll()
}
