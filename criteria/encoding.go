package criteria

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"math"
	"math/bits"
	"reflect"
	"strings"
)

// Why an encoding is refused. The errors of [Evidence.UnmarshalBinary],
// [RestoreJudge], [ReadDictionary] and [Routing.UnmarshalBinary] wrap one of them.
var (
	// ErrCorrupt is an encoding that is cut, changed or something else altogether.
	ErrCorrupt = errors.New("criteria: encoding is corrupt")
	// ErrNewerVersion is an encoding by a later release than this one.
	ErrNewerVersion = errors.New("criteria: encoding is of a newer version")
	// ErrOtherConfig is an encoding under other criteria, signals or slices, or for
	// a [Judge] another alpha or slice action: what it counts means something else.
	ErrOtherConfig = errors.New("criteria: encoding is of another configuration")
	// ErrOtherTexts is the encoding of a [Judge] whose ids stand for other texts than
	// they do here; see [ReadDictionary].
	ErrOtherTexts = errors.New("criteria: ids stand for other texts")
)

// Every encoding is, in all versions: three letters of what it is, the version,
// content, and the CRC-32C of all of that, little-endian. The content of evidence and
// judges begins with the fingerprint of the configuration. Numbers are varints, but for logarithms
// and guesses, which are the eight bytes of their float64.
const (
	evidenceLetters = "MCE"
	judgeLetters    = "MCJ"
	routingLetters  = "MCR"
	encodingVersion = 2 // 1 knew no slices of pairs

	headerSize  = 4
	trailerSize = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maxCalls bounds every count: beyond it a float64 is not exact any more.
const maxCalls = 1 << 53

// fingerprint is a short name of a text.
func fingerprint(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum64()
}

// describe writes a criterion with the fields that are not zero, so that a field
// added later does not make it another one.
func describe(c Criterion) string {
	v := reflect.ValueOf(c)
	var b strings.Builder
	b.WriteString(v.Type().Name())
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			fmt.Fprintf(&b, " %s=%#v", v.Type().Field(i).Name, f.Interface())
		}
	}
	return b.String()
}

// An encoder appends to a slice of bytes.
type encoder struct {
	b    []byte
	from int // where the encoding begins
}

func newEncoder(b []byte, letters string) *encoder {
	e := &encoder{b: b, from: len(b)}
	e.b = append(append(e.b, letters...), encodingVersion)
	return e
}

// newEncoderFor begins the content with the fingerprint of a configuration.
func newEncoderFor(b []byte, letters string, print uint64) *encoder {
	e := newEncoder(b, letters)
	e.fixed(print)
	return e
}

// seal ends the encoding.
func (e *encoder) seal() []byte {
	return binary.LittleEndian.AppendUint32(e.b, crc32.Checksum(e.b[e.from:], castagnoli))
}

func (e *encoder) uint(x uint64) { e.b = binary.AppendUvarint(e.b, x) }

// int writes a number >= 0.
func (e *encoder) int(x int) { e.uint(uint64(x)) }

func (e *encoder) bool(x bool) {
	var bit byte
	if x {
		bit = 1
	}
	e.b = append(e.b, bit)
}

// exact writes any float in eight bytes.
func (e *encoder) exact(x float64) { e.fixed(math.Float64bits(x)) }

// fixed writes eight bytes.
func (e *encoder) fixed(x uint64) { e.b = binary.LittleEndian.AppendUint64(e.b, x) }

// short writes any float, too, those with few digits in few bytes: whole numbers
// as a rule in one to three.
func (e *encoder) short(x float64) { e.uint(bits.ReverseBytes64(math.Float64bits(x))) }

func (e *encoder) text(s string) {
	e.int(len(s))
	e.b = append(e.b, s...)
}

// fractions writes the shares of the strata.
func (e *encoder) fractions(shares [NumStrata]float64) {
	for _, x := range shares {
		e.short(x)
	}
}
