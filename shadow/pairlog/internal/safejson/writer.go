package safejson

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Writer appends JSON to Buf. It puts the commas itself. The zero value is ready for use.
type Writer struct {
	Buf []byte
}

// Literal appends s as it is.
func (b *Writer) Literal(s string) { b.Buf = append(b.Buf, s...) }

// comma separates a value from the one before it. What begins a line or follows a name needs none.
func (b *Writer) comma() {
	if n := len(b.Buf); n > 0 {
		switch b.Buf[n-1] {
		case '{', '[', ':', ',', '\n':
		default:
			b.Buf = append(b.Buf, ',')
		}
	}
}

// Bool writes true or false.
func (b *Writer) Bool(v bool) { b.comma(); b.Buf = strconv.AppendBool(b.Buf, v) }

// Uint writes a whole number.
func (b *Writer) Uint(v uint64) { b.comma(); b.Buf = strconv.AppendUint(b.Buf, v, 10) }

// OpenMap begins an object, which [Writer.CloseMap] ends.
func (b *Writer) OpenMap() { b.comma(); b.Literal("{") }

// CloseMap ends an object.
func (b *Writer) CloseMap() { b.Literal("}") }

// Key writes a name; its value follows.
func (b *Writer) Key(s string) { b.Printable(s); b.Literal(":") }

func (b *Writer) null()                { b.comma(); b.Literal("null") }
func (b *Writer) int(v int64)          { b.comma(); b.Buf = strconv.AppendInt(b.Buf, v, 10) }
func (b *Writer) number(n json.Number) { b.comma(); b.Literal(string(n)) }
func (b *Writer) openList()            { b.comma(); b.Literal("[") }
func (b *Writer) closeList()           { b.Literal("]") }

// Float writes what JSON has no number for as a text, and a negative zero so that every reader takes it for a float.
func (b *Writer) Float(f float64, bits int) {
	b.comma()
	switch {
	case math.IsNaN(f):
		b.Literal(`"NaN"`)
	case math.IsInf(f, 1):
		b.Literal(`"Infinity"`)
	case math.IsInf(f, -1):
		b.Literal(`"-Infinity"`)
	case f == 0 && math.Signbit(f):
		b.Literal("-0.0")
	default:
		format := byte('f')
		if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
			format = 'e'
		}
		b.Buf = strconv.AppendFloat(b.Buf, f, format, -1, bits)
	}
}

// Time writes RFC 3339 with nanoseconds; a year that it has no four digits for makes it the zero time.
func (b *Writer) Time(t time.Time) {
	if year := t.Year(); year < 0 || year > 9999 {
		t = time.Time{}
	}
	b.comma()
	b.Literal(`"`)
	b.Buf = t.AppendFormat(b.Buf, time.RFC3339Nano)
	b.Literal(`"`)
}

// text writes a text that is not UTF-8 as its bytes.
func (b *Writer) text(s string) {
	if utf8.ValidString(s) {
		b.Printable(s)
		return
	}
	b.bytes([]byte(s))
}

// bytes writes bytes as base64, marked as such.
func (b *Writer) bytes(p []byte) {
	b.comma()
	b.Literal(`{"$base64":"`)
	b.Buf = base64.StdEncoding.AppendEncode(b.Buf, p)
	b.Literal(`"}`)
}

// Omitted writes that something was left out and why, and with n > 0 that it has at least so many bytes.
func (b *Writer) Omitted(why string, n int) {
	b.comma()
	b.Literal(`{"$omitted":"`)
	b.Literal(why)
	b.Literal(`"`)
	if n > 0 {
		b.Literal(`,"bytes":`)
		b.Buf = strconv.AppendInt(b.Buf, int64(n), 10)
	}
	b.Literal("}")
}

// raw writes a valid JSON text without the space between its parts, and its strings as those of the package are written.
func (b *Writer) raw(raw json.RawMessage) {
	b.comma()
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '"':
			end := closingQuote(raw, i+1)
			b.Literal(`"`)
			b.escape(string(raw[i+1:end]), true)
			b.Literal(`"`)
			i = end + 1
		default:
			b.Buf = append(b.Buf, c)
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

// Printable writes a text; what is not UTF-8 in it becomes U+FFFD.
func (b *Writer) Printable(s string) {
	b.comma()
	b.Literal(`"`)
	b.escape(s, false)
	b.Literal(`"`)
}
