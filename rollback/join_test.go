package rollback

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// anyState draws from few values, so that ties and conflicts are common, garbage included.
func anyState(r *rand.Rand) State {
	versions := []string{"", "v1", "v2", "v3"}
	shares := []float64{0, 0.25, 0.5, 1, -1, 2, math.NaN(), math.Inf(1)}
	s := State{
		Epoch:        r.Uint64N(4),
		Version:      versions[r.IntN(len(versions))],
		Stage:        Stage(r.IntN(7)),
		HighestShare: shares[r.IntN(len(shares))],
		Cause:        anyCause(r),
		Revision:     r.Uint64N(3),

		Turn: r.Uint64N(3), Step: shares[r.IntN(len(shares))], Approved: r.IntN(2) == 0,
		Hold:      Hold{Share: shares[r.IntN(len(shares))], Cause: anyCause(r)},
		Beacon:    Beacon{Lit: r.Uint64N(5), Out: r.Uint64N(5)},
		Incumbent: r.Uint64N(2),
	}
	bars := r.IntN(3)
	if r.IntN(20) == 0 {
		bars = MaxBarred + r.IntN(20) // the bound must not break the laws
	}
	for range bars {
		s.Barred = append(s.Barred, Bar{Epoch: r.Uint64N(200), Version: r.Uint64N(300)})
	}
	return s
}

func anyCause(r *rand.Rand) Cause {
	texts := []string{"", "a", "b"}
	c := Cause{Reason: texts[r.IntN(3)], Actor: texts[r.IntN(3)]}
	if r.IntN(2) == 0 {
		c.At = time.Unix(int64(r.IntN(3)), 0).In(time.FixedZone("", r.IntN(3)*3600))
	}
	return c
}

func requireSame(t *testing.T, want, got State, about ...any) {
	t.Helper()
	require.True(t, want.Equal(got) && want.Revision == got.Revision, "want %+v\ngot  %+v\nfrom %+v", want, got, about)
}

func TestJoinLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		a, b, c := anyState(r), anyState(r), anyState(r)
		requireSame(t, a.Join(b), b.Join(a), a, b)
		requireSame(t, a.Join(b).Join(c), a.Join(b.Join(c)), a, b, c)
		requireSame(t, a.normal(), a.Join(a), a)
		requireSame(t, a.Join(b), a.Join(b).Join(b), a, b)
		requireSame(t, a.Join(b), a.Join(b).normal(), a, b)
	}
}

func TestJoinNeverLosesARollback(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		a, b := anyState(r), anyState(r)
		joined := a.Join(b)
		require.Equal(t, max(a.Epoch, b.Epoch), joined.Epoch)
		for _, s := range []State{a, b} {
			if s.Tripped() && s.Epoch == joined.Epoch {
				require.True(t, joined.Tripped(), "%+v\n%+v", a, b)
			}
			if s.Epoch == joined.Epoch && !joined.Tripped() {
				require.GreaterOrEqual(t, joined.HighestShare, normalShare(s.HighestShare))
			}
			roomy := len(a.Barred)+len(b.Barred) < MaxBarred-2
			if roomy && s.Tripped() && s.Version != "" && s.Version != joined.Version {
				require.True(t, joined.RolledBack(s.Version), "%+v\n%+v", a, b)
			}
		}
	}
}

func TestJoinWithTheZeroStateChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2_000 {
		s := anyState(r)
		if s.Epoch != 0 {
			requireSame(t, s.normal(), s.Join(State{}), s)
		}
	}
}

func TestJoinPicks(t *testing.T) {
	start := State{}.Next("v1")
	early, late := breach, breach
	late.At = late.At.Add(time.Hour)
	for _, c := range []struct {
		name       string
		a, b, want State
	}{
		{"the higher epoch over an older rollback", start.RollBack(breach), start.RollBack(breach).Next("v2"), start.RollBack(breach).Next("v2")},
		{"the bars of the older epoch", start.RollBack(breach), start.Next("v2"), start.RollBack(breach).Next("v2")},
		{"the rollback", start.Expose(0.5), start.RollBack(breach), start.Expose(0.5).RollBack(breach)},
		{"the higher share", start.Expose(0.5), start.Expose(0.25), start.Expose(0.5)},
		{"the share of the higher epoch", start.Expose(0.5), start.Next("v2").Expose(0.1), start.Next("v2").Expose(0.1)},
		{"the earlier cause", start.RollBack(late), start.RollBack(early), start.RollBack(early)},
		{"a cause over none", start.RollBack(Cause{}), start.RollBack(late), start.RollBack(late)},
		{"the later turn", onStep(start, 0.25), start.Expose(0.5), onStep(start, 0.25).Expose(0.5)},
		{"the lower of two steps of one turn", onStep(start, 0.25), onStep(start, 0.5), onStep(start, 0.25)},
		{"the hold of one turn", onHold(start, 0.25), onStep(start, 0), onHold(start, 0.25)},
		{"the lower hold of one turn", onHold(start, 0.25), onHold(start, 0.5), onHold(start, 0.25)},
		{"what is not approved", onStep(start, 0), onApproval(start), onStep(start, 0)},
		{"what is not finished", onStep(start, 0), finished(start), onStep(start, 0)},
		{"finished in a later turn", start.Expose(1), finished(start), finished(start).Expose(1)},
		{"the rollback over what is finished", start.RollBack(breach), finished(start), start.RollBack(breach)},
		{"the higher counts of the beacon", lit(start, 3, 1), lit(start, 2, 2), lit(start, 3, 2)},
		{"the beacon of the higher epoch", lit(start, 3, 1), start.Next("v2"), start.Next("v2")},
		{"the version that was rolled back", State{}.Next("v9"), start.RollBack(breach), start.RollBack(breach)},
		{"the greater of two versions", State{}.Next("v9"), start, State{}.Next("v9")},
	} {
		requireSame(t, c.want, c.a.Join(c.b), c.name)
		requireSame(t, c.want, c.b.Join(c.a), c.name)
	}
}

func TestJoinOfTwoRollbacksInOneEpochBarsBothVersions(t *testing.T) {
	joined := State{}.Next("v1").RollBack(breach).Join(State{}.Next("v2").RollBack(breach))
	require.True(t, joined.RolledBack("v1"))
	require.True(t, joined.RolledBack("v2"))
}

func onStep(s State, share float64) State {
	s.Step, s.Turn = share, s.Turn+1
	return s.normal()
}

func onHold(s State, share float64) State {
	s.Hold, s.Turn = Hold{Cause: breach, Share: share}, s.Turn+1
	return s.normal()
}

func onApproval(s State) State {
	s.Approved, s.Turn = true, s.Turn+1
	return s.normal()
}

func finished(s State) State {
	s.Stage, s.Turn = Finished, s.Turn+1
	return s.normal()
}

func lit(s State, on, out uint64) State {
	s.Beacon = Beacon{Lit: on, Out: out}
	return s.normal()
}
