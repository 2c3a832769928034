package shadow

import "sync/atomic"

// Counts are what became of the drawn requests so far, and what is going on.
type Counts struct {
	// Rate is the part of the requests that is asked for, Effective the part that is drawn: less where most of what was drawn could not run.
	Rate, Effective float64
	// Drawn requests, Pairs of them that became pairs, and Reruns of these for which stable was asked again; RerunsDropped were to be, but no processor was free.
	Drawn, Pairs, Reruns, RerunsDropped int64
	// Differ is the number of pairs whose answers differ, RerunsDiffer that of reruns that differ from stable's first answer.
	Differ, RerunsDiffer int64
	// Quadrants are the pairs by who answered.
	Quadrants [NumQuadrants]int64
	// Dropped are the drawn requests that became no pair, by [Reason].
	Dropped [NumReasons]int64
	// Waiting is how many places of the queue are taken, by requests with the models, too; Running how many shadows have a processor; Abandoned how many calls hang.
	Waiting, Running, Abandoned int
	// Bytes is what waiting and running shadows hold.
	Bytes int64
	// Late is how many abandoned calls have returned after all.
	Late int64
	// Failures are the failures of the functions of the configuration and of the host: "clone", "clone_output", "size", "compare", "log", "host".
	Failures map[string]int64
}

// account counts what becomes of drawn requests.
type account struct {
	drawn, started, pairs, reruns, rerunsDropped, differ, rerunsDiffer, late atomic.Int64
	quadrants                                                                [NumQuadrants]atomic.Int64
	dropped                                                                  [NumReasons]atomic.Int64
}

func (t *account) pair(q Quadrant, differs, rerun, rerunDiffers bool) {
	t.pairs.Add(1)
	t.quadrants[q].Add(1)
	if differs {
		t.differ.Add(1)
	}
	if rerun {
		t.reruns.Add(1)
		if rerunDiffers {
			t.rerunsDiffer.Add(1)
		}
	}
}

// Counts says what became of the drawn requests. It allocates, and waits for nothing.
func (r *Runner[In, Out]) Counts() Counts {
	t := &r.account
	c := Counts{
		Pairs: t.pairs.Load(), Reruns: t.reruns.Load(), RerunsDropped: t.rerunsDropped.Load(), Differ: t.differ.Load(), RerunsDiffer: t.rerunsDiffer.Load(), Late: t.late.Load(),
		Waiting: int(r.room.Load()), Running: int(r.running.Load()), Abandoned: int(r.hung.Load()), Bytes: r.bytes.Load(), Failures: map[string]int64{},
	}
	for q := range c.Quadrants {
		c.Quadrants[q] = t.quadrants[q].Load()
	}
	for reason := range c.Dropped {
		c.Dropped[reason] = t.dropped[reason].Load()
	}
	c.Drawn = t.drawn.Load()
	for i, name := range guardNames {
		if n := r.guards[i].total.Load(); n > 0 {
			c.Failures[name] = n
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.Rate, c.Effective = r.rate, r.pace.of(r.rate)
	return c
}

// effective is the part of the requests that is drawn.
func (r *Runner[In, Out]) effective() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pace.of(r.rate)
}

// Silent says why hardly any drawn request becomes a pair, if so: see [Liveness].
func (r *Runner[In, Out]) Silent() (why string, silent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.liveness.Silent()
}
