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
	return min(rankDistance(long, short), 1)
}

// rankDistance is that of two lists without repetitions, of which the shorter is not empty. The equation is turned round to a sum of what the lists disagree on down
// to each depth, so that lists which never do come out at 0 and not just near it. Beyond its end the shorter one is taken to agree as it did up to there.
func rankDistance[T comparable](long, short []T) float64 {
	var (
		seen     = make(map[T]bool, len(long))
		end      = float64(len(short))
		common   = 0.0 // elements in both lists down to the depth, X_d
		atEnd    = 0.0 // and down to the end of the shorter one, X_s
		weight   = 1.0
		disagree = 0.0
		sum      = 0.0
	)
	meet := func(x T) {
		if seen[x] {
			common++
		}
		seen[x] = true
	}
	for i, x := range long {
		meet(x)
		if i < len(short) {
			meet(short[i])
			atEnd = common
		}
		depth := float64(i + 1)
		disagree = 1 - (common*end+atEnd*max(0, depth-end))/(depth*end)
		weight *= persistence
		sum += disagree * weight
	}
	return (1-persistence)/persistence*sum + disagree*weight
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
