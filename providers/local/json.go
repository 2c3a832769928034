package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// decodeJSON reads one JSON document into map[string]any, []any, string, float64, bool and nil. It is stricter than
// encoding/json: duplicated names, numbers outside float64 and bytes that are not UTF-8 are errors.
func decodeJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	if err := checkSyntax(data); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return decodeNext(d)
}

// checkSyntax accepts exactly one document and tells the line of the first error.
func checkSyntax(data []byte) error {
	var whole json.RawMessage
	err := json.Unmarshal(data, &whole)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := data[:min(int(syntax.Offset), len(data))]
		return fmt.Errorf("line %d: %w", 1+bytes.Count(before, []byte("\n")), err)
	}
	return err
}

// decodeNext reads the next value of a document whose syntax is known to be good.
func decodeNext(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return decodeObject(d)
		}
		return decodeArray(d)
	case json.Number:
		return decodeNumber(d, t)
	default:
		return token, nil
	}
}

func decodeObject(d *json.Decoder) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the syntax is good, so it is one
		if _, seen := object[name]; seen {
			return nil, fmt.Errorf("byte %d: duplicated name %.80q", d.InputOffset(), name)
		}
		if object[name], err = decodeNext(d); err != nil {
			return nil, err
		}
	}
	return object, closing(d)
}

func decodeArray(d *json.Decoder) (any, error) {
	array := []any{}
	for d.More() {
		element, err := decodeNext(d)
		if err != nil {
			return nil, err
		}
		array = append(array, element)
	}
	return array, closing(d)
}

func decodeNumber(d *json.Decoder, n json.Number) (any, error) {
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil {
		return nil, fmt.Errorf("byte %d: number %.80s out of range", d.InputOffset(), n)
	}
	return f, nil
}

// closing reads the bracket that ends an object or array.
func closing(d *json.Decoder) error {
	_, err := d.Token()
	return err
}
