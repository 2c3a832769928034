package criteria

// A Pair is what became of one input that both models saw: stable served it, and
// the candidate ran in its shadow. It may be reused for the next one: nothing here
// keeps it.
//
// No coin decided anything about a pair, so nothing of what protects the other
// criteria does here. What [Disagreement] and [Difference] claim holds for the inputs
// that were paired, if they, and the reruns, were drawn without looking at the answers.
// Pairs are drawn in quiet moments, as a rule, and tell about the inputs of those; if
// whole units are drawn, about those units.
//
// Popular inputs may come again: at moments of their own, each pair is another draw from
// the traffic, and the claim is about traffic, in which an input counts as often as it
// comes. But a burst of one input (retries, polling, a health check) is one pair. Of
// models that always answer it alike, a hundred repetitions of it are one observation
// and not a hundred, and would convict or acquit on one input alone.
//
// Inputs that were drawn and make no pair do no harm if that has nothing to do with the
// answers: no free processor, a full queue. Where the candidate gives no answer, for it
// fails or is too slow, the pair differs. Pairs that are lost just where the candidate
// differs hide it from every criterion; what shows is how few of those drawn arrive.
type Pair struct {
	// Differs says that the candidate's answer differs from stable's. What that
	// means is the caller's business; an answer differs from none.
	Differs bool
	// Rerun says that stable was asked the same input again, and RerunDiffers that
	// its second answer differs from its first: how much a model differs from itself
	// is the floor below which no difference means anything.
	Rerun, RerunDiffers bool
	// Differences are the candidate's numbers minus stable's, in the order of
	// [Config.Numbers]. 0 is a tie. NaN, and what is beyond the end, is missing.
	Differences []float64
	// Missing marks differences without a value: bit i for Differences[i].
	Missing uint32
	// Slices are the cells of the request, as in [Observation.Slices]: they must be
	// known before either model answers. Nothing of a slice that was given to stable,
	// see [CarveOut], is a pair any more: the caller hands over none.
	Slices []uint8
}

// difference returns that of number signal i; 0 where there is none.
func (p *Pair) difference(i int) float64 {
	if i >= len(p.Differences) || p.Missing&(1<<i) != 0 || p.Differences[i] != p.Differences[i] {
		return 0
	}
	return p.Differences[i]
}

// A pairMeter turns a pair into one of its cells, or into unpaired when the pair does
// not bear on it.
type pairMeter interface {
	meter
	pairCell(*Pair) int
}

const unpaired = -1
