package criteria

// A Quantile is where a fraction of the values lies in each arm over the whole
// epoch, read from a histogram. It is for reading, good to about a bin - a tenth of
// a latency, a sixty-fourth of a number's range - and takes the traffic of all
// steps together; no decision rests on it.
type Quantile struct {
	// Level is the fraction of the values at or below, in (0, 1).
	Level float64
	// Stable and Candidate are latencies in seconds, or numbers in the signal's
	// unit; beyond the ends of a range they are the end.
	Stable, Candidate float64
}

// quantileLevels are those that verdicts show.
var quantileLevels = []float64{0.1, 0.5, 0.9, 0.99}

// A ruler is a meter whose cells, from the first one on, lie in an order.
type ruler interface {
	first() int
	value(cell int) float64 // in the middle of a cell
}

// quantiles are those of both arms; none unless each has values in an order.
func (w *watch) quantiles(s *session) []Quantile {
	r, ok := w.meter.(ruler)
	if !ok {
		return nil
	}
	var cells [numArms][]float64
	for arm := range cells {
		cells[arm] = make([]float64, w.meter.cells())
		for i := range s.closed.strata {
			for _, c := range []*counts{&s.closed, &s.round} {
				for j, n := range c.row(i, arm)[w.offset : w.offset+len(cells[arm])] {
					cells[arm][j] += float64(n)
				}
			}
		}
	}
	var list []Quantile
	for _, level := range quantileLevels {
		stable, ok1 := quantile(r, cells[Stable], level)
		candidate, ok2 := quantile(r, cells[Candidate], level)
		if !ok1 || !ok2 {
			return nil
		}
		list = append(list, Quantile{Level: level, Stable: stable, Candidate: candidate})
	}
	return list
}

// quantile returns the value that a fraction of the counts reach.
func quantile(r ruler, cells []float64, level float64) (float64, bool) {
	total := 0.0
	for _, n := range cells[r.first():] {
		total += n
	}
	below := 0.0
	for j := r.first(); j < len(cells); j++ {
		if below += cells[j]; below >= level*total && below > 0 {
			return r.value(j), true
		}
	}
	return 0, false
}

func (latencyMeter) first() int { return 0 }

// value is in seconds.
func (latencyMeter) value(cell int) float64 {
	low := float64(latencyEdges[cell])
	if cell == latencyBins-1 {
		return low / 1e9 // open above
	}
	return (low + float64(latencyEdges[cell+1])) / 2e9
}

func (numberMeter) first() int { return belowCell }

func (m numberMeter) value(cell int) float64 {
	switch cell {
	case belowCell:
		return m.scale.low
	case aboveCell:
		return m.scale.high
	}
	bin := cell - firstBin
	return (m.scale.edge(bin) + m.scale.edge(bin+1)) / 2
}
