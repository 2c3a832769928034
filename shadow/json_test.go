package shadow

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJSON(t *testing.T) {
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	long := `"` + strings.Repeat("a", maxJSON) + `"`
	for name, c := range map[string]struct {
		a, b     string
		distance float64
	}{
		"order and space":          {`{"a":1,"b":[true,null]}`, ` { "b" : [true, null], "a" : 1 } `, 0},
		"escapes":                  {`"\u0041\/"`, `"A/"`, 0},
		"1 and 1.0":                {`1`, `1.0`, 0},
		"1 and 10e-1":              {`1`, `10e-1`, 0},
		"100 and 1E+2":             {`100`, `1E+2`, 0},
		"0.001":                    {`0.001`, `1e-3`, 0},
		"-0":                       {`-0`, `0.00e7`, 0},
		"-1 and 1":                 {`-1`, `1`, 1},
		"beyond float64":           {`1e400`, `1e401`, 1},
		"beyond float64, the same": {`1e400`, `10e399`, 0},
		"last digit":               {`10000000000000000001`, `10000000000000000002`, 1},
		"huge exponent":            {`1e1000000000`, `10e999999999`, 0},
		"senseless exponents":      {`1e99999999999999999999`, `10e99999999999999999998`, 1},
		"exponents at the limits":  {`10e9223372036854775807`, `1e-9223372036854775808`, 1},
		"senseless and zero":       {`1e99999999999999999999`, `0`, 1},
		"zero, senselessly":        {`0e99999999999999999999`, `0`, 0},
		"number and its text":      {`1`, `"1"`, 1},
		"null and false":           {`null`, `false`, 1},
		"null":                     {` null`, `null `, 0},
		"true and false":           {`true`, `false`, 1},
		"one of two":               {`{"a":1,"b":2}`, `{"a":1,"b":3}`, 0.5},
		"one more":                 {`{"a":1}`, `{"a":1,"b":3}`, 1.0 / 3},
		"null is not absent":       {`{"a":1}`, `{"a":1,"b":null}`, 1.0 / 3},
		"list order":               {`[1,2]`, `[2,1]`, 1},
		"list length":              {`[1,2,3]`, `[1,2]`, 1.0 / 5},
		"kind at a path":           {`{"a":{"b":1,"c":2}}`, `{"a":[1,2]}`, 1},
		"below a path":             {`{"a":{"b":1,"c":{"d":2}},"e":0}`, `{"a":{"b":1,"c":{"d":3}},"e":0}`, 1.0 / 3},
		"empty object":             {`{}`, ` {}`, 0},
		"empty list":               {`[ ]`, `[]`, 0},
		"empty of both kinds":      {`{}`, `[]`, 1},
		"empty and not":            {`{}`, `{"a":1}`, 1},
		"empty list and not":       {`[[]]`, `[[1,2,3]]`, 1},
		"repeated key":             {`{"a":1,"a":2}`, `{"a":2}`, 0},
		"JSON and text":            {`{"a":1}`, `{"a":1`, 1},
		"JSON and more":            {`{"a":1}`, `{"a":1} {}`, 1},
		"JSON and nothing":         {`{}`, ``, 1},
		"texts":                    {`abcd`, `abcx`, 0.25},
		"the same text":            {`abcd`, `abcd`, 0},
		"bytes in JSON":            {"\"\xff\"", "\"\xfe\"", 1.0 / 3},
		"too deep":                 {deep, deep + " ", 1.0 / 40_001},
		"too long":                 {long, long + " ", 1.0 / (maxJSON + 3)},
	} {
		t.Run(name, func(t *testing.T) {
			require.InDelta(t, c.distance, JSONDistance(c.a, c.b), 1e-12)
			require.InDelta(t, c.distance, JSONDistance(c.b, c.a), 1e-12)
			require.Equal(t, c.distance == 0, SameJSON(c.a, c.b))
			require.Equal(t, c.distance == 0, SameJSON(c.b, c.a))
		})
	}
}

func FuzzSameJSON(f *testing.F) {
	f.Add(`{"a":1.0,"b":[true,null,{}]}`, `{"b":[true,null,{}],"a":1}`)
	f.Add(`[1e400]`, `[10e399]`)
	f.Add("\xff", `"\ud800"`)
	f.Fuzz(func(t *testing.T, a, b string) {
		same, distance := SameJSON(a, b), JSONDistance(a, b)
		require.Equal(t, same, SameJSON(b, a))
		require.Equal(t, same, distance == 0)
		require.Equal(t, distance, JSONDistance(b, a))
		require.True(t, 0 <= distance && distance <= 1)
		require.True(t, SameJSON(a, a))

		value, err := parseJSON(a)
		if err != nil {
			return
		}
		again, err := json.MarshalIndent(value, "", "\t")
		require.NoError(t, err)
		if len(again) <= maxJSON {
			require.True(t, SameJSON(a, string(again)), "%q written as %q", a, again)
			require.Equal(t, same, SameJSON(string(again), b))
		}
	})
}
