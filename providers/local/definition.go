package local

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-feature/go-sdk/openfeature"
)

// parse reads a flag-definition document. It returns all flags or none; an error lists everything that is wrong.
func parse(data []byte) (table, error) {
	document, err := decodeJSON(data)
	if err != nil {
		return nil, err
	}
	top, ok := document.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the document is %s, want an object with flags", jsonType(document))
	}
	var wrong problems
	common := parseTop(top, &wrong)
	flags := parseFlags(top["flags"], common, &wrong)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return flags, nil
}

// parseTop checks all but the flags and returns the metadata that every flag shares.
func parseTop(top map[string]any, wrong *problems) openfeature.FlagMetadata {
	for _, name := range unknown(top, "$schema", "$evaluators", "flags", "metadata") {
		wrong.add(fmt.Errorf("unknown field %.80q, want flags, metadata or $schema", name))
	}
	if shared, ok := top["$evaluators"]; ok {
		if rules, ok := shared.(map[string]any); !ok || len(rules) > 0 {
			wrong.add(errors.New("$evaluators: shared rules are not supported"))
		}
	}
	metadata, err := parseMetadata(nil, top["metadata"])
	if err != nil {
		wrong.add(err)
	}
	return metadata
}

func parseFlags(raw any, common openfeature.FlagMetadata, wrong *problems) table {
	definitions, ok := raw.(map[string]any)
	if !ok {
		wrong.add(fmt.Errorf("flags is %s, want an object", jsonType(raw)))
		return nil
	}
	flags := make(table, len(definitions))
	for _, key := range slices.Sorted(maps.Keys(definitions)) {
		flags[key] = parseFlag(definitions[key], common, func(err error) {
			if err != nil {
				wrong.add(&FlagError{Flag: key, Problem: err.Error()})
			}
		})
		if key == "" {
			wrong.add(&FlagError{Problem: "the key is empty"})
		}
	}
	return flags
}

// parseFlag reads one flag and reports every problem; the flag is of no use when there was one.
func parseFlag(raw any, common openfeature.FlagMetadata, report func(error)) *flag {
	definition, ok := raw.(map[string]any)
	if !ok {
		report(fmt.Errorf("is %s, want an object", jsonType(raw)))
		return nil
	}
	for _, name := range unknown(definition, "state", "variants", "defaultVariant", "targeting", "metadata") {
		report(fmt.Errorf("unknown field %.80q, want state, variants, defaultVariant, targeting or metadata", name))
	}
	f := &flag{}
	var err error
	f.disabled, err = parseState(definition["state"])
	report(err)
	f.metadata, err = parseMetadata(common, definition["metadata"])
	report(err)
	variants, err := parseVariants(definition["variants"])
	report(err)
	if err != nil {
		return nil // what follows speaks of variants
	}
	f.fallback, err = parseDefault(definition["defaultVariant"], variants)
	report(err)
	f.split, err = parseTargeting(definition["targeting"], variants)
	report(err)
	return f
}

func parseState(raw any) (disabled bool, err error) {
	switch raw {
	case "ENABLED":
		return false, nil
	case "DISABLED":
		return true, nil
	default:
		return false, fmt.Errorf(`state is %s, want "ENABLED" or "DISABLED"`, jsonType(raw))
	}
}

// parseMetadata returns common with the entries of raw laid over it.
func parseMetadata(common openfeature.FlagMetadata, raw any) (openfeature.FlagMetadata, error) {
	if raw == nil {
		return common, nil
	}
	entries, ok := raw.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("metadata is %s, want an object", jsonType(raw))
	}
	merged := make(openfeature.FlagMetadata, len(common)+len(entries))
	maps.Copy(merged, common)
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		switch v := entries[name].(type) {
		case bool, string, float64:
			merged[name] = v
		default:
			return nil, fmt.Errorf("metadata %.80q is %s, want a boolean, string or number", name, jsonType(v))
		}
	}
	return merged, nil
}

// unknown returns the names of an object that are not known, sorted.
func unknown(object map[string]any, known ...string) []string {
	var names []string
	for name := range object {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// jsonType describes a decoded JSON value for error messages; texts and numbers are shown.
func jsonType(v any) string {
	switch v := v.(type) {
	case nil:
		return "missing or null"
	case string:
		return fmt.Sprintf("%.80q", v)
	case float64, bool:
		return fmt.Sprint(v)
	case []any:
		return fmt.Sprintf("an array of %d", len(v))
	case map[string]any:
		return fmt.Sprintf("an object of %d", len(v))
	default:
		return fmt.Sprintf("a %T", v)
	}
}
