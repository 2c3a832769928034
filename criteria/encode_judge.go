package criteria

import (
	"fmt"
	"slices"
)

// AppendBinary appends the whole state of the judge to b, for [RestoreJudge]: rounds
// and bets, also those under way, failed verdicts, carved slices. The encoding is
// deterministic; the error is always nil. [Routing] is saved beside it.
//
// It takes eight bytes a bet and a few a cell in use: 7 KB after 100,000 requests
// judged by an error rate, latency, a number, labels and the backstop, and 56 KB if they
// were in 20 slices (TestEncodedSizeOfAJudge).
func (j *Judge) AppendBinary(b []byte) ([]byte, error) {
	e := newEncoderFor(b, judgeLetters, j.print())
	e.glossaries(j.form.words, j.form.config, j.used())
	e.uint(uint64(j.now))
	e.uint(j.streams)
	e.exact(j.ruling.LogE)
	e.exact(j.ruling.HoldLogE)
	for _, p := range j.panels {
		p.encode(e)
	}
	e.int(len(j.carves))
	for i := range j.carves {
		j.encodeCarve(e, &j.carves[i])
	}
	for _, s := range j.sessions {
		if s.counts() {
			s.encode(e)
		}
	}
	return e.seal(), nil
}

// RestoreJudge returns the judge that [Judge.AppendBinary] wrote, to go on in
// another process: on the same architecture every later Fold gives the same rulings
// to the last bit, Verdicts the same verdicts, Promotion the same proof. c must declare
// the same criteria, signals, slices, alpha, beta, calls needed and slice action; how
// ids are named is checked, too, as far as both judges can name them: see
// [ReadDictionary], which comes first.
//
// Evidence that comes of the new judge rolls dice that the old one had not rolled when it
// was saved, see [Config.Rounding]: which of them it rolled after that is not known.
//
// Awake time goes on where it stopped: to every time that the new judge is told by
// [Judge.Fold] it adds what the old one had reached. So a caller whose awake time
// starts at 0 with the process just hands it on, and the ages of rounds go on.
//
// The error joins the [ConfigError] of a configuration that is wrong, or wraps
// [ErrCorrupt], [ErrNewerVersion], [ErrOtherConfig] or [ErrOtherTexts]. Nothing of
// data is kept. Whatever the bytes are, the judge allocates in proportion to
// them and to the configuration.
func RestoreJudge(c Config, data []byte) (*Judge, error) {
	j, err := newJudge(c)
	if err != nil {
		return nil, err
	}
	d, err := unsealFor(data, judgeLetters, j.print())
	if err != nil {
		return nil, err
	}
	if err := j.checkTexts(d); err != nil {
		return nil, err
	}
	if err := j.decode(d); err != nil {
		return nil, err
	}
	return j, nil
}

// print is the fingerprint of all that makes two judges judge alike.
func (j *Judge) print() uint64 {
	return fingerprint(fmt.Sprintf("%salpha %v, beta %v, min calls %d, %v",
		j.form.text, j.alpha, j.beta, j.minCalls, j.names.SliceAction))
}

func (j *Judge) used() usage {
	u := usage{}
	for _, s := range j.sessions {
		s.mark(u)
	}
	return u
}

// checkTexts compares what ids stood for with what they stand for here.
func (j *Judge) checkTexts(d *decoder) error {
	for _, g := range d.glossaries() {
		if !slices.Contains(j.form.words, g.vocabulary) {
			d.fail("%v, which nothing reads", g.vocabulary)
			break
		}
		for _, entry := range g.entries {
			if text, ok := g.text(j.form.config, int(entry.ID)); ok && text != entry.Text {
				return fmt.Errorf("%w: id %d of the %v was %q, here it is %q", ErrOtherTexts, entry.ID, g.vocabulary, entry.Text, text)
			}
		}
	}
	return d.err
}

func (j *Judge) decode(d *decoder) error {
	j.now = d.duration()
	j.before = j.now
	j.streams = d.uint()
	j.ruling.LogE, j.ruling.HoldLogE = d.nats(), d.nats()
	for _, p := range j.panels {
		p.decode(d)
	}
	j.ruling.Culprit, j.ruling.HoldCulprit = j.panels.culprit(Guardrail), j.panels.culprit(Hold)
	j.ruling.RollBack, j.ruling.Hold = j.ruling.Culprit != "", j.ruling.HoldCulprit != ""
	for range d.length(len(j.watches) * j.form.dimensions * SliceCells) {
		j.carves = append(j.carves, j.decodeCarve(d))
	}
	j.ruling.Carves = len(j.carves)
	for _, s := range j.sessions {
		s.now = j.now
		if s.counts() {
			s.decode(d, j.alpha)
		}
	}
	if err := d.end(); err != nil {
		return err
	}
	for _, c := range j.carves {
		j.cut(c) // version 1 did not say so of pairs
	}
	return nil
}

// encode writes the culprit's place, from 1 on.
func (p *panel) encode(e *encoder) {
	e.int(p.place(p.culprit))
	if p.watches[0].group.waits() {
		e.int(p.place(p.held))
	}
}

func (p *panel) place(culprit string) int {
	return 1 + slices.IndexFunc(p.watches, func(w *watch) bool { return w.criterion.Name() == culprit })
}

func (p *panel) decode(d *decoder) {
	p.culprit = p.at(d.upTo(len(p.watches)))
	if p.watches[0].group.waits() {
		p.held = p.at(d.upTo(len(p.watches)))
	}
}

func (p *panel) at(place int) string {
	if place == 0 {
		return ""
	}
	return p.watches[place-1].criterion.Name()
}

// counts reports whether the session may have a state: those of windows that are not
// declared have none, and earlier releases do not know of them.
func (s *session) counts() bool { return !s.group.waits() || len(s.watches) > 0 }

func (j *Judge) encodeCarve(e *encoder, c *Carve) {
	e.int(c.Dimension)
	e.int(int(c.Cell))
	e.int(slices.IndexFunc(j.watches, func(w *watch) bool { return w.criterion.Name() == c.Criterion }))
	e.text(c.Slice)
	e.text(c.Finding)
}

func (j *Judge) decodeCarve(d *decoder) Carve {
	return Carve{
		Dimension: d.upTo(j.form.dimensions - 1),
		Cell:      uint8(d.upTo(SliceCells - 1)),
		Criterion: j.watches[d.upTo(len(j.watches)-1)].criterion.Name(),
		Slice:     d.text(), Finding: d.text(),
	}
}
