package local

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// parseTargeting returns nil for no targeting (absent, null or {}).
func parseTargeting(raw any, variants map[string]*variant) (*split, error) {
	if raw == nil {
		return nil, nil
	}
	rule, ok := raw.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("targeting is %s, want an object", jsonType(raw))
	}
	if len(rule) == 0 {
		return nil, nil
	}
	_, arguments, err := operation(rule, "targeting", "fractional")
	if err != nil {
		return nil, err
	}
	list, ok := arguments.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("fractional is %s, want an array of variants with weights", jsonType(arguments))
	}
	return parseFractional(list, variants)
}

// operation splits a rule into its one operator, which must be supported here, and the arguments.
func operation(rule map[string]any, where string, supported ...string) (operator string, arguments any, err error) {
	if other := unknown(rule, supported...); len(other) > 0 {
		return "", nil, fmt.Errorf("%s operator %.80q is not supported, only %s", where, other[0], strings.Join(supported, " or "))
	}
	if len(rule) != 1 {
		return "", nil, fmt.Errorf("%s has %d operators, want one of %s", where, len(rule), strings.Join(supported, " or "))
	}
	operator = slices.Collect(maps.Keys(rule))[0]
	return operator, rule[operator], nil
}

func parseFractional(list []any, variants map[string]*variant) (*split, error) {
	s := &split{}
	if _, ok := list[0].([]any); !ok {
		var err error
		if s.by, err = parseBucketing(list[0]); err != nil {
			return nil, err
		}
		list = list[1:]
	}
	if len(list) == 0 {
		return nil, errors.New("fractional has no variants")
	}
	for i, raw := range list {
		v, weight, err := parseBucket(raw, variants)
		if err != nil {
			return nil, fmt.Errorf("fractional, variant %d: %w", i+1, err)
		}
		s.total += weight
		s.buckets = append(s.buckets, bucket{end: s.total, variant: v})
	}
	if s.total > math.MaxInt32 {
		return nil, fmt.Errorf("the weights of fractional add up to %d, want at most %d", s.total, math.MaxInt32)
	}
	return s, nil
}

// parseBucket reads ["variant", weight] or ["variant"], whose weight is 1.
func parseBucket(raw any, variants map[string]*variant) (*variant, uint64, error) {
	pair, _ := raw.([]any)
	if len(pair) < 1 || len(pair) > 2 {
		return nil, 0, fmt.Errorf(`is %s, want ["variant", weight] or ["variant"]`, jsonType(raw))
	}
	name, ok := pair[0].(string)
	if !ok || variants[name] == nil {
		return nil, 0, fmt.Errorf("%s is not the name of a variant", jsonType(pair[0]))
	}
	if len(pair) == 1 {
		return variants[name], 1, nil
	}
	weight, ok := pair[1].(float64)
	if !ok || weight != math.Trunc(weight) || weight < 0 || weight > math.MaxInt32 {
		return nil, 0, fmt.Errorf("weight %s, want a whole number in [0, %d]", jsonType(pair[1]), math.MaxInt32)
	}
	return variants[name], uint64(weight), nil
}

// parseBucketing reads the first argument of fractional: a text, a var, or a cat of those.
func parseBucketing(raw any) (bucketing, error) {
	switch v := raw.(type) {
	case string:
		return bucketing{parts: []part{{text: v}}}, nil
	case map[string]any:
		operator, arguments, err := operation(v, "bucketing", "var", "cat")
		if err != nil {
			return bucketing{}, err
		}
		if operator == "cat" {
			return parseCat(arguments)
		}
		p, err := parseVar(arguments)
		return bucketing{parts: []part{p}}, err
	default:
		return bucketing{}, fmt.Errorf("the first argument of fractional is %s, want a text, var or cat", jsonType(raw))
	}
}

func parseCat(raw any) (bucketing, error) {
	list, ok := raw.([]any)
	if !ok || len(list) == 0 {
		return bucketing{}, fmt.Errorf("cat is %s, want an array of texts and vars", jsonType(raw))
	}
	b := bucketing{cat: true}
	for i, element := range list {
		p, err := parsePart(element)
		if err != nil {
			return bucketing{}, fmt.Errorf("cat, part %d: %w", i+1, err)
		}
		b.parts = append(b.parts, p)
	}
	return b, nil
}

// parsePart reads a text or a var.
func parsePart(raw any) (part, error) {
	switch v := raw.(type) {
	case string:
		return part{text: v}, nil
	case map[string]any:
		_, name, err := operation(v, "bucketing", "var")
		if err != nil {
			return part{}, err
		}
		return parseVar(name)
	default:
		return part{}, fmt.Errorf("is %s, want a text or var", jsonType(raw))
	}
}

// parseVar reads the argument of var: "name" or ["name"].
func parseVar(raw any) (part, error) {
	if list, ok := raw.([]any); ok && len(list) == 1 {
		raw = list[0]
	}
	name, ok := raw.(string)
	if !ok {
		return part{}, fmt.Errorf("var is %s, want the name of an attribute", jsonType(raw))
	}
	path := strings.Split(name, ".")
	if slices.Contains(path, "") {
		return part{}, fmt.Errorf("var %.80q has an empty part", name)
	}
	if path[0] == "$flagd" && name != flagKeyPath {
		return part{}, fmt.Errorf("var %.80q is not supported, of $flagd only %s is", name, flagKeyPath)
	}
	return part{text: name, path: path}, nil
}
