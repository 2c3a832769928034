package keeper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// A progress is written as three letters, a version, content, and the CRC-32C of all that. Numbers are varints, but for floats, which are their eight bytes; texts
// and what others have written go after their length.
const (
	progressLetters = "MCP"
	progressVersion = 2 // 1 has no feedback
	progressHeader  = len(progressLetters) + 1
	progressTrailer = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errProgress = errors.New("it cannot be read")

func (p *progress) marshal() []byte {
	w := writer(append([]byte(progressLetters), progressVersion))
	w.bytes([]byte(p.declared))
	for _, x := range []float64{p.applied, p.step} {
		w.float(x)
	}
	w.uint(uint64(len(p.told)))
	for _, criterion := range p.told {
		w.bytes([]byte(criterion))
	}
	w.uint(p.period, uint64(p.soaked), uint64(p.lag), p.stale)
	w.uint(p.counted[:]...)
	w.uint(p.sentinel[:]...)
	w.uint(uint64(len(p.carved)))
	for i := range p.carved {
		w.carved(&p.carved[i])
	}
	w.dictionary(&p.texts)
	w.bytes(p.judge)
	w.bytes(p.routing)
	w.bytes(p.windows)
	w.bytes(p.feedback)
	w = p.coins.AppendBinary(w)
	return binary.LittleEndian.AppendUint32(w, crc32.Checksum(w, castagnoli))
}

// unmarshal reads what marshal wrote. It takes whatever bytes come, and keeps parts of them. p must be new, with coins that know what is declared.
func (p *progress) unmarshal(data []byte) error {
	if len(data) < progressHeader+progressTrailer || string(data[:len(progressLetters)]) != progressLetters {
		return fmt.Errorf("%w: %d bytes that are something else", errProgress, len(data))
	}
	end := len(data) - progressTrailer
	if crc32.Checksum(data[:end], castagnoli) != binary.LittleEndian.Uint32(data[end:]) {
		return fmt.Errorf("%w: the checksum does not match", errProgress)
	}
	v := data[progressHeader-1]
	if v == 0 || v > progressVersion {
		return fmt.Errorf("%w: version %d, this release reads 1 to %d", errProgress, v, progressVersion)
	}
	r := reader{b: data[progressHeader:end]}
	p.declared = string(r.bytes())
	p.applied, p.step = r.fraction(), r.fraction()
	for range r.length() {
		p.told = append(p.told, string(r.bytes()))
	}
	p.period, p.soaked, p.lag, p.stale = r.uint(), r.duration(), r.duration(), r.uint()
	p.counted, p.sentinel = [2]uint64{r.uint(), r.uint()}, [2]uint64{r.uint(), r.uint()}
	for range r.length() {
		p.carved = append(p.carved, r.carved())
	}
	r.dictionary(&p.texts)
	p.judge, p.routing, p.windows = r.bytes(), r.bytes(), r.bytes()
	if v > 1 {
		p.feedback = r.bytes()
	}
	if r.failed {
		return fmt.Errorf("%w: cut short", errProgress)
	}
	rest, err := p.coins.Restore(r.b)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes too many", len(rest))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errProgress, err)
	}
	return nil
}

type writer []byte

func (w *writer) uint(all ...uint64) {
	for _, x := range all {
		*w = binary.AppendUvarint(*w, x)
	}
}

func (w *writer) float(x float64) { *w = binary.LittleEndian.AppendUint64(*w, math.Float64bits(x)) }

func (w *writer) bytes(b []byte) {
	w.uint(uint64(len(b)))
	*w = append(*w, b...)
}

func (w *writer) carved(c *CarvedSlice) {
	w.uint(uint64(c.Dimension), uint64(c.Cell), uint64(max(0, c.At.UnixNano())))
	for _, text := range []string{c.Slice, c.Criterion, c.Finding} {
		w.bytes([]byte(text))
	}
}

func (w *writer) dictionary(d *criteria.Dictionary) {
	w.vocabularies(d.Labels)
	w.entries(d.Classes)
	w.vocabularies(d.Slices)
}

func (w *writer) vocabularies(all [][]criteria.Entry) {
	w.uint(uint64(len(all)))
	for _, entries := range all {
		w.entries(entries)
	}
}

func (w *writer) entries(entries []criteria.Entry) {
	w.uint(uint64(len(entries)))
	for _, e := range entries {
		w.uint(uint64(e.ID))
		w.bytes([]byte(e.Text))
	}
}

// reader takes things off the front of bytes; after the first that cannot be it gives zeros.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) upTo(most uint64) uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 || x > most || r.failed {
		r.failed, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) uint() uint64            { return r.upTo(math.MaxUint64) }
func (r *reader) duration() time.Duration { return time.Duration(r.upTo(math.MaxInt64 / 2)) }

// length is how many things follow, of a byte at least.
func (r *reader) length() uint64 { return r.upTo(uint64(len(r.b))) }

func (r *reader) bytes() []byte {
	n := r.length()
	if n > uint64(len(r.b)) {
		r.failed, r.b = true, nil
		return nil
	}
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) fraction() float64 {
	if len(r.b) < 8 {
		r.failed, r.b = true, nil
		return 0
	}
	x := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	if !(x >= 0 && x <= 1) {
		r.failed = true
	}
	return x
}

func (r *reader) carved() (c CarvedSlice) {
	c.Dimension, c.Cell = int(r.upTo(criteria.MaxDimensions-1)), uint8(r.upTo(criteria.SliceCells-1))
	c.At = time.Unix(0, int64(r.upTo(math.MaxInt64)))
	c.Slice, c.Criterion, c.Finding = string(r.bytes()), string(r.bytes()), string(r.bytes())
	return c
}

func (r *reader) dictionary(d *criteria.Dictionary) {
	d.Labels = r.vocabularies()
	d.Classes = r.entries()
	d.Slices = r.vocabularies()
}

func (r *reader) vocabularies() (all [][]criteria.Entry) {
	for range r.length() {
		all = append(all, r.entries())
	}
	return all
}

func (r *reader) entries() (all []criteria.Entry) {
	for range r.length() {
		all = append(all, criteria.Entry{ID: uint16(r.upTo(math.MaxUint16)), Text: string(r.bytes())})
	}
	return all
}
