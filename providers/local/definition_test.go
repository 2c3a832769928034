package local_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

// flagJSON wraps the fields of one flag, called flag, into a document.
func flagJSON(fields string) string { return `{"flags": {"flag": {` + fields + `}}}` }

// withTargeting is a good flag but for its targeting.
func withTargeting(rule string) string {
	return flagJSON(`"state": "ENABLED", "variants": {"a": "A", "b": "B"}, "defaultVariant": "a", "targeting": ` + rule)
}

func withFractional(arguments string) string {
	return withTargeting(`{"fractional": [` + arguments + `]}`)
}

func TestDefinitionsResolve(t *testing.T) {
	const static, split, deflt = openfeature.StaticReason, openfeature.SplitReason, openfeature.DefaultReason
	tests := map[string]struct {
		document string
		want     map[string]outcome
	}{
		"boolean": {flagJSON(`"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"`),
			except("off", static, map[string]any{"bool": false})},
		"string": {flagJSON(`"state": "ENABLED", "variants": {"v2": "ngram-2"}, "defaultVariant": "v2"`),
			except("v2", static, map[string]any{"string": "ngram-2"})},
		"whole number": {flagJSON(`"state": "ENABLED", "variants": {"p": 5}, "defaultVariant": "p"`),
			except("p", static, map[string]any{"float": 5.0, "int": int64(5)})},
		"whole number in other words": {flagJSON(`"state": "ENABLED", "variants": {"p": 0.5e1}, "defaultVariant": "p"`),
			except("p", static, map[string]any{"float": 5.0, "int": int64(5)})},
		"number": {flagJSON(`"state": "ENABLED", "variants": {"p": 0.5}, "defaultVariant": "p"`),
			except("p", static, map[string]any{"float": 0.5})},
		"largest whole number": {flagJSON(`"state": "ENABLED", "variants": {"p": -9007199254740991}, "defaultVariant": "p"`),
			except("p", static, map[string]any{"float": -9007199254740991.0, "int": int64(-9007199254740991)})},
		"object": {flagJSON(`"state": "ENABLED", "variants": {"o": {"k": [1, "x", null]}}, "defaultVariant": "o"`),
			except("o", static, map[string]any{"object": map[string]any{"k": []any{1.0, "x", nil}}})},
		"empty object": {flagJSON(`"state": "ENABLED", "variants": {"o": {}}, "defaultVariant": "o"`),
			except("o", static, map[string]any{"object": map[string]any{}})},
		"no default variant":   {flagJSON(`"state": "ENABLED", "variants": {"on": true}`), defaults(deflt, "")},
		"null default variant": {flagJSON(`"state": "ENABLED", "variants": {"on": true}, "defaultVariant": null`), defaults(deflt, "")},
		"disabled":             {flagJSON(`"state": "DISABLED", "variants": {"on": false}, "defaultVariant": "on"`), defaults(openfeature.DisabledReason, "")},
		"null targeting":       {withTargeting(`null`), except("a", static, map[string]any{"string": "A"})},
		"empty targeting":      {withTargeting(`{}`), except("a", static, map[string]any{"string": "A"})},
		"fractional":           {withFractional(`["b", 1]`), except("b", split, map[string]any{"string": "B"})},
		"fractional boolean": {flagJSON(`"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting": {"fractional": [["on"]]}`),
			except("on", split, map[string]any{"bool": true})},
		"fractional number": {flagJSON(`"state": "ENABLED", "variants": {"lo": 1, "hi": 2}, "defaultVariant": "lo", "targeting": {"fractional": [["hi", 7.0]]}`),
			except("hi", split, map[string]any{"float": 2.0, "int": int64(2)})},
		"fractional object": {flagJSON(`"state": "ENABLED", "variants": {"o": {"k": 1}}, "targeting": {"fractional": [["o", 1]]}`),
			except("o", split, map[string]any{"object": map[string]any{"k": 1.0}})},
		"fractional without weight": {withFractional(`["b", 0], ["a", 0]`), except("a", deflt, map[string]any{"string": "A"})},
		"fractional without weight or default": {flagJSON(`"state": "ENABLED", "variants": {"on": true}, "targeting": {"fractional": [["on", 0]]}`),
			defaults(deflt, "")},
		"other fields": {`{"$schema": "https://flagd.dev/schema/v0/flags.json", "$evaluators": {}, "metadata": {}, "flags": {"flag":
			{"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "metadata": {}}}}`, except("on", static, map[string]any{"bool": true})},
		"not ASCII": {`{"flags": {"flag": {"state": "ENABLED", "variants": {"größe": "groß"}, "defaultVariant": "gr\u00f6\u00dfe"}}}`,
			except("größe", static, map[string]any{"string": "groß"})},
		"no flags": {`{"flags": {}}`, defaults(openfeature.ErrorReason, openfeature.FlagNotFoundCode)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := local.OpenFile(write(t, tt.document))
			require.NoError(t, err)
			client := newClient(t, p)
			require.Equal(t, tt.want, evaluate(client, openfeature.NewEvaluationContext("user-1", nil)))
		})
	}
}

func TestBrokenDefinitionsAreRefused(t *testing.T) {
	const good = `"state": "ENABLED", "variants": {"on": true}`
	tests := map[string]struct{ document, want string }{
		"empty":                {``, "unexpected end"},
		"blank":                {" \n ", "line 2: unexpected end"},
		"truncated":            {"{\n\"flags\": {\"flag\":", "line 2: unexpected end"},
		"two documents":        {`{"flags": {}} {}`, "after top-level value"},
		"comment":              {"// flags\n{}", "line 1: invalid character '/'"},
		"trailing comma":       {`{"flags": {},}`, "invalid character"},
		"byte order mark":      {"\ufeff" + `{"flags": {}}`, "line 1: invalid character"},
		"not UTF-8":            {"{\"flags\": {\"a\xff\": 1}}", "not UTF-8"},
		"NaN":                  {flagJSON(`"state": "ENABLED", "variants": {"p": NaN}`), "invalid character 'N'"},
		"Infinity":             {flagJSON(`"state": "ENABLED", "variants": {"p": -Infinity}`), "invalid character 'I'"},
		"hexadecimal":          {flagJSON(`"state": "ENABLED", "variants": {"p": 0x10}`), "invalid character 'x'"},
		"leading plus":         {flagJSON(`"state": "ENABLED", "variants": {"p": +1}`), "invalid character '+'"},
		"number out of range":  {flagJSON(`"state": "ENABLED", "variants": {"p": 1e999}`), "number 1e999 out of range"},
		"nested too deep":      {strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "exceeded max depth"},
		"null":                 {`null`, "the document is missing or null"},
		"array":                {`[]`, "the document is an array of 0"},
		"no flags":             {`{}`, "flags is missing or null"},
		"flags as array":       {`{"flags": [{"key": "flag"}]}`, "flags is an array of 1"},
		"unknown field":        {`{"flags": {}, "flag": {}}`, `unknown field "flag"`},
		"other case":           {`{"Flags": {}}`, `unknown field "Flags"`},
		"shared rules":         {`{"flags": {}, "$evaluators": {"mine": {}}}`, "$evaluators: shared rules are not supported"},
		"bad metadata":         {`{"flags": {}, "metadata": {"owner": ["a"]}}`, `metadata "owner" is an array of 1`},
		"metadata as text":     {`{"flags": {}, "metadata": "x"}`, `metadata is "x", want an object`},
		"duplicated flag":      {`{"flags": {"flag": {}, "flag": {}}}`, `duplicated name "flag"`},
		"duplicated field":     {flagJSON(`"state": "ENABLED", "state": "DISABLED"`), `duplicated name "state"`},
		"duplicated by escape": {flagJSON(`"state": "ENABLED", "st\u0061te": "DISABLED"`), `duplicated name "state"`},
		"duplicated deep down": {flagJSON(`"state": "ENABLED", "variants": {"o": {"a": [{"b": 1, "b": 1}]}}`), `duplicated name "b"`},

		"empty key":               {`{"flags": {"": {` + good + `}}}`, `flag "": the key is empty`},
		"flag as text":            {`{"flags": {"flag": "on"}}`, `flag "flag": is "on", want an object`},
		"no state":                {flagJSON(`"variants": {"on": true}`), "state is missing or null"},
		"state in lower case":     {flagJSON(`"state": "enabled", "variants": {"on": true}`), `state is "enabled"`},
		"state as boolean":        {flagJSON(`"state": true, "variants": {"on": true}`), "state is true"},
		"unknown field of flag":   {flagJSON(good + `, "defaultVarient": "on"`), `unknown field "defaultVarient"`},
		"no variants":             {flagJSON(`"state": "ENABLED"`), "variants is missing or null"},
		"empty variants":          {flagJSON(`"state": "ENABLED", "variants": {}`), "variants is an object of 0"},
		"variants as array":       {flagJSON(`"state": "ENABLED", "variants": ["on"]`), "variants is an array of 1"},
		"null variant":            {flagJSON(`"state": "ENABLED", "variants": {"on": null}`), `variant "on" is missing or null`},
		"array variant":           {flagJSON(`"state": "ENABLED", "variants": {"on": [1]}`), `variant "on" is an array of 1`},
		"variant without a name":  {flagJSON(`"state": "ENABLED", "variants": {"": true}`), "a variant has an empty name"},
		"mixed variants":          {flagJSON(`"state": "ENABLED", "variants": {"off": 0, "on": true}`), `variant "on" is a boolean but variant "off" is a number`},
		"number beyond 2^53-1":    {flagJSON(`"state": "ENABLED", "variants": {"p": 9007199254740992}`), "want at most 2^53-1"},
		"unknown default variant": {flagJSON(good + `, "defaultVariant": "off"`), `defaultVariant "off" is not among the variants`},
		"empty default variant":   {flagJSON(good + `, "defaultVariant": ""`), `defaultVariant "" is not among the variants`},
		"default variant as bool": {flagJSON(good + `, "defaultVariant": true`), "defaultVariant is true"},
		"bad flag metadata":       {flagJSON(good + `, "metadata": {"owner": null}`), `metadata "owner" is missing or null`},
		"disabled but broken":     {flagJSON(`"state": "DISABLED", "variants": {}`), "variants is an object of 0"},

		"targeting as text":         {withTargeting(`"a"`), `targeting is "a"`},
		"operator if":               {withTargeting(`{"if": [true, "a", "b"]}`), `targeting operator "if" is not supported, only fractional`},
		"operator beside":           {withTargeting(`{"fractional": [["a", 1]], "var": "x"}`), `targeting operator "var" is not supported`},
		"reference":                 {withTargeting(`{"$ref": "mine"}`), `targeting operator "$ref" is not supported`},
		"fractional as text":        {withTargeting(`{"fractional": "a"}`), `fractional is "a"`},
		"fractional without args":   {withTargeting(`{"fractional": []}`), "fractional is an array of 0"},
		"fractional without bucket": {withFractional(`"seed"`), "fractional has no variants"},
		"bucket as text":            {withFractional(`["a", 1], "b"`), `variant 2: is "b"`},
		"empty bucket":              {withFractional(`["a", 1], []`), "variant 2: is an array of 0"},
		"long bucket":               {withFractional(`["a", 1, 2]`), "variant 1: is an array of 3"},
		"unknown variant":           {withFractional(`["c", 1]`), `variant 1: "c" is not the name of a variant`},
		"variant as boolean":        {withFractional(`[true, 1]`), "variant 1: true is not the name of a variant"},
		"variant as rule":           {withFractional(`[{"var": "x"}, 1]`), "variant 1: an object of 1 is not the name of a variant"},
		"negative weight":           {withFractional(`["a", -1]`), "weight -1, want a whole number in [0, 2147483647]"},
		"broken weight":             {withFractional(`["a", 0.5]`), "weight 0.5"},
		"weight as text":            {withFractional(`["a", "50"]`), `weight "50"`},
		"null weight":               {withFractional(`["a", null]`), "weight missing or null"},
		"weight as rule":            {withFractional(`["a", {"var": "x"}]`), "weight an object of 1"},
		"weight too large":          {withFractional(`["a", 2147483648]`), "weight 2.147483648e+09"},
		"weights too large":         {withFractional(`["a", 2147483647], ["b", 1]`), "add up to 2147483648"},
		"null first":                {withFractional(`null, ["a", 1]`), "first argument of fractional is missing or null"},
		"number first":              {withFractional(`5, ["a", 1]`), "first argument of fractional is 5"},
		"other rule first":          {withFractional(`{"if": []}, ["a", 1]`), `bucketing operator "if" is not supported, only var or cat`},
		"empty rule first":          {withFractional(`{}, ["a", 1]`), "bucketing has 0 operators"},
		"two rules first":           {withFractional(`{"cat": ["x"], "var": "x"}, ["a", 1]`), "bucketing has 2 operators"},
		"var as number":             {withFractional(`{"var": 1}, ["a", 1]`), "var is 1"},
		"var with default":          {withFractional(`{"var": ["x", "y"]}, ["a", 1]`), "var is an array of 2"},
		"empty var":                 {withFractional(`{"var": ""}, ["a", 1]`), `var "" has an empty part`},
		"var with two dots":         {withFractional(`{"var": "a..b"}, ["a", 1]`), `var "a..b" has an empty part`},
		"var of the time":           {withFractional(`{"var": "$flagd.timestamp"}, ["a", 1]`), `var "$flagd.timestamp" is not supported`},
		"cat as text":               {withFractional(`{"cat": "x"}, ["a", 1]`), `cat is "x"`},
		"empty cat":                 {withFractional(`{"cat": []}, ["a", 1]`), "cat is an array of 0"},
		"cat of a number":           {withFractional(`{"cat": ["x", 1]}, ["a", 1]`), "cat, part 2: is 1, want a text or var"},
		"cat of a cat":              {withFractional(`{"cat": [{"cat": ["x"]}]}, ["a", 1]`), `cat, part 1: bucketing operator "cat" is not supported, only var`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, tt.document)
			p, err := local.OpenFile(path)
			require.ErrorContains(t, err, tt.want)
			require.True(t, strings.HasPrefix(err.Error(), "local: "+path+": "), err.Error())
			require.Nil(t, p)
		})
	}
}

func TestEveryBrokenFlagIsNamed(t *testing.T) {
	_, err := local.OpenFile(write(t, `{"flags": {
		"first": {"state": "on", "variants": {"a": 1}, "defaultVariant": "b"},
		"good": {"state": "ENABLED", "variants": {"a": 1}},
		"second": {"state": "ENABLED", "variants": {"a": 1}, "targeting": {"if": []}}}, "extra": 1}`))
	for _, want := range []string{
		`unknown field "extra"`,
		`flag "first": state is "on", want "ENABLED" or "DISABLED"`,
		`flag "first": defaultVariant "b" is not among the variants`,
		`flag "second": targeting operator "if" is not supported, only fractional`,
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), `"good"`)
	var first *local.FlagError
	require.ErrorAs(t, err, &first)
	require.Equal(t, "first", first.Flag)
}

func TestErrorsAreBounded(t *testing.T) {
	var flags []string
	for i := range 1000 {
		flags = append(flags, fmt.Sprintf(`"%d%s": {"state": "%s"}`, i, strings.Repeat("k", 200), strings.Repeat("s", 200)))
	}
	_, err := local.OpenFile(write(t, `{"flags": {`+strings.Join(flags, ",")+`}}`))
	require.ErrorContains(t, err, "and 1980 more") // two problems each, 20 told
	require.Less(t, len(err.Error()), 10000)
}

func TestMetadataOfTheFlagLiesOverThatOfTheSet(t *testing.T) {
	p, err := local.Parse([]byte(`{"metadata": {"owner": "ml", "tier": 1}, "flags": {
		"a": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "metadata": {"tier": 2, "hot": true}},
		"b": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"},
		"c": {"state": "DISABLED", "variants": {"on": true}}}}`))
	require.NoError(t, err)
	metadata := func(key string) openfeature.FlagMetadata {
		return p.BooleanEvaluation(context.Background(), key, false, nil).FlagMetadata
	}
	require.Equal(t, openfeature.FlagMetadata{"owner": "ml", "tier": 2.0, "hot": true}, metadata("a"))
	require.Equal(t, openfeature.FlagMetadata{"owner": "ml", "tier": 1.0}, metadata("b"))
	require.Equal(t, openfeature.FlagMetadata{"owner": "ml", "tier": 1.0}, metadata("c"))
	mismatch := p.StringEvaluation(context.Background(), "a", "", nil)
	require.Equal(t, openfeature.FlagMetadata{"owner": "ml", "tier": 2.0, "hot": true}, mismatch.FlagMetadata)
}
