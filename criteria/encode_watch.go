package criteria

import "math"

// encode writes the state of a criterion in its group.
func (w *watch) encode(e *encoder) {
	e.exact(w.global)
	e.exact(w.logE)
	w.book.encode(e)
	w.slices.encode(e)
	w.proof.encode(e)
	e.bool(w.failed != nil)
	if w.failed != nil {
		w.failed.encode(e)
	}
}

// decode makes a watch that is new the one that was written, but for what its book
// reads from the round.
func (w *watch) decode(d *decoder, s *session, alpha float64) {
	w.global, w.logE = d.nats(), d.nats()
	w.book.decode(d, w)
	w.slices.decode(d, w, s)
	w.proof.decode(d, w, s)
	if d.bool() {
		w.failed = w.decodeVerdict(d, alpha)
	}
}

// encode writes a failed verdict; the criterion says the rest.
func (v *Verdict) encode(e *encoder) {
	e.text(v.Finding)
	e.text(v.Slice)
	v.Stable.encode(e)
	v.Candidate.encode(e)
	e.exact(v.Ratio.Lower)
	e.exact(v.Ratio.Upper)
	e.int(len(v.Quantiles))
	for _, q := range v.Quantiles {
		e.exact(q.Level)
		e.exact(q.Stable)
		e.exact(q.Candidate)
	}
	e.exact(v.LogE)
	e.text(v.Reason)
}

func (w *watch) decodeVerdict(d *decoder, alpha float64) *Verdict {
	v := w.unexplained(alpha)
	v.Result = Fail
	v.Finding, v.Slice = d.text(), d.text()
	v.Stable.decode(d)
	v.Candidate.decode(d)
	v.Ratio.Lower = d.within(d.exact(), 0, math.Inf(1))
	v.Ratio.Upper = d.within(d.exact(), v.Ratio.Lower, math.Inf(1))
	for range d.length(len(quantileLevels)) {
		v.Quantiles = append(v.Quantiles, Quantile{d.within(d.exact(), 0, 1), d.number64(), d.number64()})
	}
	v.LogE = d.nats()
	v.Reason = d.text()
	return &v
}

func (x *Estimate) encode(e *encoder) {
	e.uint(x.Events)
	e.uint(x.Calls)
	e.exact(x.Rate)
	e.exact(x.Interval.Lower)
	e.exact(x.Interval.Upper)
}

func (x *Estimate) decode(d *decoder) {
	x.Events, x.Calls = d.count(), d.count()
	x.Rate = d.within(d.exact(), 0, 1+1e-9) // a mean may be off by a bit
	x.Interval.Lower = d.within(d.exact(), 0, 1)
	x.Interval.Upper = d.within(d.exact(), x.Interval.Lower, 1)
}
