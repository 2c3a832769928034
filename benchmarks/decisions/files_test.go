package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
)

func TestArchiveGoesOnAfterALineThatWasCutOff(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows")
	some := []*summary{{trials: 3, early: 1, delays: []int{4, 5}}, nil}
	a, err := openArchive(name)
	check.ErrorIs(t, err, nil)
	check.ErrorIs(t, a.add("first", some, 2.5), nil)
	check.ErrorIs(t, a.close(), nil)
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0o600)
	check.ErrorIs(t, err, nil)
	_, err = file.WriteString(`{"Row":"half`)
	check.ErrorIs(t, err, nil)
	check.ErrorIs(t, file.Close(), nil)

	a, err = openArchive(name)
	check.ErrorIs(t, err, nil)
	check.ErrorIs(t, a.add("second", nil, 1), nil)
	check.ErrorIs(t, a.close(), nil)

	a, err = openArchive(name)
	check.ErrorIs(t, err, nil)
	got, seconds, known := a.find("first")
	check.True(t, known)
	check.Equal(t, some, got)
	check.Near(t, 2.5, seconds, 0)
	_, _, known = a.find("second")
	check.True(t, known)
	_, _, known = a.find("third")
	check.False(t, known)
	check.ErrorIs(t, a.close(), nil)
}

func TestArchiveIsNoOtherFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notes")
	check.ErrorIs(t, os.WriteFile(name, []byte("dear diary\nfoo"), 0o600), nil)
	_, err := openArchive(name)
	check.ErrorSays(t, err, "holds something else")
	data, err := os.ReadFile(name)
	check.ErrorIs(t, err, nil)
	check.Equal(t, "dear diary\nfoo", string(data), "left as it was")
}

// Rows that differ in anything that is played are different rows.
func TestKeyTellsRowsApart(t *testing.T) {
	s := section{title: "t", contestants: []contestant{{name: "a"}}}
	base := row{name: "r", share: 0.5, trials: 2, requests: 3}
	seen := map[string]bool{s.key(&base, 1): true, s.key(&base, 2): true}
	for _, change := range []func(*row){
		func(r *row) { r.name = "q" }, func(r *row) { r.share = 0.05 }, func(r *row) { r.trials++ },
		func(r *row) { r.requests++ }, func(r *row) { r.seeds++ }, func(r *row) { r.start++ },
	} {
		r := base
		change(&r)
		seen[s.key(&r, 1)] = true
	}
	s.contestants[0].name = "b"
	seen[s.key(&base, 1)] = true
	check.Equal(t, 9, len(seen))
}

func TestPageNeedsItsMarkers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.md")
	for _, text := range []string{"", pageBegin, pageEnd + pageBegin, pageBegin + "no end"} {
		check.ErrorIs(t, os.WriteFile(name, []byte(text), 0o600), nil)
		_, err := openPage(name)
		check.ErrorSays(t, err, "lacks the lines")
	}
}
