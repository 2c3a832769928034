package main

import (
	"sync"
	"testing"
)

var sharedCorpus = sync.OnceValues(func() (corpus, error) { return readCorpus(udhr) })

// texts shares one corpus between the tests: it is read-only.
func texts(t *testing.T) corpus {
	t.Helper()
	c, err := sharedCorpus()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var sharedLingua = sync.OnceValues(func() (predictor, error) {
	c, err := sharedCorpus()
	if err != nil {
		return nil, err
	}
	return newLingua(c.languages())
})

// models are the two of the example; the candidate is loaded once.
func models(t *testing.T) map[string]predictor {
	t.Helper()
	stable, err := newWhatlang(texts(t).languages())
	if err != nil {
		t.Fatal(err)
	}
	candidate, err := sharedLingua()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]predictor{"whatlang": stable, "lingua": candidate}
}
