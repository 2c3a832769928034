package criteria

// A Response is what came back for one unit until its window ended, for the criteria
// of one [FeedbackWindow]. It may be reused for the next one.
type Response struct {
	// Arm is that of the unit's coin.
	Arm Arm
	// Slices are as in [Observation], of the request that opened the window.
	Slices []uint8
	// Servers are the sums of what servers have reported by signal, as fractions of
	// the signal's Max, in [0, 1]; All are the same with what clients have reported.
	// What lies outside is taken as the nearer end, what is not a number or beyond the
	// end as 0.
	Servers, All []float64
	// Heard has bit i set if anything was reported for signal i, be it 0;
	// HeardServers if servers have.
	Heard, HeardServers uint32
}

// ObserveFeedback counts one unit whose window has ended, in its stratum, for the
// criteria of a [FeedbackWindow], by its place in [FeedbackWindows]. An unknown window,
// stratum or arm is ignored. Nothing of r is kept.
func (e *Evidence) ObserveFeedback(window int, s Stratum, r *Response) {
	if !e.waits(window) || r.Arm >= numArms || s < 0 || s >= Sentinel {
		return
	}
	g := feedbackGroup + group(window)
	dice := e.dice.Uint64()
	c := &e.form.columns[g]
	c.countResponse(&e.tables[g], s, r, dice)
	for d, cell := range r.Slices[:min(len(r.Slices), e.form.dimensions)] {
		if cell < SliceCells {
			e.slices[g].countResponse(c, s, d, cell, r, dice)
		}
	}
}

// ObserveArrivals counts reports of feedback that is trusted, on decisions of an arm
// whose windows have ended by now: those that came in time, and those that came too
// late. With more than 1 % late in either arm the criteria of the window do not roll
// back. An unknown window or arm is ignored.
func (e *Evidence) ObserveArrivals(window int, arm Arm, inTime, late uint64) {
	if e.waits(window) && arm < numArms {
		a := &e.arrivals[window][arm]
		a[0], a[1] = min(a[0]+min(inTime, maxCalls), maxCalls), min(a[1]+min(late, maxCalls), maxCalls)
	}
}

// waits reports whether there are criteria on a window.
func (e *Evidence) waits(window int) bool {
	return e.form != nil && window >= 0 && window < MaxFeedbackWindows && len(e.form.columns[feedbackGroup+group(window)].list) > 0
}

// arrivals are reports by arm, in time and late.
type arrivals [numArms][2]uint64

func (a *arrivals) addAll(o *arrivals) {
	for arm := range a {
		for i := range a[arm] {
			a[arm][i] = min(a[arm][i]+o[arm][i], maxCalls)
		}
	}
}

func (a *arrivals) encode(e *encoder) {
	for arm := range a {
		for _, n := range a[arm] {
			e.uint(n)
		}
	}
}

func (a *arrivals) decode(d *decoder) {
	for arm := range a {
		for i := range a[arm] {
			a[arm][i] = d.count()
		}
	}
}

// A responseMeter turns what came back for a unit into one of its cells.
type responseMeter interface {
	meter
	responseCell(r *Response, dice uint64) int
}

// A source is whom a criterion listens to.
type source uint8

const (
	fromServers source = iota
	fromAll
	fromClients // and servers, but it is the clients that have to be heard
)

// The cells of a feedbackMeter.
const (
	fineSilent = iota
	fineHeard
	harmHeard
	harmSilent
	feedbackCells
)

// feedbackMeter has a cell for harm or none, of units that were heard of or not.
type feedbackMeter struct {
	signal int
	want   Want
	from   source
}

func (feedbackMeter) cells() int { return feedbackCells }

func (m feedbackMeter) responseCell(r *Response, dice uint64) int {
	sums, heard := r.All, r.Heard
	switch m.from {
	case fromServers:
		sums, heard = r.Servers, r.HeardServers
	case fromClients:
		heard &^= r.HeardServers
	}
	value := 0.0
	if m.signal < len(sums) {
		value = sums[m.signal]
	}
	yes := value > float64(dice>>11)/(1<<53) // as probable as the value is large
	silent := heard&(1<<m.signal) == 0
	switch harm := yes == (m.want == Lower); {
	case harm && silent:
		return harmSilent
	case harm:
		return harmHeard
	case silent:
		return fineSilent
	}
	return fineHeard
}

// balanceMeter has two cells: 1 is what counts against an arm of which less is heard.
type balanceMeter struct{ silence bool }

func (balanceMeter) cells() int { return 2 }

func (m balanceMeter) responseCell(r *Response, _ uint64) int {
	if (r.Heard == 0) == m.silence {
		return 1
	}
	return 0
}

// countResponse adds one unit.
func (c *columns) countResponse(to *counts, s Stratum, r *Response, dice uint64) {
	row := to.row(int(s), int(r.Arm))
	to.seen[int(s)*numArms+int(r.Arm)]++
	for i := range c.list {
		row[c.list[i].offset+c.list[i].response.responseCell(r, dice)]++
	}
}

// countResponse adds one unit, once a column.
func (x *crossings) countResponse(c *columns, s Stratum, dimension int, cell uint8, r *Response, dice uint64) {
	x.start()
	key := newCrossingKey(int(s)*numArms+int(r.Arm), dimension, cell, 0)
	for i := range c.list {
		column := c.list[i].offset + c.list[i].response.responseCell(r, dice)
		x.list = append(x.list, crossing{key + crossingKey(column), 1})
	}
	if len(x.list) >= x.limit {
		x.compact()
	}
}
