package pairlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// ErrSchema says that a line is of another schema than [Schema], or of none.
var ErrSchema = errors.New("unknown schema")

// DecodeError says what is wrong with a line, and where.
type DecodeError struct {
	// Line is the number of the line from 1; 0 if it was decoded alone.
	Line int64
	// Offset is how many bytes of the line were read.
	Offset int
	// Field is the name of the field that was being read, after those that it lies in: "stable.numbers". Empty outside of fields.
	Field string
	// Err is what is wrong.
	Err error
}

func (e *DecodeError) Error() string {
	at := fmt.Sprintf("byte %d", e.Offset)
	if e.Line > 0 {
		at = fmt.Sprintf("line %d, %s", e.Line, at)
	}
	if e.Field != "" {
		at += fmt.Sprintf(", in %q", e.Field)
	}
	return fmt.Sprintf("pairlog: %s: %v", at, e.Err)
}

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// Decoder reads lines. The zero value is ready for use. It keeps the short texts that it has met, some thousands of them, so that the names in a million lines
// are there once; so it is for one goroutine at a time. Use one for each.
type Decoder struct {
	scan  scanner
	names interner
	rerun *Answer // one that a Record had and may have again
}

// Decode reads a line, with or without its line feed, into r. What r held before is gone; its maps are emptied and used again. Input and Output become
// [json.RawMessage], which are part of line and change with it; nil where the line has none. Fields that it does not know are skipped, and one that is
// null is as good as none. An absent distance is NaN.
//
// The error is a [*DecodeError]; it wraps [ErrSchema] if the line is of another version or kind. r is then to be given up. No line makes Decode panic.
func (d *Decoder) Decode(line []byte, r *Record) error {
	d.scan = scanner{data: line, scratch: d.scan.scratch}
	d.reset(r)
	field, err := d.record(r)
	if err == nil {
		return nil
	}
	return &DecodeError{Offset: d.scan.pos, Field: field, Err: err}
}

func (d *Decoder) reset(r *Record) {
	if r.Rerun != nil {
		d.rerun = r.Rerun
	}
	*r = Record{
		Slices: emptied(r.Slices), Stable: r.Stable, Candidate: r.Candidate,
		Distance: math.NaN(), RerunDistance: math.NaN(),
	}
	resetAnswer(&r.Stable)
	resetAnswer(&r.Candidate)
}

func resetAnswer(a *Answer) {
	*a = Answer{Numbers: emptied(a.Numbers), Labels: emptied(a.Labels), Checks: emptied(a.Checks)}
}

func emptied[V any](m map[string]V) map[string]V {
	clear(m)
	return m
}

// record returns the name of the field in which an error occurred.
func (d *Decoder) record(r *Record) (field string, err error) {
	known := false
	err = d.scan.object(func(name []byte) error {
		inner, err := d.field(name, r, &known)
		if err != nil {
			field = join(clipped(string(name)), inner)
		}
		return err
	})
	if err == nil {
		err = d.scan.end()
	}
	if err == nil && !known {
		err = fmt.Errorf("%w: the line has none, want %q", ErrSchema, Schema)
	}
	return field, err
}

func join(outer, inner string) string {
	if inner == "" {
		return outer
	}
	return outer + "." + inner
}

func (d *Decoder) field(name []byte, r *Record, known *bool) (inner string, err error) {
	if d.scan.null() {
		return "", nil
	}
	switch string(name) {
	case "schema":
		*known = true
		err = d.schema()
	case "time":
		r.Time, err = d.scan.time()
	case "canary":
		err = d.name(&r.Canary)
	case "epoch":
		r.Epoch, err = d.scan.uint()
	case "trace":
		err = d.text(&r.Trace)
	case "rate":
		r.Rate, err = d.scan.float()
	case "slices":
		err = decodeMap(d, &r.Slices, d.label)
	case "input":
		r.Input, err = d.raw()
	case "stable":
		inner, err = d.answer(&r.Stable)
	case "candidate":
		inner, err = d.answer(&r.Candidate)
	case "rerun":
		r.Rerun = d.spare()
		inner, err = d.answer(r.Rerun)
	case "differs":
		r.Differs, err = d.scan.bool()
	case "rerun_differs":
		r.RerunDiffers, err = d.scan.bool()
	case "distance":
		r.Distance, err = d.scan.float()
	case "rerun_distance":
		r.RerunDistance, err = d.scan.float()
	case "cut":
		r.Cut, err = d.scan.bool()
	default:
		err = d.scan.skip(0)
	}
	return inner, err
}

func (d *Decoder) schema() error {
	var got string
	if err := d.name(&got); err != nil {
		return err
	}
	if got != Schema {
		return fmt.Errorf("%w %q, want %q", ErrSchema, clipped(got), Schema)
	}
	return nil
}

// spare is an empty answer, one used before if there is one.
func (d *Decoder) spare() *Answer {
	a := d.rerun
	if d.rerun = nil; a == nil {
		return new(Answer)
	}
	resetAnswer(a)
	return a
}

func (d *Decoder) answer(a *Answer) (field string, err error) {
	err = d.scan.object(func(name []byte) error {
		err := d.answerField(name, a)
		if err != nil {
			field = clipped(string(name))
		}
		return err
	})
	return field, err
}

func (d *Decoder) answerField(name []byte, a *Answer) (err error) {
	if d.scan.null() {
		return nil
	}
	switch string(name) {
	case "version":
		err = d.name(&a.Version)
	case "outcome":
		err = d.name(&a.Outcome)
	case "class":
		err = d.name(&a.Class)
	case "duration_s":
		a.Duration, err = d.scan.seconds()
	case "numbers":
		err = decodeMap(d, &a.Numbers, d.scan.float)
	case "labels":
		err = decodeMap(d, &a.Labels, d.label)
	case "checks":
		err = decodeMap(d, &a.Checks, d.scan.bool)
	case "output":
		a.Output, err = d.raw()
	default:
		err = d.scan.skip(0)
	}
	return err
}

// decodeMap reads an object whose values are all alike.
func decodeMap[V any](d *Decoder, m *map[string]V, value func() (V, error)) error {
	if *m == nil {
		*m = make(map[string]V)
	}
	return d.scan.object(func(name []byte) error {
		if d.scan.null() {
			return nil
		}
		key := d.names.intern(name)
		v, err := value()
		if err == nil {
			(*m)[key] = v
		}
		return err
	})
}

// raw is any value as it stands in the line.
func (d *Decoder) raw() (any, error) {
	d.scan.space()
	from := d.scan.pos
	if err := d.scan.skip(0); err != nil {
		return nil, err
	}
	return json.RawMessage(d.scan.data[from:d.scan.pos:d.scan.pos]), nil
}

// label is a text that others are likely to have too.
func (d *Decoder) label() (string, error) {
	b, err := d.scan.text()
	return d.names.intern(b), err
}

func (d *Decoder) name(to *string) (err error) {
	*to, err = d.label()
	return err
}

// text is one that is hardly ever met again.
func (d *Decoder) text(to *string) error {
	b, err := d.scan.text()
	*to = string(b)
	return err
}
