package pairlog

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

func decode(t *testing.T, line []byte) *Record {
	t.Helper()
	var d Decoder
	r := new(Record)
	require.NoError(t, d.Decode(line, r), "%s", line)
	return r
}

// requireSame ignores whether an empty map is there.
func requireSame(t *testing.T, want, got *Record) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("want -, got +:\n%s", diff)
	}
}

func requireOneLine(t *testing.T, line []byte) {
	t.Helper()
	require.True(t, json.Valid(line), "%.200q", line)
	require.Equal(t, len(line)-1, bytes.IndexByte(line, '\n'), "%.200q", line)
}

func TestARecordIsOneLine(t *testing.T) {
	require.Equal(t, `{"schema":"modelcanary.pair/1","time":"2026-11-23T06:10:18.001234567Z","canary":"langdetect","epoch":3,`+
		`"trace":"0af7651916cd43dd8448eb211c80319c","rate":0.1,"slices":{"script":"latin"},`+
		`"stable":{"version":"1.4.0","outcome":"ok","duration_s":0.00021,"numbers":{"confidence":0.93},"labels":{"language":"de"},"checks":{"cited":true}},`+
		`"candidate":{"version":"2.0.0","outcome":"ok","duration_s":0.00019,"numbers":{"confidence":0.71},"labels":{"language":"nl"},"checks":{"cited":false}},`+
		`"differs":true,"distance":0.25}`+"\n", string(AppendRecord(nil, sample())))
}

func TestAppendRecordKeepsWhatIsThere(t *testing.T) {
	got := AppendRecord([]byte("before\n"), sample())
	require.Equal(t, "before\n"+string(AppendRecord(nil, sample())), string(got))
}

func TestRecordsSurvive(t *testing.T) {
	cases := map[string]func(*Record){
		"usual":              func(*Record) {},
		"zero":               func(r *Record) { *r = Record{} },
		"rerun":              func(r *Record) { r.Rerun = &Answer{Version: "1"}; r.RerunDiffers = true; r.RerunDistance = 0.5 },
		"equal rerun":        func(r *Record) { r.Rerun = &Answer{Outcome: "timeout", Class: "timeout"} },
		"rerun without one":  func(r *Record) { r.RerunDiffers = true },
		"infinite distance":  func(r *Record) { r.Distance, r.RerunDistance = math.Inf(1), math.Inf(-1) },
		"no distance":        func(r *Record) { r.Distance = math.NaN() },
		"negative zero":      func(r *Record) { r.Distance = math.Copysign(0, -1) },
		"NaN signal":         func(r *Record) { r.Stable.Numbers["x"] = math.NaN() },
		"largest epoch":      func(r *Record) { r.Epoch = math.MaxUint64 },
		"longest duration":   func(r *Record) { r.Stable.Duration = math.MaxInt64 },
		"shortest duration":  func(r *Record) { r.Stable.Duration = math.MinInt64 },
		"a nanosecond":       func(r *Record) { r.Stable.Duration = 1 },
		"minus a nanosecond": func(r *Record) { r.Stable.Duration = -1 },
		"live texts":         func(r *Record) { r.Canary, r.Stable.Labels["</script>\u2028"] = "\x1b[2J", "\x00\u202e" },
		"quotes":             func(r *Record) { r.Stable.Version, r.Slices[`"\`] = `"\"`, `\u0041` },
		"year 9999":          func(r *Record) { r.Time = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC) },
		"other time zone":    func(r *Record) { r.Time = r.Time.In(time.FixedZone("", -7200)) },
		"cut":                func(r *Record) { r.Cut = true },
		"input":              func(r *Record) { r.Input = json.RawMessage(`{"a":[1]}`) },
		"outputs": func(r *Record) {
			r.Stable.Output, r.Candidate.Output = json.RawMessage(`[null]`), json.RawMessage(`"x"`)
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			want := sample()
			change(want)
			line := AppendRecord(nil, want)
			requireOneLine(t, line)
			got := decode(t, line)
			want.Time = want.Time.UTC()
			requireSame(t, want, got)
			require.Equal(t, math.Signbit(want.Distance), math.Signbit(got.Distance))
			require.Equal(t, string(line), string(AppendRecord(nil, got)), "written again it is the same line")
		})
	}
}

func TestRandomRecordsSurvive(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var d Decoder
	var got Record // the same one again and again
	for range 2000 {
		want := randomRecord(rng)
		line := AppendRecord(nil, want)
		requireOneLine(t, line)
		require.NoError(t, d.Decode(line, &got))
		requireSame(t, want, &got)
	}
}

func randomRecord(rng *rand.Rand) *Record {
	text := func() string { return strconv.QuoteRune(rune(rng.IntN(0xD800))) + strings.Repeat("x", rng.IntN(3)) }
	number := func() float64 { return math.Float64frombits(rng.Uint64()) }
	answer := func() Answer {
		a := Answer{Version: text(), Outcome: text(), Duration: time.Duration(rng.Uint64())}
		a.Numbers, a.Labels, a.Checks = map[string]float64{}, map[string]string{}, map[string]bool{}
		for range rng.IntN(4) {
			a.Numbers[text()], a.Labels[text()], a.Checks[text()] = number(), text(), rng.IntN(2) == 0
		}
		return a
	}
	r := &Record{
		Time: time.Unix(rng.Int64N(4e9), rng.Int64N(1e9)).UTC(), Canary: text(), Epoch: rng.Uint64(), Rate: rng.Float64(),
		Stable: answer(), Candidate: answer(), Differs: rng.IntN(2) == 0, Distance: number(), RerunDistance: number(),
	}
	if rng.IntN(2) == 0 {
		a := answer()
		r.Rerun = &a
	}
	return r
}

func TestWhatIsNotUTF8OutsideOfOutputsIsReplaced(t *testing.T) {
	r := sample()
	r.Canary, r.Stable.Labels = "\xff", map[string]string{"\xfe": "\xfd"}
	got := decode(t, AppendRecord(nil, r))
	require.Equal(t, "\ufffd", got.Canary)
	require.Equal(t, map[string]string{"\ufffd": "\ufffd"}, got.Stable.Labels)
}

func TestALineIsNeverTooLong(t *testing.T) {
	large := func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[strings.Repeat("<", 500)+strconv.Itoa(i)] = strings.Repeat("\x00", 600)
		}
		return m
	}
	for name, c := range map[string]struct {
		change func(*Record)
		cut    bool
	}{
		"usual":      {func(*Record) {}, false},
		"output":     {func(r *Record) { r.Stable.Output = strings.Repeat("x", 100<<20) }, false},
		"long text":  {func(r *Record) { r.Canary = strings.Repeat("ä", 1<<20) }, true},
		"long label": {func(r *Record) { r.Stable.Labels["x"] = strings.Repeat("x", 100<<20) }, true},
		"large maps": {func(r *Record) { r.Stable.Labels, r.Slices = large(900), large(900) }, true},
		"many labels": {func(r *Record) {
			for i := range 1025 {
				r.Stable.Labels[strconv.Itoa(i)] = ""
			}
		}, true},
		"alike": {func(r *Record) {
			r.Stable.Labels = map[string]string{strings.Repeat("x", 513): "a", strings.Repeat("x", 514): "b"}
		}, true},
		"everything": {func(r *Record) {
			all := strings.Repeat("\x00", 1<<20)
			r.Canary, r.Trace = all, all
			a := Answer{Version: all, Outcome: all, Class: all, Labels: large(1024), Output: all}
			r.Stable, r.Candidate, r.Rerun, r.Input, r.Slices = a, a, &a, all, large(1024)
		}, true},
	} {
		for _, max := range []limits{defaultLimits, {output: 1 << 10, line: MinMaxLine}} {
			t.Run(name+" in "+strconv.Itoa(max.line), func(t *testing.T) {
				r := sample()
				c.change(r)
				line := appendRecord(nil, r, max)
				requireOneLine(t, line)
				require.LessOrEqual(t, len(line), max.line)
				require.Equal(t, c.cut, decode(t, line).Cut)
			})
		}
	}
}

func TestOutputsAreLeftOutBeforeSignals(t *testing.T) {
	r := sample()
	r.Input, r.Stable.Output, r.Candidate.Output = strings.Repeat("a", 40<<10), strings.Repeat("b", 40<<10), 7
	got := decode(t, appendRecord(nil, r, limits{output: DefaultMaxOutput, line: MinMaxLine}))
	require.Equal(t, json.RawMessage(`{"$omitted":"too large"}`), got.Input)
	require.Equal(t, json.RawMessage(`{"$omitted":"too large"}`), got.Stable.Output)
	require.Equal(t, r.Stable.Labels, got.Stable.Labels)
	require.False(t, got.Cut)
}

func TestAppendRecordAllocatesNothing(t *testing.T) {
	r := sample()
	buf := AppendRecord(nil, r)
	require.Zero(t, testing.AllocsPerRun(100, func() { buf = AppendRecord(buf[:0], r) }))
}

func TestNamesThatBecomeAlikeAreThereOnce(t *testing.T) {
	r := sample()
	r.Stable.Numbers = map[string]float64{"\xfe": 1, "\xff": 2}
	line := AppendRecord(nil, r)
	require.Equal(t, 1, bytes.Count(line, []byte("\ufffd")))
	got := decode(t, line)
	require.Equal(t, map[string]float64{"\ufffd": 1}, got.Stable.Numbers, "the first of them")
	require.True(t, got.Cut)
}
