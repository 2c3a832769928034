package report_test

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// A source makes up the pairs of a language detector: its candidate is a little less sure, mistakes Portuguese for Spanish and fails on some long texts.
type source struct {
	rng    *rand.Rand
	begin  time.Time
	n      int
	rerun  float64 // the fraction with a rerun
	worse  float64 // how often the candidate changes a label
	broken string  // a script on which it does so on half of the inputs
	fails  float64
	output bool
}

var languages = []string{"en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "uk", "ja", "zh", "ar", "he", "tr", "sv", "da", "no", "fi", "cs", "el", "hu", "ro", "bg", "ko"}

func newSource(seed uint64) *source {
	return &source{
		rng: rand.New(rand.NewPCG(seed, 1)), begin: time.Date(2026, 11, 2, 6, 0, 0, 0, time.UTC),
		rerun: 0.1, worse: 0.03, broken: "arabic", fails: 0.004, output: true,
	}
}

func (s *source) next() *pairlog.Record {
	s.n++
	label := languages[min(int(s.rng.ExpFloat64()*5), len(languages)-1)]
	script := map[string]string{"ru": "cyrillic", "uk": "cyrillic", "bg": "cyrillic", "ja": "japanese", "zh": "han", "ar": "arabic", "he": "hebrew", "el": "greek", "ko": "hangul"}[label]
	if script == "" {
		script = "latin"
	}
	sure := 1 - math.Min(0.95, s.rng.ExpFloat64()*0.06)
	length := math.Round(math.Exp(3.5 + s.rng.NormFloat64()))
	r := &pairlog.Record{
		Time: s.begin.Add(time.Duration(s.n) * 37 * time.Millisecond), Canary: "langdetect", Epoch: 3, Trace: fmt.Sprintf("%016x%016x", s.rng.Uint64(), s.rng.Uint64()), Rate: 0.1,
		Slices: map[string]string{"script": script, "client": fmt.Sprintf("tenant-%02d", s.rng.IntN(40)), "length": bucket(length)},
		Stable: s.answer("trigram-1", label, sure, length, 210e-6), Distance: 0, RerunDistance: math.NaN(),
	}
	given, less := label, sure-0.012+s.rng.NormFloat64()*0.01
	wrong := s.worse
	if script == s.broken {
		wrong = 0.5
	}
	switch {
	case s.rng.Float64() < wrong:
		given, less = confused(label, s.rng), sure*(0.5+0.4*s.rng.Float64())
	case s.rng.Float64() < 0.004:
		given = languages[s.rng.IntN(len(languages))]
	}
	r.Candidate = s.answer("ngram-2", given, math.Min(less, 1), length, 160e-6)
	r.Differs = given != label
	r.Distance = math.Abs(sure-less) + one(r.Differs)
	if s.rng.Float64() < s.fails {
		r.Candidate = pairlog.Answer{Version: "ngram-2", Outcome: "error", Class: "input_too_long", Duration: time.Millisecond}
		r.Differs, r.Distance = true, math.NaN()
	}
	if s.rng.Float64() < s.rerun {
		again := s.answer("trigram-1", label, sure, length, 200e-6)
		r.RerunDiffers, r.RerunDistance = s.rng.Float64() < 0.01, 0
		r.Rerun = &again
	}
	return r
}

func (s *source) answer(version, label string, sure, length, base float64) pairlog.Answer {
	a := pairlog.Answer{
		Version: version, Outcome: "ok", Duration: time.Duration(base * 1e9 * math.Exp(0.35*s.rng.NormFloat64()+length/400)),
		Numbers: map[string]float64{"confidence": sure, "length": length}, Labels: map[string]string{"language": label},
		Checks: map[string]bool{"reliable": sure > 0.8},
	}
	if s.output {
		a.Output = map[string]any{"code": label, "confidence": math.Round(sure*1e4) / 1e4, "reliable": sure > 0.8, "alternatives": []any{map[string]any{"code": "en", "score": math.Round((1-sure)*1e4) / 1e4}}}
	}
	return a
}

func confused(label string, rng *rand.Rand) string {
	if to := map[string]string{"pt": "es", "da": "no", "no": "da", "uk": "ru", "ar": "he", "nl": "de"}[label]; to != "" {
		return to
	}
	return languages[rng.IntN(6)]
}

func bucket(length float64) string {
	switch {
	case length < 20:
		return "short"
	case length < 100:
		return "medium"
	}
	return "long"
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// writeLog writes pairs to a file of a new directory.
func writeLog(tb testing.TB, name string, pairs int, s *source) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	file, err := os.Create(path)
	require.NoError(tb, err)
	writePairs(tb, file, pairs, s)
	require.NoError(tb, file.Close())
	return path
}

func writePairs(tb testing.TB, to io.Writer, pairs int, s *source) {
	out := bufio.NewWriterSize(to, 1<<20)
	var line []byte
	for range pairs {
		line = pairlog.AppendRecord(line[:0], s.next())
		_, err := out.Write(line)
		require.NoError(tb, err)
	}
	require.NoError(tb, out.Flush())
}
