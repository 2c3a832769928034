package main

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

func TestCorpus(t *testing.T) {
	c := texts(t)
	if got := len(c.languages()); got != 20 {
		t.Errorf("%d languages, want 20", got)
	}
	for language, paragraphs := range c {
		if len(language) != 2 || len(paragraphs) < 50 {
			t.Errorf("%q has %d paragraphs, want a code of two letters with at least 50", language, len(paragraphs))
		}
	}
}

func TestReadCorpusRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"no tab":      {"en\tone\nno tab\n", "line 2"},
		"no language": {"\tone\n", "line 1"},
		"no words":    {"en\t \n", "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readCorpus(compressed(t, tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
	if _, err := readCorpus([]byte("en\tplain")); err == nil {
		t.Error("took a file that is not compressed")
	}
	whole := compressed(t, "en\tone two three\n")
	if _, err := readCorpus(whole[:len(whole)-4]); err == nil {
		t.Error("took a file that was cut off")
	}
}

func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCut(t *testing.T) {
	p := paragraph{"a", "b", "c", "d"}
	for name, tt := range map[string]struct {
		n     int
		where float64
		want  string
	}{
		"from the start": {2, 0, "a b"},
		"in the middle":  {2, 0.5, "b c"},
		"to the end":     {2, 0.999, "c d"},
		"all":            {4, 0.9, "a b c d"},
		"more than all":  {9, 0.9, "a b c d"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := p.cut(tt.n, tt.where); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
