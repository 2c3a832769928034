package pairlog

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/modelcanary/go-sdk/shadow/pairlog/internal/safejson"
)

// Schema is the value of "schema" in every line that this package writes and reads.
const Schema = "modelcanary.pair/1"

const (
	// DefaultMaxOutput is how many bytes an input or an output may take in a line.
	DefaultMaxOutput = 64 << 10
	// DefaultMaxLine is how many bytes a line may have.
	DefaultMaxLine = 1 << 20
	// MinMaxLine is the least that a line must be allowed to have.
	MinMaxLine = 64 << 10

	maxText    = safejson.MaxText
	maxEntries = safejson.MaxEntries
)

// limits are what a line may take, in bytes.
type limits struct {
	output int
	line   int
}

var defaultLimits = limits{output: DefaultMaxOutput, line: DefaultMaxLine}

// AppendRecord appends r to dst as one line with its line feed, in the schema of the package documentation and with the default limits. Whatever r
// holds, the line is valid JSON, holds no other line feed and is at most [DefaultMaxLine] bytes long. No method of what r holds is called. It does not
// keep r, and it is safe for concurrent use as long as nobody changes what r leads to.
func AppendRecord(dst []byte, r *Record) []byte {
	return appendRecord(dst, r, defaultLimits)
}

// appendRecord leaves out inputs and outputs of a line that is too long, then its maps, until it fits. The texts that then remain always do.
func appendRecord(dst []byte, r *Record, max limits) []byte {
	w := writer{json: safejson.Writer{Buf: dst}, max: max}
	for _, w.without = range []part{nothing, outputs, outputsAndMaps} {
		w.json.Buf = w.json.Buf[:len(dst)]
		w.record(r)
		if len(w.json.Buf)-len(dst) <= max.line {
			break
		}
	}
	return w.json.Buf
}

// part is what of a record is left out.
type part uint8

const (
	nothing part = iota
	outputs
	outputsAndMaps
)

type writer struct {
	json    safejson.Writer
	max     limits
	without part
	cut     bool // something was shortened or left out
}

func (w *writer) record(r *Record) {
	w.cut = r.Cut || w.without >= outputsAndMaps
	w.json.Literal(`{"schema":"` + Schema + `","time":`)
	w.json.Time(r.Time.UTC())
	w.text(`,"canary":`, r.Canary)
	if r.Epoch != 0 {
		w.json.Literal(`,"epoch":`)
		w.json.Uint(r.Epoch)
	}
	w.text(`,"trace":`, r.Trace)
	if r.Rate != 0 {
		w.json.Literal(`,"rate":`)
		w.json.Float(r.Rate, 64)
	}
	w.texts(`,"slices":`, r.Slices)
	w.free(`,"input":`, r.Input)
	w.json.Literal(`,"stable":`)
	w.answer(&r.Stable)
	w.json.Literal(`,"candidate":`)
	w.answer(&r.Candidate)
	if r.Rerun != nil {
		w.json.Literal(`,"rerun":`)
		w.answer(r.Rerun)
	}
	w.flag(`,"differs":`, r.Differs)
	if r.Rerun != nil || r.RerunDiffers {
		w.flag(`,"rerun_differs":`, r.RerunDiffers)
	}
	w.distance(`,"distance":`, r.Distance)
	w.distance(`,"rerun_distance":`, r.RerunDistance)
	if w.cut {
		w.json.Literal(`,"cut":true`)
	}
	w.json.Literal("}\n")
}

func (w *writer) answer(a *Answer) {
	w.json.Literal(`{"version":`)
	w.json.Printable(w.clip(a.Version))
	w.text(`,"outcome":`, a.Outcome)
	w.text(`,"class":`, a.Class)
	w.json.Literal(`,"duration_s":`)
	w.json.Buf = appendSeconds(w.json.Buf, a.Duration)
	appendMap(w, `,"numbers":`, a.Numbers, func(f float64) { w.json.Float(f, 64) })
	w.texts(`,"labels":`, a.Labels)
	appendMap(w, `,"checks":`, a.Checks, w.json.Bool)
	w.free(`,"output":`, a.Output)
	w.json.Literal("}")
}

func (w *writer) texts(name string, m map[string]string) {
	appendMap(w, name, m, func(s string) { w.json.Printable(w.clip(s)) })
}

// appendMap is one value per name, in the order of the names. Of names that become the same one when clipped or made printable the first is kept.
func appendMap[V any](w *writer, name string, m map[string]V, value func(V)) {
	if len(m) == 0 || w.without >= outputsAndMaps {
		return
	}
	if len(m) > maxEntries {
		w.cut = true
		return
	}
	w.json.Literal(name)
	w.json.OpenMap()
	var room [16]string
	keys := slices.AppendSeq(room[:0], maps.Keys(m))
	slices.Sort(keys)
	last := ""
	for i, key := range keys {
		shown := safejson.UTF8(w.clip(key))
		if i > 0 && shown == last {
			w.cut = true
			continue
		}
		last = shown
		w.json.Key(shown)
		value(m[key])
	}
	w.json.CloseMap()
}

// free is a value of any type, if there is one.
func (w *writer) free(name string, v any) {
	if v == nil {
		return
	}
	w.json.Literal(name)
	if w.without >= outputs {
		w.json.Omitted(safejson.TooLarge, 0)
		return
	}
	w.json.Value(v, w.max.output)
}

// text is left out when empty.
func (w *writer) text(name, s string) {
	if s == "" {
		return
	}
	w.json.Literal(name)
	w.json.Printable(w.clip(s))
}

func (w *writer) flag(name string, b bool) {
	w.json.Literal(name)
	w.json.Bool(b)
}

// distance is left out when there is none.
func (w *writer) distance(name string, d float64) {
	if math.IsNaN(d) {
		return
	}
	w.json.Literal(name)
	w.json.Float(d, 64)
}

// clip keeps the beginning of a text that is too long.
func (w *writer) clip(s string) string {
	s, cut := safejson.Clip(s, maxText)
	w.cut = w.cut || cut
	return s
}

// appendSeconds writes a duration as seconds, exactly.
func appendSeconds(dst []byte, d time.Duration) []byte {
	n := uint64(d)
	if d < 0 {
		dst, n = append(dst, '-'), -n
	}
	dst = strconv.AppendUint(dst, n/1e9, 10)
	frac := n % 1e9
	if frac == 0 {
		return dst
	}
	var digits [10]byte
	digits[0] = '.'
	for i := 9; i > 0; i-- {
		digits[i] = byte('0' + frac%10)
		frac /= 10
	}
	end := 10
	for digits[end-1] == '0' {
		end--
	}
	return append(dst, digits[:end]...)
}
