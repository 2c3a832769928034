package shadow

// SameSet says whether two lists have the same elements, whatever their order and however often. An element that is not equal to itself, as NaN, is in no other list.
// It is meant as a [Config.Equal]. It panics if T is an interface that holds what cannot be compared by ==.
func SameSet[T comparable](a, b []T) bool {
	found := make(map[T]bool, len(a))
	for _, x := range a {
		found[x] = false
	}
	distinct := len(found)
	for _, y := range b {
		seen, known := found[y]
		if !known {
			return false
		}
		if !seen {
			found[y] = true
			distinct--
		}
	}
	return distinct == 0
}

// persistence is the p of RankDistance: that of a reader who goes on to the next result with nine chances in ten.
const persistence = 0.9

// RankDistance is how far apart two ranked lists are, best first, such as search results: 0 for the same list, 1 for lists without a common element. The top weighs
// most: it is 1 - RBO, rank-biased overlap, with p = 0.9, so that the first ten ranks have 86 % of the weight. What lies beyond the lists is
// extrapolated from what they agree on, so that lists of different length can be compared. An element that comes again counts at its first rank.
// It is symmetric and meant as a [Config.Distance]. It panics if T is an interface that holds what cannot be compared by ==.
//
// Cost: linear in time and memory.
// Source: Webber, Moffat, Zobel 2010, ACM Trans. Inf. Syst. 28(4), "A similarity measure for indefinite rankings", equation 32.
func RankDistance[T comparable](a, b []T) float64 {
	long, short := distinct(a), distinct(b)
	if len(long) < len(short) {
		long, short = short, long
	}
	switch {
	case len(long) == 0:
		return 0
	case len(short) == 0:
		return 1
	}
	return min(max(1-rankBiasedOverlap(long, short), 0), 1)
}

// rankBiasedOverlap is that of two lists without repetitions, of which the shorter is not empty. Beyond its end the shorter one is taken to agree as it did up to there.
func rankBiasedOverlap[T comparable](long, short []T) float64 {
	var (
		seen   = make(map[T]bool, len(long))
		common = 0.0 // elements in both lists up to the depth
		atEnd  = 0.0 // common at the end of the shorter list
		sum    = 0.0
		weight = 1.0
	)
	meet := func(x T) {
		if seen[x] {
			common++
		}
		seen[x] = true
	}
	for i, x := range long {
		depth := float64(i + 1)
		weight *= persistence
		meet(x)
		if i < len(short) {
			meet(short[i])
			atEnd = common
		}
		beyond := max(0, depth-float64(len(short)))
		sum += (common/depth + atEnd*beyond/(float64(len(short))*depth)) * weight
	}
	end := (common-atEnd)/float64(len(long)) + atEnd/float64(len(short))
	return (1-persistence)/persistence*sum + end*weight
}

// distinct is the list without its repetitions.
func distinct[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	var kept []T
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			kept = append(kept, x)
		}
	}
	return kept
}
