package criteria

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// everything is a configuration with all there is.
func everything() Config {
	c := allKinds()
	c.Labels, c.Slices = []string{"unread", "class"}, []string{"country", "client"}
	c.Criteria = append(c.Criteria,
		Latency{Role: Hold, Tolerance: 0.5}, Categories{Signal: "class", Role: Hold}, ErrorRate{Role: Observe},
		Feedback{Signal: "corrected", Want: Lower}, Feedback{Signal: "paid", Want: Higher, Within: time.Hour, Max: 50, Clients: true},
		Feedback{Signal: "read", Want: Higher, Within: time.Hour, Role: Hold})
	c.LabelText = func(signal int, id uint16) string { return fmt.Sprintf("label %d of %d", id, signal) }
	c.ClassText = func(id uint16) string { return fmt.Sprintf("class %d", id) }
	c.SliceText = func(dimension int, cell uint8) string { return fmt.Sprintf("slice %d of %d", cell, dimension) }
	return c
}

// A chance is random traffic in which the candidate does worse the larger harm is.
type chance struct {
	*rand.Rand
	harm float64
	now  time.Duration
}

func newChance(seed uint64) *chance {
	c := &chance{Rand: rand.New(rand.NewPCG(seed, 11))}
	c.harm = []float64{0, 0.02, 0.3}[seed%3]
	return c
}

func (c *chance) call() *Observation {
	o := randomCall(c.Rand)
	o.Labels = []uint16{0, uint16(c.IntN(4) * c.IntN(4))}
	o.Slices = []uint8{uint8(c.IntN(3)), uint8(c.IntN(70) * (c.IntN(20) / 19))}
	o.Sentinel = c.IntN(5) == 0
	o.Class, o.Checks, o.Invalid = uint16(c.IntN(260)*(c.IntN(20)/19)), c.Uint32N(2), c.IntN(100) == 0
	if o.Arm == Candidate && c.Float64() < c.harm*float64(1+o.Slices[0]) {
		o.Outcome, o.Answered = Failed, c.IntN(2) == 0
		o.Latency *= 3
	}
	if c.IntN(100) == 0 {
		o.Labels[1] = uint16(c.IntN(300))
	}
	return o
}

func (c *chance) evidence(j *Judge, n int) *Evidence {
	e := j.NewEvidence()
	for range n {
		o := c.call()
		e.Observe(Stratum(c.IntN(NumStrata+1))-1, o)
		e.ObserveWindow(Stratum(c.IntN(NumStrata+1))-1, o)
		e.ObservePair(c.pair())
		e.ObserveFeedback(c.IntN(2), Stratum(c.IntN(NumStrata)-1), c.response())
	}
	e.ObserveArrivals(c.IntN(2), Arm(c.IntN(2)), c.Uint64N(100), c.Uint64N(3)/2)
	return e
}

func (c *chance) response() *Response {
	r := &Response{Arm: Arm(c.IntN(2)), Slices: []uint8{uint8(c.IntN(3)), uint8(c.IntN(70) * (c.IntN(20) / 19))}}
	for i := range 2 {
		server, client := c.Float64()*float64(c.IntN(20)/18), float64(c.IntN(20)/19)
		r.Servers, r.All = append(r.Servers, server), append(r.All, min(1, server+client))
		if server > 0 {
			r.HeardServers |= 1 << i
		}
		if server+client > 0 {
			r.Heard |= 1 << i
		}
	}
	if r.Arm == Candidate && c.Float64() < c.harm {
		r.Servers[0], r.All[0], r.Heard, r.HeardServers = 1, 1, r.Heard|1, r.HeardServers|1
	}
	return r
}

func (c *chance) pair() *Pair {
	return &Pair{
		Differs: c.Float64() < 0.1+c.harm, Rerun: c.IntN(3) > 0, RerunDiffers: c.IntN(10) == 0,
		Differences: []float64{c.NormFloat64() - c.harm}, Missing: uint32(c.IntN(10) / 9),
		Slices: []uint8{uint8(c.IntN(3)), uint8(c.IntN(70) * (c.IntN(20) / 19))},
	}
}

func (c *chance) shares() (shares [NumStrata]float64) {
	for s := range shares {
		shares[s] = []float64{0, 0.05, 0.2, 0.5, 1}[c.IntN(5)]
	}
	return shares
}

// act does to each judge the same random thing; the times of the second start at from.
func (c *chance) act(t *testing.T, from time.Duration, judges ...*Judge) {
	t.Helper()
	switch what := c.IntN(14); what {
	case 0, 1, 12, 13:
		shares := c.shares()
		for _, j := range judges {
			switch what {
			case 0:
				j.BeginStep(shares)
			case 1:
				j.BeginWindows(shares)
			default:
				j.BeginFeedback(what-12, shares)
			}
		}
	case 2:
		for range 30 {
			o := c.call()
			o.Arm = Stable
			for _, j := range judges {
				j.Seed(o)
			}
		}
	default:
		c.now += time.Duration(c.IntN(8)) * time.Second
		fresh := *judges[0]
		dice := fresh.NewEvidence().dice
		e := c.evidence(judges[0], c.IntN(120))
		want := judges[0].Fold(e, c.now)
		for _, j := range judges[1:] {
			require.Equal(t, dice, j.NewEvidence().dice, "the same dice")
			require.True(t, want == j.Fold(e, c.now-from), "want %+v, got %+v", want, j.ruling)
		}
	}
}

func encoded(t testing.TB, j *Judge) []byte {
	t.Helper()
	data, err := j.AppendBinary(nil)
	require.NoError(t, err)
	return data
}

// A restored judge is the same judge to the last bit, wherever it was saved.
func TestRestoredJudgeIsTheSame(t *testing.T) {
	rollbacks, carves, holds := 0, 0, 0
	for seed := range uint64(12) {
		config := everything()
		config.Sentinel = seed%2 == 0
		config.SliceAction = SliceAction(seed / 2 % 2)
		if seed%4 == 3 {
			config.Slices = nil
		}
		c := newChance(seed)
		first := mustJudge(t, config)
		first.BeginStep([NumStrata]float64{0.5, 0.2, 0.9})
		first.BeginWindows([NumStrata]float64{0.5, 0.2})
		judges, from := []*Judge{first}, time.Duration(0)
		for range 3 {
			for range c.IntN(30) {
				c.act(t, from, judges...)
			}
			data := encoded(t, first)
			again, err := RestoreJudge(config, data)
			require.NoError(t, err, "seed %d", seed)
			require.Equal(t, data, encoded(t, again), "seed %d", seed)
			require.Equal(t, first.Verdicts(), again.Verdicts())
			require.Equal(t, first.Promotion(), again.Promotion())
			require.Equal(t, first.Carves(), again.Carves())
			requireSameLeaders(t, first, again)
			require.True(t, first.ruling == again.ruling)
			judges, from = []*Judge{first, again}, first.now
			c.now = first.now
			for range 12 {
				c.act(t, from, judges...)
			}
			require.Equal(t, first.Verdicts(), again.Verdicts(), "seed %d", seed)
			require.Equal(t, first.Promotion(), again.Promotion(), "seed %d", seed)
			require.Equal(t, encoded(t, first), encoded(t, again), "seed %d", seed)
		}
		carves += len(first.Carves())
		if first.ruling.RollBack {
			rollbacks++
		}
		if first.ruling.Hold {
			holds++
		}
	}
	require.Positive(t, rollbacks)
	require.Positive(t, carves)
	require.Positive(t, holds)
}

// requireSameLeaders compares what slices would name, which is not written.
func requireSameLeaders(t *testing.T, a, b *Judge) {
	t.Helper()
	for g, s := range a.sessions {
		for i, w := range s.watches {
			for k, sl := range w.slices.used {
				event, capital := sl.leader()
				same, exactly := b.sessions[g].watches[i].slices.used[k].leader()
				require.True(t, event == same && capital == exactly, "%v: event %d, %d", w.criterion, event, same)
			}
		}
	}
}

// Slices whose rounds opened with the same cuts share what is looked up.
func TestRestoredSlicesShareLookups(t *testing.T) {
	config := Config{Criteria: []Criterion{Latency{}}, Slices: []string{"country"}}
	j := mustJudge(t, config)
	seed := func(from, to time.Duration) {
		for x := from; x < to; x += time.Millisecond {
			j.Seed(&Observation{Latency: x})
		}
	}
	in := func(cell uint8) { j.Fold(calls(j, 1, Observation{Latency: time.Second, Slices: []uint8{cell}}), 0) }
	seed(time.Millisecond, time.Second)
	j.BeginStep(half)
	in(1)
	in(2)
	seed(time.Minute, time.Minute+2*time.Second)
	j.sessions[coinsGroup].close()
	j.sessions[coinsGroup].open(0)
	in(3)
	again, err := RestoreJudge(config, encoded(t, j))
	require.NoError(t, err)
	for _, x := range []*Judge{j, again} {
		used := x.watches[0].slices.used
		require.Len(t, used, 3)
		require.Same(t, used[0].lookup, used[1].lookup)
		require.NotSame(t, used[0].lookup, used[2].lookup)
		require.NotEqual(t, used[0].lookup, used[2].lookup)
	}
	require.Equal(t, j.watches[0].slices.used[2].lookup, again.watches[0].slices.used[2].lookup)
}

// The shares of a slice's open round may be those of a step before.
func TestRestoredSliceIsPaidByTheSharesOfItsRound(t *testing.T) {
	config := Config{Criteria: []Criterion{ErrorRate{}}, Slices: []string{"country"}}
	j := mustJudge(t, config)
	j.BeginStep(half)
	in := func(cell uint8) *Evidence {
		return calls(j, 10, Observation{Arm: Candidate, Outcome: Failed, Slices: []uint8{cell}})
	}
	j.Fold(in(1), 0)
	j.BeginStep([NumStrata]float64{Fresh: 0.05})
	j.Fold(in(2), 0)
	again, err := RestoreJudge(config, encoded(t, j))
	require.NoError(t, err)
	require.True(t, j.Fold(in(1), 0) == again.Fold(in(1), 0))
	require.NotZero(t, again.ruling.LogE)
}

func TestRestoredTimeGoesOn(t *testing.T) {
	config := Config{Criteria: []Criterion{ErrorRate{}}}
	j := mustJudge(t, config)
	j.BeginStep(half)
	for range 4 {
		j.Fold(calls(j, 512, Observation{}), time.Hour)
	}
	j.Fold(calls(j, 1024, Observation{}), time.Hour+roundAge-time.Second)
	require.Equal(t, 4, j.sessions[coinsGroup].rounds)
	again, err := RestoreJudge(config, encoded(t, j))
	require.NoError(t, err)
	again.Fold(nil, time.Second-1)
	require.Equal(t, 4, again.sessions[coinsGroup].rounds)
	again.Fold(nil, -time.Hour)
	again.Fold(nil, time.Second)
	require.Equal(t, 5, again.sessions[coinsGroup].rounds, "nine seconds before, one after")

	third, err := RestoreJudge(config, encoded(t, again))
	require.NoError(t, err)
	third.Fold(nil, time.Minute)
	require.Equal(t, time.Hour+roundAge+time.Minute, third.now)
}

func TestRestoreRefuses(t *testing.T) {
	config := everything()
	c := newChance(2)
	j := mustJudge(t, config)
	j.BeginStep(half)
	j.Fold(c.evidence(j, 300), 0)
	data := encoded(t, j)
	for name, change := range map[string]func(*Config){
		"alpha":     func(c *Config) { c.Alpha = 0.02 },
		"beta":      func(c *Config) { c.Beta = 0.02 },
		"min calls": func(c *Config) { c.MinCalls = 3 },
		"action":    func(c *Config) { c.SliceAction = CarveOut },
		"sentinel":  func(c *Config) { c.Sentinel = false },
		"slices":    func(c *Config) { c.Slices = []string{"country", "device"} },
		"tolerance": func(c *Config) { c.Criteria[0] = ErrorRate{Tolerance: 0.2} },
		"order":     func(c *Config) { c.Criteria[0], c.Criteria[1] = c.Criteria[1], c.Criteria[0] },
		"fewer":     func(c *Config) { c.Criteria = c.Criteria[1:] },
		"signals":   func(c *Config) { c.Numbers = []string{"score", "length"} },
	} {
		other := everything()
		change(&other)
		_, err := RestoreJudge(other, data)
		require.ErrorIs(t, err, ErrOtherConfig, name)
	}
	for name, change := range map[string]func(*Config){
		"labels":  func(c *Config) { c.LabelText = func(int, uint16) string { return "x" } },
		"classes": func(c *Config) { c.ClassText = func(uint16) string { return "x" } },
		"slices":  func(c *Config) { c.SliceText = func(int, uint8) string { return "x" } },
	} {
		other := everything()
		change(&other)
		_, err := RestoreJudge(other, data)
		require.ErrorIs(t, err, ErrOtherTexts, name)
	}
	_, err := RestoreJudge(Config{}, data)
	var problem *ConfigError
	require.ErrorAs(t, err, &problem)

	nameless := everything()
	nameless.LabelText, nameless.ClassText, nameless.SliceText = nil, nil, nil
	_, err = RestoreJudge(nameless, data)
	require.NoError(t, err, "who cannot name ids cannot be asked")
}

func TestReadDictionary(t *testing.T) {
	config := Config{
		Labels: []string{"unread", "class"}, Slices: []string{"unseen", "country"},
		Criteria:  []Criterion{Categories{Signal: "class"}, FailureModes{}},
		LabelText: func(_ int, id uint16) string { return []string{"", "de", "en"}[id] },
		ClassText: func(id uint16) string { return fmt.Sprint("class ", id) },
		SliceText: func(_ int, cell uint8) string { return fmt.Sprint("country ", cell) },
	}
	j := mustJudge(t, config)
	j.Seed(&Observation{Labels: []uint16{0, 2}})
	j.BeginStep(half)
	e := j.NewEvidence()
	e.Observe(Fresh, &Observation{Labels: []uint16{9, 0}, Slices: []uint8{200, 7}})
	e.Observe(Fresh, &Observation{Labels: []uint16{9, LabelSlots}, Slices: []uint8{200, SliceSlots}})
	e.Observe(Fresh, &Observation{Arm: Candidate, Outcome: Failed, Class: 3})
	j.Fold(e, 0)
	for range 64 {
		j.Seed(&Observation{Labels: []uint16{0, 1}})
	}
	j.BeginStep(half) // and now in a closed round
	dictionary, err := ReadDictionary(encoded(t, j))
	require.NoError(t, err)
	require.Equal(t, Dictionary{
		Labels:  [][]Entry{nil, {{0, ""}, {1, "de"}, {2, "en"}}},
		Classes: []Entry{{3, "class 3"}},
		Slices:  [][]Entry{{}, {{7, "country 7"}}},
	}, dictionary)

	_, err = ReadDictionary(nil)
	require.ErrorIs(t, err, ErrCorrupt)
}

// What is known stays in the dictionary when the seed it came from has faded away.
func TestDictionaryRemembersKnownLabels(t *testing.T) {
	config := Config{
		Labels: []string{"class"}, Criteria: []Criterion{Categories{Signal: "class"}},
		LabelText: func(_ int, id uint16) string { return fmt.Sprint(id) },
	}
	j := mustJudge(t, config)
	for range 100 {
		j.Seed(&Observation{Labels: []uint16{5}})
	}
	j.BeginStep(half)
	j.sessions[coinsGroup].seed[5] = 0
	dictionary, err := ReadDictionary(encoded(t, j))
	require.NoError(t, err)
	require.Equal(t, [][]Entry{{{5, "5"}}}, dictionary.Labels)
}

// Whatever bits of a state are changed under a right checksum: no panic, no NaN.
func TestRestoreSurvivesForgedStates(t *testing.T) {
	config := everything()
	config.Sentinel, config.Slices = false, config.Slices[:1]
	c := newChance(2)
	j := mustJudge(t, config)
	j.BeginStep([NumStrata]float64{0.5, 0.2})
	for range 6 {
		j.Fold(c.evidence(j, 100), 0)
	}
	data := encoded(t, j)
	restored := 0
	for range 250 {
		forged := append([]byte(nil), data...)
		for range 1 + c.IntN(3) {
			forged[12+c.IntN(len(forged)-16)] = byte(c.IntN(256))
		}
		if useForged(t, config, forged) {
			restored++
		}
	}
	require.Positive(t, restored)
}

// useForged puts a right frame around bytes, and uses the judge that comes of it.
func useForged(t *testing.T, config Config, body []byte) bool {
	t.Helper()
	e := newEncoderFor(nil, judgeLetters, mustJudge(t, config).print())
	if len(body) > 16 {
		e.b = append(e.b, body[12:len(body)-4]...)
	}
	j, err := RestoreJudge(config, e.seal())
	if err != nil {
		require.ErrorIs(t, err, anyOf(err))
		return false
	}
	c := newChance(1)
	for i := range 3 {
		r := j.Fold(c.evidence(j, 30), time.Duration(i)*time.Minute)
		require.False(t, math.IsNaN(r.LogE) || math.IsInf(r.LogE, 0), "%v", r.LogE)
		j.Verdicts()
		j.BeginStep([NumStrata]float64{0.3, 0.3, 0.3})
	}
	return true
}

// anyOf returns the sentinel an error wraps.
func anyOf(err error) error {
	for _, sentinel := range []error{ErrCorrupt, ErrNewerVersion, ErrOtherConfig, ErrOtherTexts} {
		if errors.Is(err, sentinel) {
			return sentinel
		}
	}
	return nil
}
