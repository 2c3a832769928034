package criteria

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// forgedJudge has an open round with bets, in slices, too.
func forgedJudge(t *testing.T) (*Judge, Config) {
	t.Helper()
	config := everyKind()
	config.Labels, config.Slices = []string{"unread", "class"}, []string{"country"}
	j := mustJudge(t, config)
	j.BeginStep(half)
	c := newChance(2)
	for range 4 {
		j.Fold(c.evidence(j, 200), 0)
	}
	j.Fold(calls(j, 3, Observation{Slices: []uint8{j.watches[0].slices.used[0].cell}}), 0)
	return j, config
}

// States that no judge is ever in are refused, whatever the checksum says.
func TestRestoreRefusesPoison(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	rate := func(j *Judge) *rateBook { return j.watches[0].book.(*rateBook) }
	latency := func(j *Judge) *thresholdBook { return j.watches[1].book.(*thresholdBook) }
	labels := func(j *Judge) *labelBook { return j.watches[3].book.(*labelBook) }
	first := func(j *Judge) *slice { return j.watches[0].slices.used[0] }
	for name, poison := range map[string]func(j *Judge){
		"capital NaN":             func(j *Judge) { rate(j).log[0] = nan },
		"capital infinite":        func(j *Judge) { rate(j).log[0] = inf },
		"capital beyond all":      func(j *Judge) { rate(j).log[0] = 1e300 },
		"capital never staked":    func(j *Judge) { rate(j).rounds = 0 },
		"bets without a stake":    func(j *Judge) { rate(j).staked = false },
		"fewer bets":              func(j *Judge) { rate(j).log = rate(j).log[:3] },
		"guess NaN":               func(j *Judge) { rate(j).process.events[0].guess = nan },
		"guess 0":                 func(j *Judge) { rate(j).process.events[0].guess = 0 },
		"share NaN":               func(j *Judge) { rate(j).shares[0] = nan },
		"share 1 of a coin":       func(j *Judge) { rate(j).shares[0] = 1 },
		"no share":                func(j *Judge) { rate(j).shares = [NumStrata]float64{} },
		"share 2 of the step":     func(j *Judge) { j.sessions[coinsGroup].shares[0] = 2 },
		"share 1 of the step":     func(j *Judge) { j.sessions[coinsGroup].shares[0] = 1 },
		"another event":           func(j *Judge) { rate(j).process.events[0].at = 1 },
		"cut beyond the end":      func(j *Judge) { latency(j).process.events[0].at = latencyBins },
		"cut below the start":     func(j *Judge) { latency(j).process.events[0].at = novelLabel },
		"third side":              func(j *Judge) { latency(j).process.events[0].side = notANumber },
		"cell beyond the end":     func(j *Judge) { latency(j).process.events[0].stable = []span{{3, latencyBins + 1}} },
		"candidate's beyond":      func(j *Judge) { latency(j).process.events[0].candidate = []span{{3, latencyBins + 1}} },
		"label beyond the end":    func(j *Judge) { labels(j).base.events[0].at = MaxLabels },
		"label known twice":       func(j *Judge) { labels(j).labels[0] = labels(j).labels[1] },
		"label found and known":   func(j *Judge) { labels(j).found = append(labels(j).found, foundLabel{id: labels(j).labels[0]}) },
		"favourite of none":       func(j *Judge) { labels(j).favourites[0] = 2 * len(labels(j).labels) },
		"labels without bets":     func(j *Judge) { labels(j).labels = labels(j).labels[1:] },
		"inverse of a rate":       func(j *Judge) { rate(j).process.events[0].inverse = true },
		"event of classes":        func(j *Judge) { labels(j).base.events[0].at = orCancelled },
		"stakes infinite":         func(j *Judge) { j.watches[0].proof.claims[0].stakes[0] = inf },
		"claim NaN":               func(j *Judge) { j.watches[0].proof.claims[0].guess = nan },
		"claim of what is not":    func(j *Judge) { j.watches[1].proof.claims[0].at = orCancelled },
		"prior of a claim":        func(j *Judge) { j.watches[0].proof.claims[0].prior = 2 },
		"weight of a claim":       func(j *Judge) { j.watches[0].proof.claims[0].weight = inf },
		"proof closed NaN":        func(j *Judge) { j.watches[0].proof.closed = nan },
		"proof with a share of 1": func(j *Judge) { j.watches[0].proof.shares[0] = 1 },
		"proof of the backstop":   func(j *Judge) { j.watches[4].proof = j.watches[0].proof },
		"seed infinite":           func(j *Judge) { j.sessions[coinsGroup].seed[1] = inf },
		"round does not add up":   func(j *Judge) { j.sessions[coinsGroup].round.cells[0]++ },
		"history does not add up": func(j *Judge) { j.sessions[coinsGroup].closed.cells[0]++ },
		"history beyond all": func(j *Judge) {
			s := j.sessions[coinsGroup]
			for _, c := range s.columns.list {
				c.of(s.closed.row(0, 0))[0] += maxCalls - s.closed.seen[0]
			}
			s.closed.seen[0] = maxCalls
			s.round.addAll(&s.step)
		},
		"evidence NaN":        func(j *Judge) { j.watches[0].logE = nan },
		"ruling infinite":     func(j *Judge) { j.ruling.LogE = inf },
		"slice twice":         func(j *Judge) { x := &j.watches[0].slices; x.used = append(x.used, x.used[0]) },
		"slice of the future": func(j *Judge) { first(j).step = 99 },
		"values NaN":          func(j *Judge) { first(j).counts[0][0].values = nan },
		"hits negative":       func(j *Judge) { first(j).counts[0][0].hits[0] = -1 },
		"hits beyond all":     func(j *Judge) { first(j).counts[0][0].hits[0] = 4 },
		"missing calls":       func(j *Judge) { first(j).counts[0][0].missing = inf },
		"inverse of nothing":  func(j *Judge) { first(j).events[0].inverse, first(j).lookup.inverted = true, 1 },
		"events without end": func(j *Judge) {
			for range maxWithin {
				first(j).events = append(first(j).events, first(j).events[0])
				first(j).log = append(first(j).log, first(j).log[:5]...)
			}
		},
		"unseen calls":          func(j *Judge) { first(j).unseen[Stable] = nan },
		"slice without a past":  func(j *Judge) { first(j).past = nil },
		"past of a slice":       func(j *Judge) { first(j).past[0].c0 = inf },
		"lost calls":            func(j *Judge) { first(j).lost = nan },
		"quantile NaN":          func(j *Judge) { j.watches[0].failed = &Verdict{Quantiles: []Quantile{{Stable: nan}}} },
		"failed at a rate of 2": func(j *Judge) { j.watches[0].failed = &Verdict{Stable: Estimate{Rate: 2}} },
		"interval upside down":  func(j *Judge) { j.watches[0].failed = &Verdict{Ratio: Interval{2, 1}} },
		"carve of no dimension": func(j *Judge) { j.carves = []Carve{{Dimension: 1, Criterion: "latency"}} },
	} {
		j, config := forgedJudge(t)
		require.NotEmpty(t, first(j).events, "the slice has an open round")
		poison(j)
		_, err := RestoreJudge(config, encoded(t, j))
		require.ErrorIs(t, err, ErrCorrupt, name)
	}
	j, config := forgedJudge(t)
	_, err := RestoreJudge(config, encoded(t, j))
	require.NoError(t, err)
}

// What is only found out when the next round opens makes no bets.
func TestBetsThatDoNotFitAreNotPlaced(t *testing.T) {
	j, config := forgedJudge(t)
	j.BeginStep([NumStrata]float64{}) // closes all rounds
	rate := j.watches[0].book.(*rateBook)
	rate.log = rate.log[:3]
	for _, sl := range j.watches[1].slices.used {
		sl.end()
		sl.past = make([]tally, 1)
	}
	again, err := RestoreJudge(config, encoded(t, j))
	require.NoError(t, err)
	again.BeginStep(half)
	require.NotPanics(t, func() { again.Fold(newChance(2).evidence(again, 300), 0) })
	require.Empty(t, again.watches[0].book.(*rateBook).process.events)
	for _, sl := range again.watches[1].slices.used {
		require.Empty(t, sl.events)
	}
}

// An id in use whose text is missing cannot be translated.
func TestUnmarshalRefusesIDsWithoutTexts(t *testing.T) {
	config := everything()
	config.LabelID = func(int, string) uint16 { return 1 }
	config.SliceCell = func(int, string) uint8 { return 1 }
	j := mustJudge(t, config)
	write := func(e *Evidence) []byte {
		w := newEncoderFor(nil, evidenceLetters, j.form.print)
		w.glossaries(j.form.words, j.form.config, usage{})
		for i := range e.tables {
			if g := group(i); !g.waits() || e.waits(int(g-feedbackGroup)) {
				e.tables[i].encode(w)
			}
		}
		for _, g := range slicedTables {
			e.slices[g].encode(w, j.form.places(g))
		}
		for i := range e.arrivals {
			if g := feedbackGroup + group(i); e.waits(i) {
				e.slices[g].encode(w, j.form.places(g))
				e.arrivals[i].encode(w)
			}
		}
		return w.seal()
	}
	for name, c := range map[string]struct {
		o    Observation
		want error
	}{
		"a label":          {Observation{Labels: []uint16{0, 3}}, ErrCorrupt},
		"a hash":           {Observation{Labels: []uint16{0, LabelSlots}}, nil},
		"a slice":          {Observation{Slices: []uint8{3}}, ErrCorrupt},
		"a hashed slice":   {Observation{Slices: []uint8{SliceSlots}}, nil},
		"a class as it is": {Observation{Outcome: Failed, Class: 3}, nil},
	} {
		err := j.NewEvidence().UnmarshalBinary(write(calls(j, 2, c.o)))
		if c.want == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, c.want, name)
	}
}
