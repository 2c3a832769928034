package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/report"
)

// What somebody may put into a label, a slice, a version or an output.
var attacks = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg onload=alert(1)>`, `</title><script>alert(1)</script>`, `</style><script>alert(1)</script>`,
	`</script><script>alert(1)</script>`, `javascript:alert(1)`, `<iframe srcdoc="<script>alert(1)</script>">`, `{{.}}`, `<!--`, `]]>`, "`${alert(1)}`", `<a href="//evil.example">x</a>`,
	`&lt;script&gt;`, `" onmouseover="alert(1)" x="`, `<meta http-equiv=refresh content=0;url=//evil.example>`, `<base href=//evil.example>`, `<link rel=stylesheet href=//evil.example>`,
	"\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\u202eevil\u202c", "\u2066x\u2069", "a\x00b", "a\r\nb", "\u0085", "\ufeff", "zero\u200bwidth", "\u009b31m", "\xff\xfe",
}

func attacked(t testing.TB) *report.Summary {
	t.Helper()
	var pairs []pairlog.Record
	for i, a := range attacks {
		for range 3 {
			r := pair(i)
			r.Canary, r.Candidate.Version, r.Stable.Version, r.Trace = attacks[0], attacks[1], attacks[21], a
			r.Slices = map[string]string{"s": a, a: "x"}
			r.Differs, r.Distance = true, float64(i+1)
			r.Stable.Labels = map[string]string{"label": a, a: "x"}
			r.Candidate.Labels = map[string]string{"label": a + "!", a: "y"}
			r.Stable.Numbers, r.Stable.Checks = map[string]float64{a: 1}, map[string]bool{a: true}
			r.Stable.Output, r.Candidate.Output, r.Input = map[string]any{a: a}, a, a
			pairs = append(pairs, r)
			r.Candidate = failed(r.Candidate.Version)
			r.Candidate.Outcome, r.Candidate.Class = a, a
			pairs = append(pairs, r)
		}
	}
	s := read(t, report.Config{Top: 1000, Criteria: []criteria.Criterion{criteria.ErrorRate{}, criteria.Categories{Signal: "label"}, criteria.FailureModes{}, criteria.Distribution{Signal: attacks[0]}}}, logOf(t, pairs...))
	s.Log.BadLines = []report.BadLine{{File: attacks[1], Line: 1, Problem: attacks[2], Text: attacks[20]}}
	s.Log.ReadErrors = []report.ReadError{{File: attacks[1], Problem: attacks[20]}}
	s.Log.Others = []report.Trial{{Canary: attacks[1], Stable: attacks[2], Candidate: attacks[20]}}
	return s
}

// The tags and attributes that the page is made of. Nothing from a log may add one.
var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	attribute = regexp.MustCompile(`[\s"]([a-zA-Z:-]+)="`)
)

func TestWhatComesFromALogIsInert(t *testing.T) {
	page := pageOf(t, attacked(t))
	body := page[strings.Index(page, "<body>"):strings.LastIndex(page, "<script>")]
	known := map[string]bool{}
	for name := range strings.FieldsSeq("body main header p h1 h2 h3 b section ul li dl div dt dd svg rect line circle path text title table thead tbody tr th td caption figure figcaption span details summary form input select option pre code br footer a") {
		known[name] = true
	}
	for _, found := range tag.FindAllString(body, -1) {
		name := strings.TrimPrefix(strings.Fields(strings.Trim(found, "<>/"))[0], "/")
		require.True(t, known[name], "unknown element %s", found)
		for _, a := range attribute.FindAllStringSubmatch(found, -1) {
			require.False(t, strings.HasPrefix(strings.ToLower(a[1]), "on") || a[1] == "href" || a[1] == "src" || a[1] == "style", "attribute in %s", found)
		}
	}
	require.Equal(t, 1, strings.Count(page, "<script>"))
	require.Equal(t, 1, strings.Count(page, "<style>"))
	requireNoControls(t, page)
}

func TestTextFromALogCannotActOnATerminal(t *testing.T) {
	text := textOf(t, attacked(t))
	requireNoControls(t, text)
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 100, line)
	}
}

func requireNoControls(t *testing.T, text string) {
	t.Helper()
	for i, r := range text {
		bad := r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff
		require.False(t, bad, "%U in %q", r, text[max(0, i-40):min(len(text), i+20)])
	}
}

func TestPageAllowsItsOwnScriptAndStyleOnly(t *testing.T) {
	page := pageOf(t, attacked(t))
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1]
	policy = strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy)
	for element, directive := range map[string]string{"style": "style-src", "script": "script-src"} {
		_, rest, _ := strings.Cut(page, "<"+element+">")
		inside, _, _ := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(inside))
		require.Contains(t, policy, fmt.Sprintf("%s 'sha256-%s'", directive, base64.StdEncoding.EncodeToString(sum[:])))
	}
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	require.Empty(t, regexp.MustCompile(`\s(src|href|style|srcdoc|on[a-z]+)=`).FindString(tagsOf(page)))
	require.NotRegexp(t, `innerHTML|outerHTML|insertAdjacent|document\.write|eval\(`, report.PageScript)
}

func tagsOf(page string) string {
	head, rest, _ := strings.Cut(page, "<style>")
	_, rest, _ = strings.Cut(rest, "</style>")
	rest, _, _ = strings.Cut(rest, "<script>")
	var quoted = regexp.MustCompile(`"[^"]*"`)
	var out strings.Builder
	for _, found := range tag.FindAllString(head+rest, -1) {
		out.WriteString(quoted.ReplaceAllString(found, `""`))
	}
	return out.String()
}

// Outputs as large as a log has them, in every example there may be.
func TestPageIsBounded(t *testing.T) {
	var pairs []pairlog.Record
	for i := range 1200 {
		r := pair(i)
		r.Differs, r.Distance = true, float64(i)
		for j := range 60 {
			name := fmt.Sprintf("signal-%d", j)
			r.Stable.Numbers[name], r.Candidate.Numbers[name] = float64(i*j), float64(i)
			r.Stable.Labels[name], r.Candidate.Labels[name] = fmt.Sprint("<", i%40), fmt.Sprint(">", j)
			r.Stable.Checks[name], r.Candidate.Checks[name] = true, i%2 == 0
			r.Slices[name] = strings.Repeat("<", 200) + fmt.Sprint(i)
		}
		r.Stable.Output, r.Candidate.Output, r.Input = strings.Repeat("<&", 1000), strings.Repeat("\x01", 1000), strings.Repeat("\"", 1000)
		pairs = append(pairs, r)
	}
	page := pageOf(t, read(t, report.Config{Top: 1000, Sample: 1000}, logOf(t, pairs...)))
	require.Less(t, len(page), 2_000_000)
	require.Contains(t, page, "more are left out to keep the page small")
}

func TestDiffsOfOutputs(t *testing.T) {
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for _, c := range []struct{ stable, candidate, has string }{
		{`{"a":1,"b":[1,2]}`, `{"a":1,"b":[1,3]}`, "3"},
		{`"x"`, `"x"`, ""},
		{``, `"x"`, ""},
		{`"one\ntwo\nthree\nfour"`, `"one\ntwo\n3\nfour"`, "three"},
		{deep, `1`, "-"},
		{`{"broken`, `{"b`, "broken"},
		{`{"$omitted":"too large","bytes":70000}`, `{"a":1}`, "too large"},
	} {
		got := report.OutputDiff(c.stable, c.candidate)
		require.Contains(t, got, c.has)
		require.LessOrEqual(t, len(got), 4096)
		require.NotContains(t, got, "\u00a0")
		if c.has == "" {
			require.Empty(t, got)
		}
	}
}

func TestWords(t *testing.T) {
	for x, want := range map[float64]string{0: "0 %", 1: "100 %", 0.5: "50.0 %", 0.95814: "95.81 %", 0.00041: "0.041 %", 0.9999: "99.990 %", -0.0342: "-3.42 %"} {
		require.Equal(t, want, report.Percent(x))
	}
	for x, want := range map[float64]string{0: "0", 1: "1", 0.958512: "0.9585", 1234.56: "1235", -0.0125: "−0.0125", 1e9: "1e+09", 33: "33", 0.1 + 0.2: "0.3"} {
		require.Equal(t, want, report.WriteNumber(x))
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", math.MinInt32: "-2,147,483,648"} {
		require.Equal(t, want, report.Count(n))
	}
	require.Equal(t, `\u001b[2J \u202ex \xff ü → 漢`, report.Printable("\x1b[2J \u202ex \xff ü → 漢"))
}
