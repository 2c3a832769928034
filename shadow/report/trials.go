package report

import (
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// A trialKey is what must not be averaged over.
type trialKey struct {
	canary            string
	epoch             uint64
	stable, candidate string
}

// maxTrials is how many trials are told apart, and maxNamed how many of them are named.
const (
	maxTrials = 1024
	maxNamed  = 20
)

// trials tells the trials of the logs apart and sums up the one that began last. That is known as soon as a record of it comes: what was summed up of another
// one before is then given up.
type trials struct {
	cfg      Config
	chosen   *tally
	key      trialKey // of chosen, if picked
	picked   bool
	seen     map[trialKey]*Trial
	order    []*Trial
	unlisted int64
}

func newTrials(cfg Config) *trials {
	return &trials{cfg: cfg, seen: map[trialKey]*Trial{}, chosen: newTally(cfg)}
}

func (t *trials) add(r *pairlog.Record, at place) {
	key := trialKey{clip(r.Canary, maxName), r.Epoch, clip(r.Stable.Version, maxName), clip(r.Candidate.Version, maxName)}
	if t.picked && key == t.key {
		t.count(t.seen[key], r.Time)
		t.chosen.add(r, at)
		return
	}
	if trial := t.seen[key]; trial != nil {
		t.count(trial, r.Time)
		return
	}
	if len(t.order) == maxTrials {
		t.unlisted++
		return
	}
	trial := t.begin(key)
	t.count(trial, r.Time)
	if t.newer(key) {
		t.key, t.picked, t.chosen = key, true, newTally(t.cfg)
		t.chosen.add(r, at)
	}
}

func (t *trials) begin(key trialKey) *Trial {
	trial := &Trial{Canary: key.canary, Epoch: key.epoch, Stable: key.stable, Candidate: key.candidate}
	t.seen[key] = trial
	t.order = append(t.order, trial)
	return trial
}

func (t *trials) count(trial *Trial, at time.Time) {
	trial.Pairs++
	if trial.First.IsZero() || at.Before(trial.First) {
		trial.First = at
	}
	if at.After(trial.Last) {
		trial.Last = at
	}
}

// newer reports whether a trial that was not met before takes the place of the one that is summed up: not an earlier epoch of the same canary.
func (t *trials) newer(key trialKey) bool {
	if !t.wanted(key) {
		return false
	}
	return !t.picked || key.canary != t.key.canary || key.epoch >= t.key.epoch
}

func (t *trials) wanted(key trialKey) bool {
	return (t.cfg.Canary == "" || t.cfg.Canary == key.canary) && (t.cfg.Epoch == 0 || t.cfg.Epoch == key.epoch) &&
		(t.cfg.Candidate == "" || t.cfg.Candidate == key.candidate)
}

// trial is the one that was summed up.
func (t *trials) trial() Trial {
	if !t.picked {
		return Trial{}
	}
	return *t.seen[t.key]
}

// others are the trials that were not summed up, the largest first, and how many pairs are of none that is listed.
func (t *trials) others() (named []Trial, unlisted int64) {
	for key, trial := range t.seen {
		if !t.picked || key != t.key {
			named = append(named, *trial)
		}
	}
	slices.SortFunc(named, compareTrials)
	unlisted = t.unlisted
	for len(named) > maxNamed {
		unlisted += named[len(named)-1].Pairs
		named = named[:len(named)-1]
	}
	return named, unlisted
}
