package criteria

import "slices"

// Difference demands that a number the models give to the same input is as often
// better as it is worse on the candidate. It reads the sign of the differences in the
// pairs of a shadow run; ties and pairs without a difference it ignores. Where higher
// is better, worse is lower, and the reverse; without a Want the number must move
// neither way. The zero value is refused for want of a signal.
//
// It sees a small shift long before [Distribution] does, as each input is compared
// with itself, and it has no tolerance: it asks how often, not how much. A difference
// that does not matter should be made 0 by the caller. A model that is worse on few
// inputs, but there by far, is not for it.
//
//   - Assumes: inputs drawn without a look at the answers, no bursts of one input, see
//     [Pair]. Nothing about routing.
//   - Guarantees: P(Fail ever reported | at every pair that is no tie, given the past and
//     its slices, P(worse) <= 1/2) <= its part of alpha; without a Want, if it is 1/2.
//   - Cost: one increment a pair, 9 or 18 bets a fold, 5 or 10 in each slice, no
//     allocation.
//   - Source: sign test as a bet: as [Backstop].
type Difference struct {
	// Signal is the name of the number, one of [Config.Numbers].
	Signal string
	// Want is the direction that is better; zero means that neither is.
	Want Want
	// Margin is the fraction of the pairs beyond half that promotion has to rule out
	// to be worse, in (0, 1/2). Zero means [DefaultPairMargin].
	Margin float64
	// Role is what a breach does; zero is Guardrail.
	Role Role
	// Weight is the part of the budget, relative to the other criteria of the
	// same role; zero means 1.
	Weight float64
}

// Name returns "difference(signal)".
func (c Difference) Name() string { return "difference(" + c.Signal + ")" }

// String says what is demanded.
func (c Difference) String() string {
	switch c.Want {
	case Higher:
		return c.Name() + " no more often lower than higher than stable's"
	case Lower:
		return c.Name() + " no more often higher than lower than stable's"
	}
	return c.Name() + " as often lower as higher than stable's"
}

func (c Difference) direction() (signal string, want Want) { return "number " + c.Signal, c.Want }

func (c Difference) plan(cfg *Config, p *problems) plan {
	signal := p.checkSignal("number", c.Signal, cfg.Numbers)
	if c.Want > Lower {
		p.add("want %v is neither Higher nor Lower, nor unsaid", c.Want)
	}
	p.checkMargin(c.Margin)
	margin := effectiveMargin(c.Margin, DefaultPairMargin)
	return paired{margin, c.Role, c.Weight}.plan(p, 0, signMeter(signal), newSignBook(c.Signal, c.Want))
}

// signMeter has the two cells of the sign of a difference.
type signMeter int

const (
	higherCell = 0
	lowerCell  = 1
)

func (signMeter) cells() int { return 2 }

func (m signMeter) pairCell(p *Pair) int {
	switch d := p.difference(int(m)); {
	case d > 0:
		return higherCell
	case d < 0:
		return lowerCell
	}
	return unpaired
}

// A signBook bets that differences lie on the worse side more often than not; if
// either may be the worse one, on both.
type signBook struct {
	process
	signal string
	sides  []event
}

func newSignBook(signal string, want Want) *signBook {
	b := &signBook{process: process{line: line{d: 0.5}}, signal: signal}
	for cell, better := range [...]Want{higherCell: Higher, lowerCell: Lower} {
		if want != better {
			on := []span{{cell, cell + 1}}
			b.sides = append(b.sides, event{stable: on, candidate: on, rate: true, guess: 0.5, prior: 0.5, weight: priorWeight, at: cell})
		}
	}
	return b
}

func (b *signBook) open(_ *past, shares [NumStrata]float64) { b.process.open(b.sides, shares) }
func (b *signBook) starved() bool                           { return false }
func (b *signBook) null() line                              { return b.line }
func (b *signBook) within() []event                         { return slices.Clone(b.events) }

func (b *signBook) leader() *event {
	i, _ := b.process.leader()
	if i < 0 {
		return nil
	}
	return &b.events[i]
}

func (b *signBook) words(e *event) (string, bool) {
	if e.at == higherCell {
		return b.signal + " higher than stable's", false
	}
	return b.signal + " lower than stable's", false
}
