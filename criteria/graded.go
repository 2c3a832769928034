package criteria

// graded is the count of an event with scores: a cell with score x is paid as
// an event with probability x, so the bets are on a mean. A process with such an
// event has no other.
type graded struct {
	scores []float64
	counts [NumStrata][numArms][]float64   // counts[stratum][arm][cell], the missing last
	pays   [NumStrata][numArms][][]float64 // pays[stratum][arm][bet][cell]
}

// newGraded prices the cells for each bet; g is reused if there is one.
func newGraded(g *graded, scores []float64, payoffs [NumStrata][]payoff) *graded {
	if g == nil {
		g = new(graded)
	}
	g.scores = scores
	for s := range payoffs {
		for arm := range numArms {
			g.counts[s][arm] = append(g.counts[s][arm][:0], make([]float64, len(scores)+1)...)
			g.pays[s][arm] = g.pays[s][arm][:0]
			for h := range payoffs[s] {
				g.pays[s][arm] = append(g.pays[s][arm], payoffs[s][h].graded(Arm(arm), scores))
			}
		}
	}
	return g
}

// graded returns what a bet pays a call of an arm in each cell. A call without
// a value is scored in the candidate's favour.
func (p *payoff) graded(arm Arm, scores []float64) []float64 {
	one, zero, missing := p.s1, p.s0, p.s1
	if arm == Candidate {
		one, zero, missing = p.c1, p.c0, p.c0
	}
	pays := make([]float64, 0, len(scores)+1)
	for _, x := range scores {
		pays = append(pays, logMix(x, one, zero))
	}
	return append(pays, missing)
}

// read takes over one stratum of the open round.
func (g *graded) read(t *sums, s int) {
	for arm := range numArms {
		from, to := &t.arms[s][arm], g.counts[s][arm]
		for j, n := range from.cells {
			to[j] = float64(n)
		}
		to[len(to)-1] = float64(from.missing)
	}
}

// settle adds to the capital of the bets what one stratum pays.
func (g *graded) settle(capital []float64, s int) {
	for arm := range numArms {
		for h, pays := range g.pays[s][arm] {
			sum := 0.0
			for j, n := range g.counts[s][arm] {
				sum += n * pays[j]
			}
			capital[h] += sum
		}
	}
}

// shown is the scores of the calls with a value, added up.
func (g *graded) shown(s int) (t shown) {
	for arm := range numArms {
		for j, x := range g.scores {
			n := g.counts[s][arm][j]
			t.add(Arm(arm), true, n*x)
			t.add(Arm(arm), false, n*(1-x))
		}
	}
	return t
}
