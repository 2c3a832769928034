package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"
)

// parse reads the one report or the list of reports in a body. encoding/json alone is not strict enough: it takes fields in other letter case, repeated fields,
// and texts that are no UTF-8.
func parse(body []byte, most int) ([]Report, *problem) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, problemf(http.StatusBadRequest, "the body is not one JSON value in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	reports, err := (&reader{d, most}).body()
	switch {
	case errors.Is(err, errTooMany):
		return nil, problemf(http.StatusRequestEntityTooLarge, "more than %d reports", most)
	case err != nil:
		return nil, problemf(http.StatusBadRequest, "%v", err)
	}
	return reports, nil
}

var errTooMany = errors.New("too many reports")

// reader walks over JSON that is known to be valid.
type reader struct {
	*json.Decoder
	most int
}

// body reads {"reports": [...]} or a lone report.
func (r *reader) body() ([]Report, error) {
	var f fields
	var list []Report
	err := r.object(func(name string) error {
		if name != "reports" {
			return r.field(&f, name)
		}
		if list != nil {
			return errors.New("reports: given twice")
		}
		var err error
		list, err = r.reports()
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case list == nil:
		one, err := f.report()
		return []Report{one}, err
	case f != (fields{}):
		return nil, errors.New("either reports, or token, signal and value")
	}
	return list, nil
}

func (r *reader) reports() ([]Report, error) {
	if !r.next(json.Delim('[')) {
		return nil, errors.New("reports: must be a list")
	}
	var list []Report
	for r.More() {
		if len(list) == r.most {
			return nil, errTooMany
		}
		one, err := r.report()
		if err != nil {
			return nil, fmt.Errorf("reports[%d]: %w", len(list), err)
		}
		list = append(list, one)
	}
	if len(list) == 0 {
		return nil, errors.New("reports: must not be empty")
	}
	_ = r.next(json.Delim(']'))
	return list, nil
}

func (r *reader) report() (Report, error) {
	var f fields
	if err := r.object(func(name string) error { return r.field(&f, name) }); err != nil {
		return Report{}, err
	}
	return f.report()
}

// object calls each for every name in an object; each reads the value.
func (r *reader) object(each func(name string) error) error {
	if !r.next(json.Delim('{')) {
		return errors.New("must be an object")
	}
	for r.More() {
		name, err := r.Token()
		if err != nil {
			return err
		}
		if err := each(name.(string)); err != nil { // the names of valid JSON are texts
			return err
		}
	}
	_ = r.next(json.Delim('}'))
	return nil
}

// next passes over one token and says whether it was the wanted one.
func (r *reader) next(want json.Token) bool {
	got, err := r.Token()
	return err == nil && got == want
}

// fields are those of a report, as far as they have come. None is empty once it has.
type fields struct {
	token, signal string
	value         json.Number
}

func (r *reader) field(f *fields, name string) error {
	switch name {
	case "token":
		return r.text(name, &f.token)
	case "signal":
		return r.text(name, &f.signal)
	case "value":
		return r.number(name, &f.value)
	}
	return errors.New("a field other than token, signal and value")
}

func (r *reader) text(name string, into *string) error {
	if *into != "" {
		return fmt.Errorf("%s: given twice", name)
	}
	t, err := r.Token()
	text, ok := t.(string)
	if err != nil || !ok || text == "" {
		return fmt.Errorf("%s: must be a text that is not empty", name)
	}
	*into = text
	return nil
}

func (r *reader) number(name string, into *json.Number) error {
	if *into != "" {
		return fmt.Errorf("%s: given twice", name)
	}
	t, err := r.Token()
	number, ok := t.(json.Number)
	if err != nil || !ok {
		return fmt.Errorf("%s: must be a number", name)
	}
	*into = number
	return nil
}

func (f *fields) report() (Report, error) {
	switch {
	case f.token == "":
		return Report{}, errors.New("token: missing")
	case f.signal == "":
		return Report{}, errors.New("signal: missing")
	case f.value == "":
		return Report{}, errors.New("value: missing")
	}
	v, err := f.value.Float64()
	if err != nil {
		return Report{}, errors.New("value: outside the range of numbers")
	}
	return Report{Token: f.token, Signal: f.signal, Value: v}, nil
}
