package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

const (
	// foldPairs is after how many pairs the judge is asked.
	foldPairs = 25
	// verdictFolds is after how many folds single criteria are.
	verdictFolds = 40
)

// A replay hands pairs to a judge.
type replay struct {
	criteria   []criteria.Criterion
	skipped    []Skipped
	dimensions []string
	texts      replayTexts

	judge    *criteria.Judge // nil: nothing can be judged
	evidence *criteria.Evidence
	numbers  []string
	labels   []string
	checks   []string

	observation criteria.Observation
	pair        criteria.Pair

	at      Moment
	begin   time.Time
	awake   time.Duration
	waiting int // pairs that were not folded
	folds   int
	ruling  criteria.Ruling
	failed  map[int]*Moment

	rolled, held         *Moment
	culprit, holdCulprit string
}

func newReplay(cfg Config, dimensions []string) (*replay, error) {
	p := &replay{dimensions: dimensions[:min(len(dimensions), criteria.MaxDimensions)], failed: map[int]*Moment{}}
	for _, c := range cfg.Criteria {
		if why := notInALog(c); why != "" {
			p.skipped = append(p.skipped, Skipped{c.Name(), why})
			continue
		}
		p.criteria = append(p.criteria, c)
		p.declare(c)
	}
	if len(p.criteria) == 0 {
		return p, nil
	}
	p.texts = newReplayTexts(len(p.labels), len(p.dimensions))
	judge, err := criteria.NewJudge(criteria.Config{
		Criteria: p.criteria, Alpha: cfg.Alpha, Beta: cfg.Beta,
		Numbers: p.numbers, Labels: p.labels, Checks: p.checks, Slices: p.dimensions,
		LabelText: p.texts.label, ClassText: p.texts.class, SliceText: p.texts.slice,
	})
	if err != nil {
		return nil, fmt.Errorf("report: criteria: %w", err)
	}
	p.judge, p.evidence = judge, judge.NewEvidence()
	var shares [criteria.NumStrata]float64
	shares[criteria.Fresh] = 0.5
	judge.BeginStep(shares)
	return p, nil
}

// notInALog says why a criterion cannot be judged on pairs; empty if it can.
func notInALog(c criteria.Criterion) string {
	switch c.(type) {
	case criteria.Latency, criteria.LatencyObjective, criteria.TimeoutRate:
		return "shadows run in quiet moments, so how long they take decides nothing"
	case criteria.CancelRate:
		return "nobody waits for a shadow, so nobody leaves it"
	case criteria.SessionErrorRate:
		return "a pair log does not say whose requests belong together"
	case criteria.InvalidRate:
		return "a pair log does not say which answers were invalid"
	}
	return ""
}

// declare notes the signal that a criterion reads.
func (p *replay) declare(c criteria.Criterion) {
	note := func(names *[]string, name string) {
		if !slices.Contains(*names, name) {
			*names = append(*names, name)
		}
	}
	switch c := c.(type) {
	case criteria.Distribution:
		note(&p.numbers, c.Signal)
	case criteria.Mean:
		note(&p.numbers, c.Signal)
	case criteria.Difference:
		note(&p.numbers, c.Signal)
	case criteria.Categories:
		note(&p.labels, c.Signal)
	case criteria.Rate:
		note(&p.checks, c.Signal)
	}
}

// rejudge hands one record over, to a replay that knows the dimensions of the first.
func (t *tally) rejudge(r *pairlog.Record, at place) {
	if t.replay == nil {
		p, err := newReplay(t.cfg, t.slices.sorted())
		if err != nil {
			p = &replay{skipped: []Skipped{{Name: "all", Why: err.Error()}}} // Read has proven it without dimensions
		}
		p.begin = r.Time
		t.replay = p
	}
	if t.replay.judge != nil {
		t.replay.add(r, Moment{t.pairs, inUTC(r.Time), at.file, at.line}, t.examples.hash)
	}
}

func (p *replay) add(r *pairlog.Record, at Moment, coin uint64) {
	p.at, p.awake = at, max(p.awake, r.Time.Sub(p.begin))
	p.observation.Slices = p.cells(p.observation.Slices[:0], r.Slices)
	p.observePair(r)
	if coin&1 == 1 {
		p.observe(criteria.Fresh, criteria.Candidate, &r.Candidate, &r.Stable)
	} else {
		p.observe(criteria.Fresh, criteria.Stable, &r.Stable, nil)
		p.observe(criteria.Uncounted, criteria.Candidate, &r.Candidate, &r.Stable) // for the backstop alone
	}
	if p.waiting++; p.waiting == foldPairs {
		p.fold()
	}
}

func (p *replay) observePair(r *pairlog.Record) {
	differences := p.pair.Differences[:0]
	for _, name := range p.numbers {
		x, stable := r.Stable.Numbers[name]
		y, candidate := r.Candidate.Numbers[name]
		d := y - x
		if !stable || !candidate {
			d = math.NaN()
		}
		differences = append(differences, d)
	}
	p.pair = criteria.Pair{Differs: r.Differs, Rerun: r.Rerun != nil, RerunDiffers: r.RerunDiffers, Differences: differences, Slices: p.observation.Slices}
	p.evidence.ObservePair(&p.pair)
}

// observe counts one answer. Instead is stable's, for the candidate's.
func (p *replay) observe(s criteria.Stratum, arm criteria.Arm, a, instead *pairlog.Answer) {
	o := &p.observation
	o.Arm, o.Outcome, o.Latency, o.Class = arm, outcomeOf(a), -1, criteria.MaxLabels
	o.Answered = instead != nil && o.Outcome != criteria.Fine && instead.Outcome == answered
	o.Missing, o.Checks, o.Unchecked = 0, 0, 0
	o.Numbers, o.Labels = o.Numbers[:0], o.Labels[:0]
	if a.Class != "" {
		o.Class = p.texts.classes.id(a.Class)
	}
	for i, name := range p.numbers {
		x, ok := a.Numbers[name]
		if !ok {
			o.Missing |= 1 << i
		}
		o.Numbers = append(o.Numbers, x)
	}
	for i, name := range p.labels {
		text, ok := a.Labels[name]
		if !ok {
			o.Missing |= 1 << (32 + i)
			o.Labels = append(o.Labels, criteria.MaxLabels)
			continue
		}
		o.Labels = append(o.Labels, p.texts.labels[i].id(text))
	}
	for i, name := range p.checks {
		if yes, ok := a.Checks[name]; !ok {
			o.Unchecked |= 1 << i
		} else if yes {
			o.Checks |= 1 << i
		}
	}
	p.evidence.Observe(s, o)
}

func outcomeOf(a *pairlog.Answer) criteria.Outcome {
	switch a.Outcome {
	case answered:
		return criteria.Fine
	case "timeout":
		return criteria.TimedOut
	}
	return criteria.Failed
}

func (p *replay) cells(cells []uint8, in map[string]string) []uint8 {
	for i, name := range p.dimensions {
		cell := uint8(criteria.SliceCells)
		if value, ok := in[name]; ok {
			cell = p.texts.slices[i].cell(value)
		}
		cells = append(cells, cell)
	}
	return cells
}

func (p *replay) fold() {
	before := p.ruling
	p.ruling = p.judge.Fold(p.evidence, p.awake)
	p.evidence.Reset()
	p.waiting = 0
	p.folds++
	at := p.at
	if p.ruling.RollBack && p.rolled == nil {
		p.rolled, p.culprit = &at, p.ruling.Culprit // another group may have another one later
	}
	if p.ruling.Hold && p.held == nil {
		p.held, p.holdCulprit = &at, p.ruling.HoldCulprit
	}
	if p.folds%verdictFolds == 0 || before.RollBack != p.ruling.RollBack || before.Hold != p.ruling.Hold {
		p.note(p.judge.Verdicts())
	}
}

// note remembers which criteria have failed for the first time.
func (p *replay) note(verdicts []criteria.Verdict) {
	at := p.at
	for i, v := range verdicts {
		if v.Result == criteria.Fail && p.failed[i] == nil {
			p.failed[i] = &at
		}
	}
}

func (p *replay) judgement() *Judgement {
	j := &Judgement{Skipped: p.skipped, Dimensions: p.dimensions, RolledBack: p.rolled, Held: p.held}
	if p.judge == nil {
		return j
	}
	p.fold()
	verdicts, promotion := p.judge.Verdicts(), p.judge.Promotion()
	p.note(verdicts)
	j.RolledBack, j.Held = p.rolled, p.held
	j.Culprit, j.HoldCulprit = p.culprit, p.holdCulprit
	j.LogE, j.Limit = finite(p.ruling.LogE), finite(p.ruling.Limit)
	j.Ready, j.Reason = promotion.Ready, promotion.Reason
	for i, v := range verdicts {
		out := Verdict{
			Name: v.Name, Demand: v.Criterion.String(), Role: v.Role, Result: v.Result, Finding: v.Finding, Slice: v.Slice, Reason: v.Reason,
			LogE: finite(v.LogE), Limit: finite(v.Limit), Failed: p.failed[i],
		}
		for _, g := range promotion.Gates {
			if g.Criterion == v.Criterion {
				out.Gate = &Gate{LogE: finite(g.LogE), Limit: g.Limit, Proven: g.Proven}
			}
		}
		j.Verdicts = append(j.Verdicts, out)
	}
	return j
}
