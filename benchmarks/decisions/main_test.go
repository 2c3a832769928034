package main

import (
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
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
	} {
		require.ErrorContains(t, run(c.args, io.Discard, io.Discard), c.want)
	}
	_, err := parse([]string{"-workers", "0", "-json", "-markdown"}, io.Discard)
	require.ErrorContains(t, err, "-workers")
	require.ErrorContains(t, err, "-json", "all problems at once")
	require.ErrorIs(t, run([]string{"-h"}, io.Discard, io.Discard), flag.ErrHelp)
}

func TestScales(t *testing.T) {
	o, err := parse(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, quick, o.scale)
	o, err = parse([]string{"-nightly"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, nightly, o.scale)
}

// Rows are found and seeded by their names, and bars by the names of contestants.
func TestSuiteIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	known := map[string]bool{}
	for _, l := range legend {
		known[l.name] = true
	}
	for _, s := range suite(quick) {
		sec := table{section: s}
		require.NotEmpty(t, s.rows, s.title)
		require.GreaterOrEqual(t, sec.place(ours), 0)
		for i := range s.rows {
			r := &s.rows[i]
			require.False(t, seen[s.id(r)], "two rows %q", s.id(r))
			seen[s.id(r)] = true
			require.Equal(t, s.rows[0].equal, r.equal, "a table has one kind of cell")
			require.Less(t, r.start, r.requests)
			require.Positive(t, r.trials)
			for _, b := range r.bars {
				require.GreaterOrEqual(t, sec.place(b.who), 0, s.id(r))
			}
		}
	}
}
