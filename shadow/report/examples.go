package report

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

const (
	quadrantExamples = 4
	// confusionCells is of how many confusions of labels examples are kept, cellExamples how many of each, shownCells of how many of a label they are shown.
	confusionCells = 512
	cellExamples   = 2
	shownCells     = 8
	// maxRaw is how many bytes of an output are kept for a diff.
	maxRaw = 16 << 10
)

// examples keeps some of the pairs of a trial. What is drawn at random is drawn by a hash of the pair, so that it is the same in every run.
type examples struct {
	record *pairlog.Record // the one at hand
	at     place
	seq    int64
	hash   uint64
	made   *keptPair
	buffer []byte

	top       best
	sample    best
	quadrants map[string]*best
	cells     map[confusedTexts]*best
}

type confusedTexts struct {
	label string
	cell  [2]uint16
}

// A keptPair is an example with what a diff is made of.
type keptPair struct {
	Example
	stable, candidate json.RawMessage
	cut               bool
}

func newExamples(cfg Config) examples {
	return examples{top: best{most: cfg.top()}, sample: best{most: cfg.sample()}, quadrants: map[string]*best{}, cells: map[confusedTexts]*best{}}
}

func (e *examples) begin(r *pairlog.Record, at place, seq int64) {
	e.record, e.at, e.seq, e.made = r, at, seq, nil
	e.buffer = append(e.buffer[:0], r.Trace...)
	e.buffer = binary.LittleEndian.AppendUint64(e.buffer, uint64(r.Time.UnixNano()))
	e.buffer = binary.LittleEndian.AppendUint64(e.buffer, uint64(at.line))
	e.hash = xxhash.Sum64(e.buffer)
}

func (e *examples) end() {
	r := e.record
	if d := r.Distance; d > 0 {
		e.offer(&e.top, d)
	}
	if r.Differs {
		e.offer(&e.sample, 0)
	}
	if q := quadrantOf(r); q != bothAnswered {
		b := e.quadrants[q]
		if b == nil {
			b = &best{most: quadrantExamples}
			e.quadrants[q] = b
		}
		e.offer(b, 0)
	}
	e.record, e.made = nil, nil
}

// confusion offers the pair at hand for one cell of a label's table.
func (e *examples) confusion(label string, cell [2]uint16) {
	key := confusedTexts{label, cell}
	b := e.cells[key]
	if b == nil {
		if len(e.cells) == confusionCells {
			return
		}
		b = &best{most: cellExamples}
		e.cells[key] = b
	}
	e.offer(b, 0)
}

func (e *examples) offer(b *best, rank float64) {
	entry := ranked{rank: rank, hash: e.hash, seq: e.seq}
	if !b.takes(entry) {
		return
	}
	if e.made == nil {
		e.made = e.make()
	}
	entry.pair = e.made
	b.put(entry)
}

func (e *examples) make() *keptPair {
	r := e.record
	k := &keptPair{Example: Example{
		File: e.at.file, Line: e.at.line, Time: r.Time, Trace: clip(strings.Clone(r.Trace), maxName), Quadrant: quadrantOf(r), Slices: someOf(clipped(r.Slices), maxDimensions),
		Differs: r.Differs, Distance: r.Distance, Stable: exampleAnswer(&r.Stable), Candidate: exampleAnswer(&r.Candidate), Input: rawText(r.Input),
	}}
	var cut [2]bool
	k.stable, cut[0] = rawCopy(r.Stable.Output)
	k.candidate, cut[1] = rawCopy(r.Candidate.Output)
	k.cut = cut[0] || cut[1]
	return k
}

func exampleAnswer(a *pairlog.Answer) ExampleAnswer {
	return ExampleAnswer{
		Outcome: clip(a.Outcome, maxName), Class: clip(a.Class, maxName), Numbers: someOf(maps.Clone(a.Numbers), maxSignals),
		Labels: someOf(clipped(a.Labels), maxSignals), Checks: someOf(maps.Clone(a.Checks), maxSignals),
		Output: rawText(a.Output),
	}
}

func clipped(texts map[string]string) map[string]string {
	out := maps.Clone(texts)
	for name, text := range out {
		out[name] = clip(text, maxName)
	}
	return out
}

// someOf leaves the first of the names, and those that are not too long.
func someOf[V any](m map[string]V, most int) map[string]V {
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i >= most || len(name) > maxName {
			delete(m, name)
		}
	}
	return m
}

func rawText(v any) string {
	raw, _ := v.(json.RawMessage)
	if len(raw) == 0 {
		return ""
	}
	return clip(string(raw[:min(len(raw), maxOutput+4)]), maxOutput)
}

func rawCopy(v any) (raw json.RawMessage, cut bool) {
	raw, _ = v.(json.RawMessage)
	return slices.Clone(raw[:min(len(raw), maxRaw)]), len(raw) > maxRaw
}

// The quadrants, in words.
const (
	bothAnswered    = "both answered"
	stableOnly      = "only stable answered"
	candidateOnly   = "only the candidate answered"
	neitherAnswered = "neither answered"
)

func quadrantOf(r *pairlog.Record) string {
	stable, candidate := r.Stable.Outcome == answered, r.Candidate.Outcome == answered
	switch {
	case stable && candidate:
		return bothAnswered
	case stable:
		return stableOnly
	case candidate:
		return candidateOnly
	}
	return neitherAnswered
}

// exampleList returns the pairs that were kept, each once, with why.
func (t *tally) exampleList() []Example {
	var order []*keptPair
	add := func(b *best, why string) {
		for _, entry := range b.entries {
			if len(entry.pair.Why) == 0 {
				order = append(order, entry.pair)
			}
			if !slices.Contains(entry.pair.Why, why) {
				entry.pair.Why = append(entry.pair.Why, why)
			}
		}
	}
	add(&t.examples.top, "big difference")
	add(&t.examples.sample, "drawn at random")
	for _, q := range []string{stableOnly, candidateOnly, neitherAnswered} {
		if b := t.examples.quadrants[q]; b != nil {
			add(b, q)
		}
	}
	for _, name := range t.labels.sorted() {
		label := t.labels.byName[name]
		for _, cell := range label.confusions() {
			if b := t.examples.cells[confusedTexts{name, cell}]; b != nil {
				add(b, "changed label")
			}
		}
	}
	out := make([]Example, len(order))
	for i, k := range order {
		k.Diff = outputDiff(k.stable, k.candidate, k.cut)
		out[i] = k.Example
	}
	return out
}

// confusions are the cells off the diagonal with most pairs, of texts that are told apart.
func (t *labelTally) confusions() [][2]uint16 {
	var cells [][2]uint16
	for cell := range t.cells {
		if cell[0] != cell[1] && cell[0] < maxTexts && cell[1] < maxTexts {
			cells = append(cells, cell)
		}
	}
	slices.SortFunc(cells, func(a, b [2]uint16) int {
		return cmp.Or(-cmp.Compare(t.cells[a], t.cells[b]), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return cells[:min(len(cells), shownCells)]
}

// best keeps the entries of the highest rank; of those that are equal, those of the lowest hash.
type best struct {
	most    int
	entries []ranked
}

type ranked struct {
	rank float64
	hash uint64
	seq  int64
	pair *keptPair
}

func compareRanked(a, b ranked) int {
	return cmp.Or(-cmp.Compare(a.rank, b.rank), cmp.Compare(a.hash, b.hash), cmp.Compare(a.seq, b.seq))
}

func (b *best) takes(e ranked) bool {
	if len(b.entries) < b.most {
		return true
	}
	return b.most > 0 && compareRanked(e, b.entries[len(b.entries)-1]) < 0
}

func (b *best) put(e ranked) {
	i, _ := slices.BinarySearchFunc(b.entries, e, compareRanked)
	if len(b.entries) == b.most {
		b.entries = b.entries[:len(b.entries)-1]
	}
	b.entries = slices.Insert(b.entries, i, e)
}

// MarshalJSON writes a distance that is no number as null.
func (e Example) MarshalJSON() ([]byte, error) {
	type plain Example
	return json.Marshal(struct {
		plain
		Distance any `json:"distance"`
	}{plain(e), jsonNumber(e.Distance)})
}

// MarshalJSON writes numbers that JSON does not have as text, as the log does.
func (a ExampleAnswer) MarshalJSON() ([]byte, error) {
	type plain ExampleAnswer
	numbers := map[string]any{}
	for name, x := range a.Numbers {
		numbers[name] = jsonNumber(x)
	}
	return json.Marshal(struct {
		plain
		Numbers map[string]any `json:"numbers,omitempty"`
	}{plain(a), numbers})
}

func jsonNumber(x float64) any {
	switch {
	case math.IsNaN(x):
		return nil
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	return x
}
