package pairlog

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/modelcanary/go-sdk/shadow/pairlog/internal/walk"
)

// builder writes JSON. It is a [walk.Builder].
type builder struct {
	buf []byte
}

var _ walk.Builder = (*builder)(nil)

func (b *builder) literal(s string) { b.buf = append(b.buf, s...) }

// comma separates a value from the one before it. What begins a line or follows a name needs none.
func (b *builder) comma() {
	if n := len(b.buf); n > 0 {
		switch b.buf[n-1] {
		case '{', '[', ':', ',', '\n':
		default:
			b.buf = append(b.buf, ',')
		}
	}
}

func (b *builder) Len() int    { return len(b.buf) }
func (b *builder) Reset(n int) { b.buf = b.buf[:n] }

func (b *builder) Null()         { b.comma(); b.literal("null") }
func (b *builder) Bool(v bool)   { b.comma(); b.buf = strconv.AppendBool(b.buf, v) }
func (b *builder) Int(v int64)   { b.comma(); b.buf = strconv.AppendInt(b.buf, v, 10) }
func (b *builder) Uint(v uint64) { b.comma(); b.buf = strconv.AppendUint(b.buf, v, 10) }
func (b *builder) OpenList()     { b.comma(); b.literal("[") }
func (b *builder) CloseList()    { b.literal("]") }
func (b *builder) OpenMap()      { b.comma(); b.literal("{") }
func (b *builder) CloseMap()     { b.literal("}") }
func (b *builder) Key(s string)  { b.printable(s); b.literal(":") }

func (b *builder) Number(n json.Number) { b.comma(); b.literal(string(n)) }

// Float writes what JSON has no number for as a text, and a negative zero so that every reader takes it for a float.
func (b *builder) Float(f float64, bits int) {
	b.comma()
	switch {
	case math.IsNaN(f):
		b.literal(`"NaN"`)
	case math.IsInf(f, 1):
		b.literal(`"Infinity"`)
	case math.IsInf(f, -1):
		b.literal(`"-Infinity"`)
	case f == 0 && math.Signbit(f):
		b.literal("-0.0")
	default:
		format := byte('f')
		if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
			format = 'e'
		}
		b.buf = strconv.AppendFloat(b.buf, f, format, -1, bits)
	}
}

// Time writes RFC 3339 with nanoseconds; a year that it has no four digits for makes it the zero time.
func (b *builder) Time(t time.Time) {
	if year := t.Year(); year < 0 || year > 9999 {
		t = time.Time{}
	}
	b.comma()
	b.literal(`"`)
	b.buf = t.AppendFormat(b.buf, time.RFC3339Nano)
	b.literal(`"`)
}

// Text writes a text that is not UTF-8 as its bytes.
func (b *builder) Text(s string) {
	if utf8.ValidString(s) {
		b.printable(s)
		return
	}
	b.Bytes([]byte(s))
}

func (b *builder) Bytes(p []byte) {
	b.comma()
	b.literal(`{"$base64":"`)
	b.buf = base64.StdEncoding.AppendEncode(b.buf, p)
	b.literal(`"}`)
}

func (b *builder) Omitted(why string, n int) {
	b.comma()
	b.literal(`{"$omitted":"`)
	b.literal(why)
	b.literal(`"`)
	if n > 0 {
		b.literal(`,"bytes":`)
		b.buf = strconv.AppendInt(b.buf, int64(n), 10)
	}
	b.literal("}")
}

// Raw writes a valid JSON text without the space between its parts, and its strings as those of the package are written.
func (b *builder) Raw(raw json.RawMessage) {
	b.comma()
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '"':
			end := closingQuote(raw, i+1)
			b.literal(`"`)
			b.escape(string(raw[i+1:end]), true)
			b.literal(`"`)
			i = end + 1
		default:
			b.buf = append(b.buf, c)
			i++
		}
	}
}

// closingQuote is where the string ends that begins at from.
func closingQuote(raw []byte, from int) int {
	for raw[from] != '"' {
		if raw[from] == '\\' {
			from++
		}
		from++
	}
	return from
}

// printable writes a text; what is not UTF-8 in it becomes U+FFFD.
func (b *builder) printable(s string) {
	b.comma()
	b.literal(`"`)
	b.escape(s, false)
	b.literal(`"`)
}
