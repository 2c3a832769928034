package pairlog

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const begin = `{"schema":"modelcanary.pair/1",`

func TestDecodeTakesWhatOthersWrite(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want Record
	}{
		"nothing else":     {`{"schema":"modelcanary.pair/1"}`, Record{}},
		"space":            {" {\t\"schema\" : \"modelcanary.pair/1\" , \"epoch\" : 3 } \r\n", Record{Epoch: 3}},
		"schema at last":   {`{"epoch":3,"schema":"modelcanary.pair/1"}`, Record{Epoch: 3}},
		"nulls":            {begin + `"time":null,"slices":null,"input":null,"stable":null,"rerun":null,"distance":null,"differs":null}`, Record{}},
		"nulls inside":     {begin + `"slices":{"a":null,"b":"c"},"stable":{"numbers":{"x":null},"output":null}}`, Record{Slices: map[string]string{"b": "c"}}},
		"unknown fields":   {begin + `"x":{"a":[1,{"b":null}],"c":"\"}"},"y":[],"z":{},"stable":{"w":-1.5e3,"version":"1"}}`, Record{Stable: Answer{Version: "1"}}},
		"escapes":          {begin + `"canary":"\u0041\/\b\f\n\r\t\"\\\ud83d\ude00\ud83d\u00e4"}`, Record{Canary: "A/\b\f\n\r\t\"\\😀\ufffdä"}},
		"escaped names":    {begin + `"\u0065poch":3,"slices":{"\u0061":"\u0062"}}`, Record{Epoch: 3, Slices: map[string]string{"a": "b"}}},
		"half a pair":      {begin + `"canary":"\udc00\ud83d"}`, Record{Canary: "\ufffd\ufffd"}},
		"other time zone":  {begin + `"time":"2026-11-23T07:00:00+01:00"}`, Record{Time: time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)}},
		"exponent":         {begin + `"stable":{"duration_s":2.5E-3},"candidate":{"duration_s":-1e-9}}`, Record{Stable: Answer{Duration: 2500 * time.Microsecond}, Candidate: Answer{Duration: -1}}},
		"many decimals":    {begin + `"stable":{"duration_s":0.00000000149},"candidate":{"duration_s":9223372036.854775808}}`, Record{Stable: Answer{Duration: 1}, Candidate: Answer{Duration: math.MaxInt64}}},
		"endless duration": {begin + `"stable":{"duration_s":1e99},"candidate":{"duration_s":-99999999999999999999999}}`, Record{Stable: Answer{Duration: math.MaxInt64}, Candidate: Answer{Duration: math.MinInt64}}},
		"too large":        {begin + `"distance":1e999,"rate":-1e999}`, Record{Distance: math.Inf(1), Rate: math.Inf(-1)}},
		"the last counts":  {begin + `"epoch":1,"epoch":2}`, Record{Epoch: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want.Distance == 0 {
				c.want.Distance = math.NaN()
			}
			c.want.RerunDistance = math.NaN()
			got := decode(t, []byte(c.line))
			if strings.Contains(c.line, `"rerun":null`) {
				require.Nil(t, got.Rerun)
			}
			requireSame(t, &c.want, got)
		})
	}
}

func TestDecodeSaysWhatIsWrongAndWhere(t *testing.T) {
	for line, want := range map[string]string{
		``:                                      "byte 0: the line ends too early",
		`null`:                                  `byte 0: 'n', want an object`,
		`[]`:                                    `byte 0: '[', want an object`,
		`{`:                                     "byte 1: the line ends too early",
		`{]`:                                    `byte 1: ']', want a string`,
		`{}`:                                    `byte 2: unknown schema: the line has none, want "modelcanary.pair/1"`,
		`{"schema":"modelcanary.pair/2"}`:       `byte 30, in "schema": unknown schema "modelcanary.pair/2", want "modelcanary.pair/1"`,
		`{"schema":null}`:                       "unknown schema",
		`{"schema":1}`:                          `byte 10, in "schema": '1', want a string`,
		`{"schema" 1}`:                          `byte 10: '1', want a colon`,
		begin + `"epoch":-1}`:                   `in "epoch": -1, want a whole number`,
		begin + `"epoch":1.5}`:                  `in "epoch": 1.5, want a whole number`,
		begin + `"epoch":18446744073709551616}`: `want a whole number in [0, 18446744073709551615]`,
		begin + `"epoch":01}`:                   `'1', want a comma or a brace`,
		begin + `"epoch":-}`:                    `in "epoch": '}', want a digit`,
		begin + `"epoch":1.}`:                   `want a digit`,
		begin + `"epoch":1e}`:                   `want a digit`,
		begin + `"epoch":-`:                     "the line ends too early",
		begin + `"epoch":+1}`:                   `'+', want a digit`,
		begin + `"time":"yesterday"}`:           `in "time": "yesterday", want a time as in RFC 3339`,
		begin + `"rate":"Inf"}`:                 `in "rate": "Inf", want a number`,
		begin + `"\u0072ate":"\u0041"}`:         `in "rate": "A", want a number`,
		begin + `"differs":1}`:                  `in "differs": '1', want true or false`,
		begin + `"differs":tru}`:                `want true or false`,
		begin + `"stable":{"numbers":{"x":true}}}`:      `in "stable.numbers": 't', want a digit`,
		begin + `"rerun":{"output":}}`:                  `in "rerun.output": '}', want a value`,
		begin + `"input":[1 2]}`:                        `in "input": '2', want a comma or a bracket`,
		begin + `"input":{"a" 1}}`:                      `want a colon`,
		begin + `"input":{"a":1 "b":2}}`:                `want a comma or a brace`,
		begin + `"input":{1:2}}`:                        `want a name`,
		begin + `"input":[1,]}`:                         `want a value`,
		begin + `"input":{"a":1,}}`:                     `want a name`,
		begin + `"input":"\x"}`:                         `malformed escape in a string`,
		begin + `"input":"\u12g4"}`:                     `malformed escape`,
		begin + "\"input\":\"a\tb\"}":                   `control character '\t' in a string`,
		begin + `"input":"abc`:                          "the line ends too early",
		begin + `"input":"abc\`:                         "malformed escape",
		begin + `"epoch":1} x`:                          `'x' after the record`,
		begin + `"epoch":1,}`:                           `'}', want a string`,
		begin + `"` + strings.Repeat("n", 100) + `":!}`: `in "` + strings.Repeat("n", 64) + `...": '!', want a value`,
	} {
		t.Run(line, func(t *testing.T) {
			var d Decoder
			err := d.Decode([]byte(line), new(Record))
			var typed *DecodeError
			require.ErrorAs(t, err, &typed)
			require.ErrorContains(t, err, want)
			require.True(t, strings.HasPrefix(err.Error(), "pairlog: byte "))
			require.Equal(t, strings.Contains(want, "unknown schema"), isSchema(err))
		})
	}
}

func TestDecodeBoundsTheDepth(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(begin + `"input":` + strings.Repeat(`[{"a":`, n) + "1" + strings.Repeat("}]", n) + "}")
	}
	require.NotNil(t, decode(t, nested(maxNesting/2)).Input)
	var d Decoder
	require.ErrorContains(t, d.Decode(nested(1_000_000), new(Record)), "nested deeper than 512")
}

func TestDecodeUsesARecordAgain(t *testing.T) {
	first := sample()
	first.Rerun = &Answer{Version: "1", Labels: map[string]string{"a": "b"}}
	first.Input, first.Cut, first.RerunDiffers = json.RawMessage("1"), true, true
	var d Decoder
	var r Record
	require.NoError(t, d.Decode(AppendRecord(nil, first), &r))
	rerun := r.Rerun
	require.NoError(t, d.Decode([]byte(begin+`"epoch":1}`), &r))
	requireSame(t, &Record{Epoch: 1, Distance: math.NaN(), RerunDistance: math.NaN()}, &r)
	require.NoError(t, d.Decode([]byte(begin+`"rerun":{"version":"2"}}`), &r))
	require.Same(t, rerun, r.Rerun)
	require.Equal(t, &Answer{Version: "2", Numbers: nil, Labels: map[string]string{}}, r.Rerun)
}

func TestDecodeAllocatesLittle(t *testing.T) {
	r := sample()
	r.Rerun = &Answer{Version: "1", Labels: map[string]string{"a": "b"}}
	line := AppendRecord(nil, r)
	var d Decoder
	var got Record
	allocated := testing.AllocsPerRun(100, func() { _ = d.Decode(line, &got) })
	require.LessOrEqual(t, allocated, 2.0, "the trace id, and little else")
}

func TestInterning(t *testing.T) {
	var in interner
	for i := range 3 * maxInterned {
		in.intern([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		require.LessOrEqual(t, len(in.texts), maxInterned)
	}
	long := []byte(strings.Repeat("x", maxInternedText+1))
	before := len(in.texts)
	require.Equal(t, string(long), in.intern(long))
	require.Len(t, in.texts, before)
	a := []byte("abc")
	s := in.intern(a)
	a[0] = 'x'
	require.Equal(t, "abc", s)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(begin + `"epoch":1}`))
	r := sample()
	r.Rerun, r.Input = &r.Stable, []any{"\xff", 1.5, nil}
	f.Add(AppendRecord(nil, r))
	f.Fuzz(func(t *testing.T, line []byte) {
		var d Decoder
		var first, second Record
		if d.Decode(line, &first) != nil {
			return
		}
		if json.Valid(line) != true {
			t.Fatalf("took %q", line)
		}
		once := AppendRecord(nil, &first)
		if err := d.Decode(once, &second); err != nil {
			t.Fatalf("%q became %q: %v", line, once, err)
		}
		if twice := AppendRecord(nil, &second); string(twice) != string(once) {
			t.Fatalf("%q became %q and then %q", line, once, twice)
		}
	})
}
