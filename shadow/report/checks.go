package report

import "github.com/modelcanary/go-sdk/shadow/pairlog"

type checkTally struct {
	stable, candidate struct{ yes, of int64 }
	both              pairTable // the candidate's says yes, stable's does
}

func (t *checkTally) add(r *pairlog.Record, name string) {
	x, stable := r.Stable.Checks[name]
	y, candidate := r.Candidate.Checks[name]
	if stable {
		t.stable.of++
		t.stable.yes += one(x)
	}
	if candidate {
		t.candidate.of++
		t.candidate.yes += one(y)
	}
	if stable && candidate {
		t.both.add(y, x)
	}
}

func one(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func (t *checkTally) summary(name string) Check {
	return Check{Name: name, Stable: rateOf(t.stable.yes, t.stable.of), Candidate: rateOf(t.candidate.yes, t.candidate.of), Excess: t.both.excess()}
}
