package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

// Each moment, without a delay: what was found out before the kill is kept,
// what was not is found out again.
func TestKillOnce(t *testing.T) {
	s := newTestStage(t)
	for _, m := range moments() {
		t.Run(string(m), func(t *testing.T) {
			o, err := s.killOnce(t.Context(), kill{Moment: m, Calls: 2})
			if err != nil {
				t.Fatal(err)
			}
			if o.lost() || o.Kills != 1 {
				t.Errorf("%+v, want that nothing is lost", o)
			}
			if o.RolledBack != (o.Candidate == 0) {
				t.Errorf("%+v, want requests to the candidate unless it is out", o)
			}
			switch m {
			case beforeVerdict:
				if o.Moment != m || o.Acked || o.RolledBack {
					t.Errorf("%+v, want that the next process knows of nothing", o)
				}
			case afterSaid:
				if o.Moment != m || !o.Acked || !o.RolledBack {
					t.Errorf("%+v, want that it was acknowledged and is found", o)
				}
			case afterFirstSlot:
				if o.Moment != m || !o.RolledBack {
					t.Errorf("%+v, want that what one slot says is found", o)
				}
			}
		})
	}
}

func TestWhatIsLost(t *testing.T) {
	for _, tt := range []struct {
		outcome
		lost bool
	}{
		{outcome{Acked: true, RolledBack: true}, false},
		{outcome{Acked: false, RolledBack: true}, false},
		{outcome{Acked: false, RolledBack: false, Candidate: 9}, false},
		{outcome{Acked: true, RolledBack: false}, true},
		{outcome{Acked: true, RolledBack: false, Candidate: 9}, true},
		{outcome{Acked: true, RolledBack: true, Candidate: 1}, true},
		{outcome{Acked: false, RolledBack: true, Candidate: 1}, true},
	} {
		if tt.outcome.lost() != tt.lost {
			t.Errorf("%+v: lost is %v, want %v", tt.outcome, !tt.lost, tt.lost)
		}
	}
}

func TestReportKills(t *testing.T) {
	kept := outcome{Moment: afterSaid, Acked: true, RolledBack: true, Kills: 1}
	back := outcome{Moment: beforeVerdict, Kills: 1, Candidate: 11, Again: 1}
	lost := outcome{Moment: afterSaid, Acked: true, Kills: 1, Candidate: 5}
	for name, tt := range map[string]struct {
		all  []outcome
		fine bool
		want []string
	}{
		"none": {nil, true, []string{"0 rollbacks acknowledged, 0 lost\n"}},
		"kept": {[]outcome{kept, back, kept, back}, true, []string{
			"2 rollbacks acknowledged, 0 lost\n", "before the verdict  2      no            no         22          2\n",
			"once acknowledged   2      yes           yes        0           0\n",
		}},
		"lost": {[]outcome{kept, lost}, false, []string{"2 rollbacks acknowledged, 1 lost\n", "once acknowledged  1      yes           no         5           0\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out, complaints strings.Builder
			s := &stage{out: &out, timeline: screen.NewTimeline(&out, false)}
			err := s.reportKills(tt.all)
			if (err == nil) != tt.fine || err != nil && !errors.Is(err, errPromise) {
				t.Errorf("got %v", err)
			}
			if got := status(err, &complaints); (got == 0) != tt.fine {
				t.Errorf("exit status %d", got)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
			if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); !strings.HasSuffix(lines[len(lines)-1], "lost") {
				t.Errorf("ends with %q, want the count", lines[len(lines)-1])
			}
		})
	}
}

func TestDrawKillMeetsEveryMoment(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	seen := map[moment]int{}
	for range 400 {
		k := drawKill(rng)
		seen[k.Moment]++
		if k.Calls < 1 || k.Calls > mostCalls || k.Delay < 0 || k.Delay > latestDelay {
			t.Fatalf("%+v", k)
		}
	}
	for _, m := range moments() {
		if seen[m] < 60 {
			t.Errorf("%q is drawn %d times in 400", m, seen[m])
		}
	}
}

// Without a process: what the killer does at which moment.
func TestTheKillerWaitsForItsMoment(t *testing.T) {
	for _, planned := range moments() {
		for _, comes := range moments() {
			var reports []report
			dead := 0
			k := newKiller(order{Kill: kill{Moment: planned, Delay: time.Microsecond}}, func(r report) { reports = append(reports, r) })
			k.die = func() { dead++ }
			k.at(comes)
			k.at(comes)
			want := 0
			if planned == comes {
				want = 1
			}
			if dead != want || len(reports) != want {
				t.Errorf("planned %q, at %q: died %d times with %d reports, want %d", planned, comes, dead, len(reports), want)
			}
		}
	}
}

func TestTheKillerSaysWhetherTheRollbackWasAcknowledged(t *testing.T) {
	var reports []report
	k := newKiller(order{Kill: kill{Moment: afterSaid}}, func(r report) { reports = append(reports, r) })
	k.die = func() {}
	k.said()
	k = newKiller(order{Kill: kill{Moment: afterVerdict}}, func(r report) { reports = append(reports, r) })
	k.die = func() {}
	k.at(afterVerdict)
	if len(reports) != 2 || !reports[0].Acked || reports[1].Acked {
		t.Errorf("got %+v, want acknowledged, then not", reports)
	}
}

func TestNothingIsKilledAfterTheEnd(t *testing.T) {
	s := newTestStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.killOnce(ctx, kill{Moment: afterSaid}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
