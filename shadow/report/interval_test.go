package report_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/shadow/report"
)

// The intervals of Newcombe 1998, Statist. Med. 17, 857-872, table I, method 3.
func TestRateHasTheIntervalsOfTheLiterature(t *testing.T) {
	for _, c := range []struct {
		count, of    int64
		lower, upper float64
	}{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0, 0.1611},
		{1, 29, 0.0061, 0.1718},
		{29, 29, 0.8830, 1},
		{0, 0, 0, 1},
	} {
		got := report.RateOf(c.count, c.of)
		require.InDelta(t, c.lower, got.Lower, 5e-5, "%d of %d", c.count, c.of)
		require.InDelta(t, c.upper, got.Upper, 5e-5, "%d of %d", c.count, c.of)
	}
}

// Newcombe 1998, Statist. Med. 17, 2635-2650, method 10; and the airway example of Fagerland, Lydersen, Laake, Statist. Med. 33, 2014.
func TestExcessHasTheIntervalsOfTheLiterature(t *testing.T) {
	for _, c := range []struct {
		both, first, second, neither int64
		excess, lower, upper         float64
	}{
		{36, 12, 2, 0, 0.2, 0.0569, 0.3404},
		{1, 1, 7, 12, -0.2857, -0.507, -0.026},
		{0, 0, 0, 0, 0, -1, 1},
	} {
		got := report.PairedExcess(c.both, c.first, c.second, c.neither)
		require.InDelta(t, c.excess, got.Excess, 5e-5)
		require.InDelta(t, c.lower, got.Lower, 5e-4)
		require.InDelta(t, c.upper, got.Upper, 5e-4)
	}
}

func TestExcessTurnsRoundWithItsArms(t *testing.T) {
	for _, n := range [][4]int64{{5, 9, 2, 80}, {0, 1, 0, 3}, {0, 0, 0, 50}, {50, 0, 0, 0}, {1000, 30, 31, 100000}} {
		a, b := report.PairedExcess(n[0], n[1], n[2], n[3]), report.PairedExcess(n[0], n[2], n[1], n[3])
		require.InDelta(t, a.Lower, -b.Upper, 1e-12)
		require.InDelta(t, a.Upper, -b.Lower, 1e-12)
		require.LessOrEqual(t, a.Lower, a.Excess)
		require.GreaterOrEqual(t, a.Upper, a.Excess)
		require.False(t, math.IsNaN(a.Lower) || math.IsNaN(a.Upper))
	}
}

// Newcombe 1998, Statist. Med. 17, 873-890, table II, method 10.
func TestGapHasTheLowerBoundsOfTheLiterature(t *testing.T) {
	for _, c := range []struct {
		a, n, b, m int64
		lower      float64
	}{{56, 70, 48, 80, 0.0524}, {9, 10, 3, 10, 0.1705}, {6, 7, 2, 7, 0.0582}, {5, 56, 0, 29, -0.0381}} {
		require.InDelta(t, c.lower, report.GapLower(report.RateOf(c.a, c.n), report.RateOf(c.b, c.m)), 5e-5)
	}
}
