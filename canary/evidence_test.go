//go:build !race

package canary

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// every is how many requests there are between two steps of the keeper, and between two restarts at least.
const every = 50

// allSignals are criteria on everything that a life may be remembered by, but for what takes time.
func allSignals(cfg *Config[question, answer]) {
	cfg.Store = rollback.NewMemory()
	cfg.FailureClass = func(err error) string { return err.Error() }
	cfg.Signals = Signals[question, answer]{
		Numbers: Numbers[question, answer]{"score": func(_ question, a answer) float64 { return a.score }},
		Labels:  Labels[question, answer]{"class": func(_ question, a answer) string { return a.class }},
		Validate: func(_ question, a answer) error {
			if a.score == 0 {
				return errHarm
			}
			return nil
		},
	}
	cfg.Criteria = []criteria.Criterion{
		criteria.ErrorRate{Tolerance: criteria.Strict}, criteria.Distribution{Signal: "score"}, criteria.Categories{Signal: "class"},
		criteria.FailureModes{}, criteria.InvalidRate{},
	}
}

// seen is all that the evidence has come to.
type seen struct {
	logE, routing float64
	verdicts      []string
	counted       [2]uint64
	testified     uint64
	sessions      int
	blind         string
	step          keeper.Reason
	carved        int
	held          string
}

func look(tr *trial) seen {
	k := tr.c.present().keeper.Snapshot()
	s := seen{
		logE: k.LogE, routing: k.RoutingLogE, testified: k.Testified, sessions: k.Sessions, blind: k.Blind, step: k.Plan.Reason, carved: len(k.Carved), held: k.State.Hold.Cause.Reason,
		counted: [2]uint64{k.Arms[0].Counted, k.Arms[1].Counted},
	}
	for _, v := range k.Verdicts {
		s.verdicts = append(s.verdicts, fmt.Sprintf("%s %v %v %d %d", v.Name, v.Result, v.LogE, v.Stable.Calls, v.Candidate.Calls))
	}
	return s
}

// story is a run of requests that is told at once, and with restarts in between.
type story struct {
	name     string
	change   func(*Config[question, answer])
	percents []float64 // one after the other, over all requests
	harm     float64   // of the candidate, beside the users' own
	victims  string    // the candidate fails users with this suffix
	labels   int       // texts, ever more of them
	shows    func(seen) bool
	keyless  bool // without a Key; which arm a request meets can be told beforehand all the same
}

const told = 6000 // requests of a story

func (s story) tell(t *testing.T, restarts []int) seen {
	t.Helper()
	percents := s.percents
	if percents == nil {
		percents = []float64{20}
	}
	set := setup{percent: percents[0], every: every, change: func(cfg *Config[question, answer]) {
		allSignals(cfg)
		if s.change != nil {
			s.change(cfg)
		}
	}}
	if s.keyless {
		set = set.withoutKeys()
	}
	tr := newTrial(5, set)
	p := newPeople(tr, 3000)
	for i := range told {
		if phase := told / len(percents); i > 0 && i%phase == 0 {
			must(tr.flags.Set(rollout, percents[i/phase]))
			tr.await(percents[i/phase] / 100)
		}
		if i%350 == 0 {
			tr.step(5 * time.Second) // nobody asks
		}
		if len(restarts) > 0 && restarts[0] == i {
			restarts = restarts[1:]
			tr.restart()
		}
		in := p.suffering(s.harm)
		if s.victims != "" && strings.HasSuffix(in.user, s.victims) {
			in.harm[Candidate] = true
		}
		in.answer = answer{score: float64(i%17) / 17, class: strconv.Itoa(tr.rng.IntN(1 + i*s.labels/told))}
		tr.ask(in)
	}
	defer tr.close()
	return look(tr)
}

// A life that is interrupted says the same, to the last bit, as one that is not.
func TestRestartsChangeNothing(t *testing.T) {
	for _, s := range []story{
		{name: "with keys"},
		{name: "without keys", keyless: true},
		{name: "a ramp", percents: []float64{1, 5, 20, 50}},
		{name: "up and down", percents: []float64{20, 50, 5, 60, 0, 20}},
		{name: "labels that come late", labels: 40},
		{name: "more labels than have an id", labels: 600},
		{name: "slices", change: bySlices, harm: 0.02},
		{name: "a slice that is carved out", victims: "a", percents: []float64{50}, shows: func(s seen) bool { return s.carved > 0 && s.step == keeper.Split }, change: func(cfg *Config[question, answer]) {
			bySlices(cfg)
			cfg.SliceAction = criteria.CarveOut
		}},
		{name: "a sentinel", change: func(cfg *Config[question, answer]) { cfg.Sentinel = 0.1 }},
		{name: "sessions", shows: func(s seen) bool { return s.sessions > 100 }, percents: []float64{20, 50}, change: func(cfg *Config[question, answer]) {
			cfg.Criteria = append(cfg.Criteria, criteria.SessionErrorRate{})
		}},
		{name: "a hold", harm: 0.2, shows: func(s seen) bool { return s.held != "" }, change: func(cfg *Config[question, answer]) {
			cfg.Criteria[0] = criteria.ErrorRate{Role: criteria.Hold}
		}},
		{name: "a bad candidate", harm: 0.3, shows: func(s seen) bool { return s.step == keeper.RolledBack }},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			once := s.tell(t, nil)
			require.Positive(t, once.counted[Candidate])
			require.True(t, s.shows == nil || s.shows(once), "it is the story that was to be told: %+v", once)
			for _, restarts := range [][]int{{2800}, {every}, {950, 1050, 2450, 4050, 4900, 5600, told - every}} {
				require.Equal(t, once, s.tell(t, restarts), "%v", restarts)
			}
		})
	}
}

// withoutKeys is the setup without a Key. Every request is a unit, and a seed plays the same run again all the same.
func (s setup) withoutKeys() setup {
	change, n := s.change, 0
	s.change = func(cfg *Config[question, answer]) {
		change(cfg)
		cfg.Key = nil
	}
	s.alter = func(c *Canary[question, answer]) {
		c.present().gate.keyed = true
		c.present().key = func(_ context.Context, in question) string { n++; return in.user + "/" + strconv.Itoa(n) }
	}
	return s
}

func bySlices(cfg *Config[question, answer]) {
	cfg.Signals.Slices = Slices[question]{
		"last":   func(in question) string { return in.user[len(in.user)-1:] },
		"length": func(in question) string { return strconv.Itoa(len(in.user)) },
	}
}

// What the documentation says of the size: a canary on six criteria, with so many units and, without keys, with so many requests.
func TestSizeOfEvidence(t *testing.T) {
	for _, c := range []struct {
		users, requests int
		keyless, slices bool
		want            float64 // kilobytes
	}{
		{users: 1000, requests: 20_000, want: 14},
		{users: 10_000, requests: 50_000, want: 37},
		{users: 10_000, requests: 50_000, slices: true, want: 127},
		{users: 10_000, requests: 50_000, keyless: true, want: 8},
	} {
		set := setup{percent: 20, every: every, change: func(cfg *Config[question, answer]) {
			allSignals(cfg)
			if c.slices {
				bySlices(cfg)
			}
		}}
		if c.keyless {
			set = set.withoutKeys()
		}
		tr := newTrial(5, set)
		p := newPeople(tr, c.users)
		for range c.requests {
			in := p.next([2]float64{1, 1})
			in.answer.class = strconv.Itoa(tr.rng.IntN(10))
			tr.ask(in)
		}
		tr.close()
		_, data, err := tr.cfg.Store.(rollback.EvidenceStore).LoadEvidence(t.Context())
		require.NoError(t, err)
		require.InEpsilon(t, c.want, float64(len(data))/1000, 0.2, "%+v: %d bytes", c, len(data))
	}
}
