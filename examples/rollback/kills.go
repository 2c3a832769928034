package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
	"github.com/modelcanary/go-sdk/rollback"
)

const (
	latestDelay = 3 * time.Millisecond // after a moment; most come much earlier
	mostCalls   = 8                    // of a candidate before a kill that comes before the verdict
	afterKill   = 1_000                // requests to the process that follows, at least
)

// outcome is what became of one kill, or of several with the same fate.
type outcome struct {
	Moment     moment
	Acked      bool // the rollback was acknowledged before the kill
	RolledBack bool // the next process has found it
	Kills      int
	Candidate  int // requests that the next process gave to the candidate
	Again      int // next processes that rolled back themselves
}

// lost reports whether the kill has broken the promise: it took back what was
// acknowledged, or let a candidate have requests that was found out.
func (o outcome) lost() bool {
	return o.Acked && !o.RolledBack || o.RolledBack && o.Candidate > 0
}

// killAtRandom is part 3: the same at random moments, from before the verdict
// to after the acknowledgement.
func (s *stage) killAtRandom(ctx context.Context) error {
	s.timeline.Heading(fmt.Sprintf("3. %s at random moments around the rollback", screen.Plural(s.kills, "kill")))
	rng := rand.New(rand.NewPCG(s.seed, 3))
	var all []outcome
	for i := range s.kills {
		o, err := s.killOnce(ctx, drawKill(rng))
		if err != nil {
			return err
		}
		all = append(all, o)
		s.timeline.Progress(i+1, s.kills, screen.Plural(i+1, "kill"))
	}
	s.timeline.Say("system", "%s were killed, and as many started after them", screen.Grouped(s.kills))
	return s.reportKills(all)
}

// drawKill draws one of the moments, and how long after it.
func drawKill(rng *rand.Rand) kill {
	all := moments()
	return kill{
		Moment: all[rng.IntN(len(all))],
		Calls:  1 + rng.IntN(mostCalls),
		Delay:  time.Duration(math.Pow(rng.Float64(), 4) * float64(latestDelay)),
	}
}

// killOnce lets a process kill itself and starts the next one with what it
// has left.
func (s *stage) killOnce(ctx context.Context, k kill) (outcome, error) {
	const name = "kills"
	first := s.order(name, worseVersion)
	first.Verdict, first.Requests, first.Kill = true, glance, k
	killed, err := s.liveJudged(ctx, first)
	if err != nil {
		return outcome{}, err
	}
	at, ok := killed.find(killing)
	if !ok {
		return outcome{}, fmt.Errorf("rollback: a process that was to be killed %s was not: %s", k.Moment, killed.Exit)
	}
	next := s.order(name, worseVersion)
	next.Verdict, next.Requests = true, afterKill
	after, err := live(ctx, next)
	if err != nil {
		return outcome{}, err
	}
	total, err := after.whole()
	if err != nil {
		return outcome{}, err
	}
	o := outcome{Moment: moment(at.Text), Acked: killed.acked(), Kills: 1, Candidate: total.Candidate}
	found, _ := after.find(started)
	o.RolledBack = found.State != nil && found.State.Stage == rollback.RolledBack
	if _, ok := after.find(tripped); ok {
		o.Again = 1
	}
	return o, os.Remove(s.path(name))
}

// liveJudged is live with a new state file, again where the candidate could not
// be judged.
func (s *stage) liveJudged(ctx context.Context, o order) (life, error) {
	for {
		l, err := live(ctx, o)
		if err != nil || !l.unjudged() {
			return l, err
		}
		if err := os.Remove(o.State); err != nil {
			return l, err
		}
	}
}

// reportKills prints a line for each fate, and the two numbers that matter.
func (s *stage) reportKills(all []outcome) error {
	rows := [][]string{{"killed", "kills", "acknowledged", "found (1)", "served (2)", "out again"}}
	acked, lost := 0, 0
	for _, o := range grouped(all) {
		rows = append(rows, []string{
			string(o.Moment), screen.Grouped(o.Kills), yes(o.Acked), yes(o.RolledBack), screen.Grouped(o.Candidate), screen.Grouped(o.Again),
		})
		if o.Acked {
			acked += o.Kills
		}
		if o.lost() {
			lost += o.Kills
		}
	}
	if err := screen.WriteTable(s.out, rows); err != nil {
		return err
	}
	notes := []string{
		screen.Hang("  (1) ", "by the next process, which gets the same file and the flag at 100 %"),
		screen.Hang("  (2) ", "by the candidate in the next process, in all kills together"),
		"",
		screen.Hang("  ", "A rollback that nobody was told of may be missing after the kill. Then the candidate comes back, and the canary rolls it back again."),
		fmt.Sprintf("  %s acknowledged, %d lost", screen.Plural(acked, "rollback"), lost),
	}
	_, err := fmt.Fprintln(s.out, "\n"+strings.Join(notes, "\n"))
	if err == nil && lost > 0 {
		return broken("%d of %d kills have lost a rollback", lost, len(all))
	}
	return err
}

// grouped puts outcomes with the same fate together, in the order of their
// moments.
func grouped(all []outcome) []outcome {
	type fate struct {
		moment            moment
		acked, rolledBack bool
		lost              bool
	}
	sums := map[fate]outcome{}
	for _, o := range all {
		f := fate{o.Moment, o.Acked, o.RolledBack, o.lost()}
		sum := sums[f]
		o.Kills += sum.Kills
		o.Candidate += sum.Candidate
		o.Again += sum.Again
		sums[f] = o
	}
	var groups []outcome
	for _, o := range sums {
		groups = append(groups, o)
	}
	order := moments()
	slices.SortFunc(groups, func(a, b outcome) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Moment), slices.Index(order, b.Moment)), cmp.Compare(yes(a.Acked), yes(b.Acked)), cmp.Compare(yes(a.RolledBack), yes(b.RolledBack)))
	})
	return groups
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
