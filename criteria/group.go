package criteria

// A group is the criteria that read the same coins in the same fold. Only
// within a group may evidence be averaged.
type group uint8

const (
	coinsGroup   group = iota // the requests whose coin counts
	windowsGroup              // the sessions whose coin counts
	callsGroup                // every call of the candidate: the backstop
	pairsGroup                // the inputs that both models saw
	// feedbackGroup is the units of the first [FeedbackWindow] whose coin counts, and
	// those of the others come after it.
	feedbackGroup
	// sentinelGroup is the coins group once more, on the sentinel's requests.
	sentinelGroup = feedbackGroup + MaxFeedbackWindows

	numGroups = sentinelGroup + 1
	numTables = sentinelGroup // of counts; the sentinel's are in that of the coins
)

// table is where the group's counts are.
func (g group) table() int {
	if g == sentinelGroup {
		return int(coinsGroup)
	}
	return int(g)
}

// sliced reports whether the group's criteria have bets on slices.
func (g group) sliced() bool {
	return g == coinsGroup || g == sentinelGroup || g == pairsGroup || g.waits()
}

// waits reports whether the group is one of units that feedback is waited for.
func (g group) waits() bool { return g >= feedbackGroup && g < sentinelGroup }

// noun is what is counted in the group.
func (g group) noun() string {
	switch g {
	case windowsGroup:
		return "window"
	case pairsGroup:
		return "pair"
	}
	if g.waits() {
		return "unit"
	}
	return "call"
}

// strata is the number of strata in each table.
func strata(sentinel bool) [numTables]int {
	s := [numTables]int{coinsGroup: int(Sentinel), windowsGroup: int(Sentinel), callsGroup: 1, pairsGroup: 1}
	for g := feedbackGroup; g < sentinelGroup; g++ {
		s[g] = int(Sentinel)
	}
	if sentinel {
		s[coinsGroup] = NumStrata
	}
	return s
}
