package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed testdata/udhr.tsv.gz
var udhr []byte

// corpus are paragraphs by the language that they are written in.
type corpus map[string][]paragraph

// paragraph is one as words.
type paragraph []string

// readCorpus reads lines of a language, a tab and a paragraph, compressed with
// gzip.
func readCorpus(compressed []byte) (corpus, error) {
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("shadow: corpus: %w", err)
	}
	c := corpus{}
	lines := bufio.NewScanner(z)
	for n := 1; lines.Scan(); n++ {
		language, text, found := strings.Cut(lines.Text(), "\t")
		words := strings.Fields(text)
		if !found || language == "" || len(words) == 0 {
			return nil, fmt.Errorf("shadow: corpus: line %d is not a language, a tab and a paragraph", n)
		}
		c[language] = append(c[language], words)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("shadow: corpus: %w", err)
	}
	return c, nil
}

// languages are those of the corpus, in order.
func (c corpus) languages() []string {
	all := make([]string, 0, len(c))
	for language := range c {
		all = append(all, language)
	}
	slices.Sort(all)
	return all
}

// cut takes n words in a row out of a paragraph, from the word that where, in
// [0, 1), points to; all of a paragraph that has no more.
func (p paragraph) cut(n int, where float64) string {
	if n >= len(p) {
		return strings.Join(p, " ")
	}
	from := int(where * float64(len(p)-n+1))
	return strings.Join(p[from:from+n], " ")
}
