package main

import (
	"flag"
	"io"
	"testing"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/check"
)

func TestFlagsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"extra"}, "unexpected arguments"},
		{[]string{"-quick", "-nightly"}, "-quick and -nightly"},
		{[]string{"-json", "-markdown"}, "-markdown and -json"},
		{[]string{"-workers", "0"}, "-workers 0"},
		{[]string{"-rows", "("}, "-rows: error parsing"},
		{[]string{"-rows", "no such row"}, "matches no row"},
		{[]string{"-rows", "1% -> 100%", "-o", "/no/such/file"}, "-o: "},
		{[]string{"-rows", "1% -> 100%", "-keep", "/no/such/file"}, "-keep: "},
	} {
		check.ErrorSays(t, run(c.args, io.Discard, io.Discard), c.want)
	}
	_, err := parse([]string{"-workers", "0", "-json", "-markdown"}, io.Discard)
	check.ErrorSays(t, err, "-workers")
	check.ErrorSays(t, err, "-json") // all problems at once
	check.ErrorIs(t, run([]string{"-h"}, io.Discard, io.Discard), flag.ErrHelp)
}

func TestScales(t *testing.T) {
	o, err := parse(nil, io.Discard)
	check.ErrorIs(t, err, nil)
	check.Equal(t, quick, o.scale)
	o, err = parse([]string{"-nightly"}, io.Discard)
	check.ErrorIs(t, err, nil)
	check.Equal(t, nightly, o.scale)
}

// Rows are found and seeded by their names, and bars by the names of contestants.
func TestSuiteIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	known := map[string]bool{withRule: true, withoutRule: true}
	for _, l := range legend {
		known[l.name] = true
	}
	for _, s := range suite(quick) {
		sec := table{section: s}
		check.Below(t, 0, len(s.rows), "%s", s.title)
		for _, c := range s.contestants {
			check.True(t, known[c.name], "%s is not in the legend", c.name)
		}
		check.True(t, sec.contestants[0].mine, "%s", s.title)
		for i := range s.rows {
			r := &s.rows[i]
			check.False(t, seen[s.id(r)], "two rows %q", s.id(r))
			seen[s.id(r)] = true
			check.Equal(t, s.rows[0].equal, r.equal, "a table has one kind of cell")
			if r.scene == nil {
				check.Below(t, r.start, r.requests)
			}
			check.Below(t, 0, r.trials)
			for _, b := range r.bars {
				check.True(t, b.who == everyOurs || sec.place(b.who) >= 0, "%s", s.id(r))
				check.Below(t, 0, s.number+b.number, "%s", s.id(r))
			}
		}
	}
}
