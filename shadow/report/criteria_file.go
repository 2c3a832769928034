package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/modelcanary/go-sdk/criteria"
)

// ReadCriteria reads criteria as JSON: a list of objects, each with the kind of the criterion, as [criteria.Criterion.Name] begins, and its fields.
//
//	[
//	  {"kind": "disagreement", "limit": 0.02},
//	  {"kind": "distribution", "signal": "confidence", "role": "hold"},
//	  {"kind": "mean", "signal": "revenue", "max": 100, "want": "higher"}
//	]
//
// The error joins what is wrong with each. Numbers are checked by [Read].
func ReadCriteria(r io.Reader) ([]criteria.Criterion, error) {
	var list []map[string]json.RawMessage
	d := json.NewDecoder(r)
	if err := d.Decode(&list); err != nil {
		return nil, fmt.Errorf("report: criteria: want a list of objects: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("report: criteria: something follows the list")
	}
	var out []criteria.Criterion
	var problems []error
	for i, fields := range list {
		c, err := readCriterion(fields)
		if err != nil {
			problems = append(problems, fmt.Errorf("report: criterion %d: %w", i+1, err))
			continue
		}
		out = append(out, c)
	}
	return out, errors.Join(problems...)
}

var kinds = map[string]func([]byte) (criteria.Criterion, error){
	"backstop":           decodeCriterion[criteria.Backstop],
	"cancel_rate":        decodeCriterion[criteria.CancelRate],
	"categories":         decodeCriterion[criteria.Categories],
	"difference":         decodeCriterion[criteria.Difference],
	"disagreement":       decodeCriterion[criteria.Disagreement],
	"distribution":       decodeCriterion[criteria.Distribution],
	"error_objective":    decodeCriterion[criteria.ErrorObjective],
	"error_rate":         decodeCriterion[criteria.ErrorRate],
	"failure_modes":      decodeCriterion[criteria.FailureModes],
	"invalid_rate":       decodeCriterion[criteria.InvalidRate],
	"latency":            decodeCriterion[criteria.Latency],
	"latency_objective":  decodeCriterion[criteria.LatencyObjective],
	"mean":               decodeCriterion[criteria.Mean],
	"rate":               decodeCriterion[criteria.Rate],
	"session_error_rate": decodeCriterion[criteria.SessionErrorRate],
	"timeout_rate":       decodeCriterion[criteria.TimeoutRate],
}

func readCriterion(fields map[string]json.RawMessage) (criteria.Criterion, error) {
	var kind string
	if err := json.Unmarshal(fields["kind"], &kind); err != nil {
		return nil, fmt.Errorf("kind: %w", err)
	}
	decode := kinds[kind]
	if decode == nil {
		return nil, fmt.Errorf("unknown kind %q, there are %q", kind, slices.Sorted(maps.Keys(kinds)))
	}
	delete(fields, "kind")
	rest, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	c, err := decode(rest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return c, nil
}

func decodeCriterion[C criteria.Criterion](fields []byte) (criteria.Criterion, error) {
	var c C
	d := json.NewDecoder(bytes.NewReader(fields))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	return c, err
}
