package local

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// maxSafeInteger is the largest whole number up to which every JSON reader agrees: 2^53-1.
const maxSafeInteger = 1<<53 - 1

// parseVariants reads the variants of a flag, which all have one type.
func parseVariants(raw any) (map[string]*variant, error) {
	definitions, ok := raw.(map[string]any)
	if !ok || len(definitions) == 0 {
		return nil, fmt.Errorf("variants is %s, want an object with at least one variant", jsonType(raw))
	}
	variants := make(map[string]*variant, len(definitions))
	var first *variant
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		v, err := parseValue(definitions[name])
		if err != nil {
			return nil, fmt.Errorf("variant %.80q %w", name, err)
		}
		if name == "" {
			return nil, errors.New("a variant has an empty name")
		}
		variants[name] = &variant{name: name, value: v}
		if first == nil {
			first = variants[name]
		}
		if v.kind != first.value.kind {
			return nil, fmt.Errorf("variant %.80q is %v but variant %.80q is %v, want one type", name, v.kind, first.name, first.value.kind)
		}
	}
	return variants, nil
}

func parseValue(raw any) (value, error) {
	switch v := raw.(type) {
	case bool, string, map[string]any:
		val, _ := newValue(v)
		return val, nil
	case float64:
		if math.Abs(v) > maxSafeInteger {
			return value{}, fmt.Errorf("is %v, want at most 2^53-1 in magnitude", v)
		}
		val, _ := newValue(v)
		return val, nil
	default:
		return value{}, fmt.Errorf("is %s, want a boolean, string, number or object", jsonType(raw))
	}
}

// parseDefault returns nil for an absent or null default variant: the caller's default then stands.
func parseDefault(raw any, variants map[string]*variant) (*variant, error) {
	if raw == nil {
		return nil, nil
	}
	name, ok := raw.(string)
	if !ok {
		return nil, fmt.Errorf("defaultVariant is %s, want the name of a variant", jsonType(raw))
	}
	if variants[name] == nil {
		return nil, fmt.Errorf("defaultVariant %.80q is not among the variants", name)
	}
	return variants[name], nil
}
