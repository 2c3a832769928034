package criteria

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func sent(t testing.TB, e *Evidence) []byte {
	t.Helper()
	data, err := e.AppendBinary(nil)
	require.NoError(t, err)
	return data
}

// requireSame compares counts; the order of what is counted in slices is nothing.
func requireSame(t testing.TB, want, got *Evidence) {
	t.Helper()
	for g := range want.tables {
		require.True(t, reflect.DeepEqual(want.tables[g], got.tables[g]), "table %d", g)
	}
	for g := range want.slices {
		require.True(t, slices.Equal(listed(want, group(g)), listed(got, group(g))), "slices of table %d", g)
	}
}

func listed(e *Evidence, g group) []crossing {
	return append([]crossing{}, compacted(slices.Clone(e.slices[g].list))...)
}

func TestEvidenceRoundTrip(t *testing.T) {
	for seed := range uint64(6) {
		config := everything()
		config.Sentinel = seed%2 == 0
		c := newChance(seed)
		j := mustJudge(t, config)
		e := c.evidence(j, []int{0, 1, 300}[seed%3])
		data, err := e.AppendBinary([]byte("before"))
		require.NoError(t, err)
		require.Equal(t, "before", string(data[:6]))
		again := c.evidence(mustJudge(t, config), 50)
		require.NoError(t, again.UnmarshalBinary(data[6:]))
		requireSame(t, e, again)
		require.Equal(t, data[6:], sent(t, again), "the same counts, the same bytes")
		require.Equal(t, e.Empty(), again.Empty())
		again.Observe(Fresh, &Observation{Slices: []uint8{1, 2}}) // it goes on
		e.Observe(Fresh, &Observation{Slices: []uint8{1, 2}})
		requireSame(t, e, again)
	}
}

// Entries beyond 32 bits are several of one key.
func TestEvidenceOfBillions(t *testing.T) {
	j := mustJudge(t, Config{Slices: []string{"country"}, Criteria: []Criterion{ErrorRate{}}})
	e := calls(j, 1, Observation{Slices: []uint8{3}})
	for range 34 {
		e.Merge(e)
	}
	require.Equal(t, uint64(1)<<34, e.tables[coinsGroup].total())
	again := j.NewEvidence()
	require.NoError(t, again.UnmarshalBinary(sent(t, e)))
	total := uint64(0)
	for _, x := range again.slices[coinsGroup].list {
		total += uint64(x.count)
	}
	require.Equal(t, uint64(1)<<34, total)
	require.Less(t, len(again.slices[coinsGroup].list), 10)
}

// A numberer gives texts ids as a process does: in the order it meets them.
type numberer map[string]int

func (n numberer) id(text string) int {
	if _, ok := n[text]; !ok {
		n[text] = len(n)
	}
	return n[text]
}

func (n numberer) text(id int) string {
	for text, i := range n {
		if i == id {
			return text
		}
	}
	return "?"
}

// A process has its own numbers for everything.
type replica struct {
	labels, classes, slices numberer
	*Judge
}

func newReplica(t *testing.T) *replica {
	p := &replica{labels: numberer{}, classes: numberer{}, slices: numberer{}}
	config := everything()
	config.LabelText = func(_ int, id uint16) string { return p.labels.text(int(id)) }
	config.LabelID = func(_ int, text string) uint16 { return uint16(p.labels.id(text)) }
	config.ClassText = func(id uint16) string { return p.classes.text(int(id)) }
	config.ClassID = func(text string) uint16 { return uint16(p.classes.id(text)) }
	config.SliceText = func(_ int, cell uint8) string { return p.slices.text(int(cell)) }
	config.SliceCell = func(_ int, text string) uint8 { return uint8(p.slices.id(text)) }
	p.Judge = mustJudge(t, config)
	p.BeginStep([NumStrata]float64{0.5, 0.2, 0.9})
	p.BeginWindows([NumStrata]float64{0.5, 0.2})
	return p
}

// observe counts a call whose ids stand for texts.
func (p *replica) observe(e *Evidence, o Observation) {
	s := Stratum(o.Labels[1] % NumStrata)
	if o.Labels[1] < LabelSlots {
		o.Labels = []uint16{0, uint16(p.labels.id(fmt.Sprint("label ", o.Labels[1])))}
	}
	if o.Class = o.Class % 240; o.Class < LabelSlots {
		o.Class = uint16(p.classes.id(fmt.Sprint("class ", o.Class%7)))
	}
	o.Slices = slices.Clone(o.Slices)
	for d, cell := range o.Slices {
		if cell < SliceSlots {
			o.Slices[d] = uint8(p.slices.id(fmt.Sprint("slice ", cell)))
		}
	}
	e.Observe(s, &o)
	e.ObserveWindow(s, &o)
	e.ObservePair(&Pair{Differs: o.Outcome != Fine, Rerun: o.Latency%2 == 0, Differences: o.Numbers, Slices: o.Slices})
}

// The evidence of replicas that number labels, classes and slices differently adds
// up to that of the single stream, in any order within a round.
func TestReplicasEncodedAreTheSingleStream(t *testing.T) {
	const replicas, perReplica = 8, 60
	single, pooled, permuted := newReplica(t), newReplica(t), newReplica(t)
	shuffled := newReplica(t)
	others := make([]*replica, replicas)
	for r := range others {
		others[r] = newReplica(t)
	}
	c := newChance(1)
	for range 5 {
		stream := make([]Observation, replicas*perReplica)
		for i := range stream {
			stream[i] = *c.call()
			stream[i].Numbers[0] = math.Round(32*stream[i].Numbers[0]) / 32 // no dice
		}
		one := single.NewEvidence()
		for i := range stream {
			single.observe(one, stream[i])
			// The hub has met the same texts in the same order; it just did not count.
			pooled.observe(pooled.NewEvidence(), stream[i])
		}
		sum := pooled.NewEvidence()
		for _, r := range c.Perm(replicas) {
			part := others[r].NewEvidence()
			for _, o := range stream[r*perReplica : (r+1)*perReplica] {
				others[r].observe(part, o)
			}
			arrived := pooled.NewEvidence()
			require.NoError(t, arrived.UnmarshalBinary(sent(t, part)))
			sum.Merge(arrived)
		}
		requireSame(t, one, sum)
		mixed := shuffled.NewEvidence()
		for _, i := range c.Perm(len(stream)) {
			shuffled.observe(mixed, stream[i])
		}
		arrived := single.NewEvidence()
		require.NoError(t, arrived.UnmarshalBinary(sent(t, mixed)))
		requireSame(t, one, arrived)

		want := single.Fold(one, 0).LogE
		require.InDelta(t, want, pooled.Fold(sum, 0).LogE, 1e-12)
		require.InDelta(t, want, permuted.Fold(arrived, 0).LogE, 1e-12)
	}
	require.NotZero(t, single.ruling.LogE)
	require.NotEqual(t, single.labels, others[0].labels)
}

func TestIDsAreTakenAsTheyAreWithoutAWayBack(t *testing.T) {
	config := everything()
	j := mustJudge(t, config)
	e := newChance(1).evidence(j, 100)
	config.LabelText, config.ClassText, config.SliceText = nil, nil, nil
	again := mustJudge(t, config).NewEvidence()
	require.NoError(t, again.UnmarshalBinary(sent(t, e)))
	requireSame(t, e, again)

	config.LabelID = func(int, string) uint16 { return 0 }
	strict := mustJudge(t, config).NewEvidence()
	require.NoError(t, strict.UnmarshalBinary(sent(t, e)))
	require.ErrorIs(t, strict.UnmarshalBinary(sent(t, again)), ErrOtherConfig, "ids to be translated need texts")
	require.True(t, strict.Empty())
}

func TestWhatHasNoPlaceHere(t *testing.T) {
	config := Config{
		Labels: []string{"class"}, Slices: []string{"country"}, Criteria: []Criterion{Categories{Signal: "class"}},
		LabelText: func(int, uint16) string { return "x" }, SliceText: func(int, uint8) string { return "y" },
	}
	there := mustJudge(t, config)
	config.LabelID = func(int, string) uint16 { return 9999 }
	config.SliceCell = func(int, string) uint8 { return 200 }
	here := mustJudge(t, config).NewEvidence()
	require.NoError(t, here.UnmarshalBinary(sent(t, calls(there, 3, Observation{Labels: []uint16{4}, Slices: []uint8{5}}))))
	require.Equal(t, uint64(3), here.tables[coinsGroup].row(0, 0)[MaxLabels], "no label")
	require.Empty(t, here.slices[coinsGroup].list, "no slice")
	require.NoError(t, here.UnmarshalBinary(sent(t, calls(there, 3, Observation{Labels: []uint16{LabelSlots}, Slices: []uint8{SliceSlots}}))))
	require.Equal(t, uint64(3), here.tables[coinsGroup].row(0, 0)[LabelSlots], "hashes are the same everywhere")
	require.Equal(t, []crossing{{newCrossingKey(0, 0, SliceSlots, LabelSlots), 3}}, listed(here, coinsGroup))
}

// resealed puts a right checksum under changed bytes.
func resealed(data []byte) []byte {
	body := slices.Clone(data[:len(data)-4])
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, castagnoli))
}

func TestUnmarshalRefuses(t *testing.T) {
	j := mustJudge(t, everyKind())
	good := sent(t, random(j, 1, 50))
	changed := func(at int, b byte) []byte {
		data := slices.Clone(good)
		data[at] = b
		return resealed(data)
	}
	other := everyKind()
	other.Criteria = other.Criteria[1:]
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"nothing", nil, ErrCorrupt},
		{"zeros", make([]byte, 100), ErrCorrupt},
		{"a judge", encoded(t, j), ErrCorrupt},
		{"trailing byte", append(slices.Clone(good), 0), ErrCorrupt},
		{"trailing byte inside", resealed(append(slices.Clone(good[:len(good)-4]), make([]byte, 5)...)), ErrCorrupt},
		{"version 0", changed(3, 0), ErrCorrupt},
		{"a newer version", changed(3, encodingVersion+1), ErrNewerVersion},
		{"fingerprint", changed(4, good[4]+1), ErrOtherConfig},
		{"other criteria", sent(t, mustJudge(t, other).NewEvidence()), ErrOtherConfig},
		{"header only", resealed(good[:8]), ErrCorrupt},
	} {
		e := random(j, 2, 10)
		require.ErrorIs(t, e.UnmarshalBinary(c.data), c.want, c.name)
		require.True(t, e.Empty(), c.name)
		require.Regexp(t, "^criteria: ", e.UnmarshalBinary(c.data).Error())
	}
	var zero Evidence
	require.ErrorIs(t, zero.UnmarshalBinary(good), ErrOtherConfig)
	_, err := zero.AppendBinary(nil)
	require.ErrorIs(t, err, ErrOtherConfig)
}

// Counts that cannot have come about are refused, whatever the checksum says.
func TestUnmarshalRefusesPoison(t *testing.T) {
	j := mustJudge(t, Config{Slices: []string{"country"}, Criteria: []Criterion{ErrorRate{}, ErrorRate{Role: Hold}}})
	in := Observation{Slices: []uint8{1}}
	for name, poison := range map[string]func(e *Evidence){
		"a criterion counted fewer": func(e *Evidence) { e.tables[coinsGroup].cells[0]-- },
		"a criterion counted more":  func(e *Evidence) { e.tables[coinsGroup].cells[4]++ },
		"calls nobody counted":      func(e *Evidence) { e.tables[coinsGroup].seen[0]++ },
		"calls in an empty table":   func(e *Evidence) { e.tables[windowsGroup].seen[0]++ },
		"too many calls": func(e *Evidence) {
			e.tables[coinsGroup].seen[0], e.tables[coinsGroup].cells[0], e.tables[coinsGroup].cells[3] = maxCalls+1, maxCalls+1, maxCalls+1
		},
		"a sum that wraps": func(e *Evidence) { e.tables[coinsGroup].cells[0], e.tables[coinsGroup].cells[1] = 1<<63, 1<<63+5 },
		"more than there were": func(e *Evidence) {
			e.slices[coinsGroup].list = append(e.slices[coinsGroup].list, e.slices[coinsGroup].list...)
		},
		"fewer in one":           func(e *Evidence) { e.slices[coinsGroup].list = e.slices[coinsGroup].list[1:] },
		"none in an entry":       func(e *Evidence) { e.slices[coinsGroup].list[0].count = 0 },
		"slices of no calls":     func(e *Evidence) { clear(e.tables[coinsGroup].seen[:]) },
		"a slice beyond the end": func(e *Evidence) { e.slices[coinsGroup].list[0].key = newCrossingKey(5, 7, 63, 5) },
	} {
		e := calls(j, 5, in)
		poison(e)
		require.ErrorIs(t, j.NewEvidence().UnmarshalBinary(sent(t, e)), ErrCorrupt, name)
	}
	require.NoError(t, j.NewEvidence().UnmarshalBinary(sent(t, calls(j, 5, in))))
}

// Of pairs each criterion counts those that bear on it; none bears on nothing.
func TestUnmarshalRefusesPairsOfNobody(t *testing.T) {
	j := mustJudge(t, Config{Numbers: []string{"score"}, Criteria: []Criterion{Disagreement{}, Difference{Signal: "score"}}})
	e := j.NewEvidence()
	for _, p := range []Pair{{Rerun: true}, {Differences: []float64{1}}, {Rerun: true, Differences: []float64{1}}} {
		e.ObservePair(&p)
	}
	pairs := &e.tables[pairsGroup]
	for seen, want := range map[uint64]error{1: ErrCorrupt, 2: nil, 3: nil, 4: nil, 5: ErrCorrupt} {
		pairs.seen[Candidate] = seen
		err := j.NewEvidence().UnmarshalBinary(sent(t, e))
		require.ErrorIs(t, err, want, "%d pairs", seen)
	}
}

func TestMergeAndFoldRefuseWhatIsNotExact(t *testing.T) {
	j := mustJudge(t, Config{Criteria: []Criterion{ErrorRate{}}})
	j.BeginStep(half)
	e := bulk(j, [2]uint64{maxCalls - 10, 0}, [2]uint64{})
	e.Merge(bulk(j, [2]uint64{11, 0}, [2]uint64{1, 0}))
	require.Equal(t, uint64(maxCalls-10), e.tables[coinsGroup].total(), "all or nothing")
	e.Merge(bulk(j, [2]uint64{10, 0}, [2]uint64{maxCalls, 0}))
	require.Equal(t, uint64(2*maxCalls), e.tables[coinsGroup].total())
	huge := bulk(j, [2]uint64{1<<64 - 1, 0}, [2]uint64{})
	e.Merge(huge)
	require.Equal(t, uint64(2*maxCalls), e.tables[coinsGroup].total())

	r := j.Fold(e, 0)
	j.Fold(nil, roundAge)
	require.Equal(t, r.LogE, j.Fold(bulk(j, [2]uint64{}, [2]uint64{0, 1}), 0).LogE)
	require.Equal(t, r.LogE, j.Fold(huge, 0).LogE)
}

// A file cut short anywhere, or with one bit changed, is found out.
func TestTornAndFlippedEncodings(t *testing.T) {
	config := everyKind()
	config.Labels, config.Slices = []string{"unread", "class"}, []string{"country"}
	j := mustJudge(t, config)
	j.BeginStep(half)
	for range 3 {
		j.Fold(newChance(0).evidence(j, 40), 0)
	}
	e := j.NewEvidence()
	for name, c := range map[string]struct {
		data []byte
		step int // from one flipped byte to the next
		read func([]byte) error
	}{
		"evidence": {sent(t, newChance(0).evidence(j, 30)), 1, e.UnmarshalBinary},
		"judge": {encoded(t, j), 50, func(data []byte) error {
			_, err := RestoreJudge(config, data)
			return err
		}},
		"the frame of a judge": {encoded(t, j), 1, func(data []byte) error {
			_, err := unseal(data, judgeLetters)
			return err
		}},
		"dictionary": {encoded(t, j), 50, func(data []byte) error {
			_, err := ReadDictionary(data)
			return err
		}},
	} {
		require.NoError(t, c.read(c.data), name)
		for n := range c.data {
			if err := c.read(c.data[:n]); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%s cut to %d bytes: %v", name, n, err)
			}
		}
		flipped := slices.Clone(c.data)
		for i := 0; i < len(flipped); i += c.step {
			for bit := range 8 {
				flipped[i] ^= 1 << bit
				if err := c.read(flipped); !errors.Is(err, ErrCorrupt) {
					t.Fatalf("%s, bit %d of byte %d: %v", name, bit, i, err)
				}
				flipped[i] ^= 1 << bit
			}
		}
	}
}

// The same with a right checksum: an error or counts that are consistent.
func TestUnmarshalSurvivesForgedBytes(t *testing.T) {
	config := everything()
	j := mustJudge(t, config)
	data := sent(t, newChance(1).evidence(j, 60))
	rng := rand.New(rand.NewPCG(4, 4))
	accepted := 0
	for range 8_000 {
		forged := slices.Clone(data)
		for range 1 + rng.IntN(3) {
			forged[12+rng.IntN(len(forged)-16)] = byte(rng.IntN(256))
		}
		if requireConsistent(t, j, resealed(forged)) {
			accepted++
		}
	}
	require.Positive(t, accepted, "a text may well be another")
}

// requireConsistent reports whether bytes are accepted, and looks at what came of them.
func requireConsistent(t testing.TB, j *Judge, data []byte) bool {
	t.Helper()
	e := j.NewEvidence()
	if err := e.UnmarshalBinary(data); err != nil {
		require.ErrorIs(t, err, anyOf(err))
		require.True(t, e.Empty())
		for g := range e.slices {
			require.Empty(t, e.slices[g].list)
		}
		return false
	}
	again := j.NewEvidence()
	require.NoError(t, again.UnmarshalBinary(sent(t, e)))
	requireSame(t, e, again)
	return true
}

func TestDescribeLeavesOutZeros(t *testing.T) {
	require.Equal(t, "Latency", describe(Latency{}))
	require.Equal(t, "Distribution Signal=\"a b\" Max=0.5 Log=true Role=0x1", describe(Distribution{Signal: "a b", Max: 0.5, Log: true, Role: Hold}))
	require.NotEqual(t, describe(ErrorRate{Tolerance: 0.1}), describe(ErrorRate{Weight: 0.1}))
}
