package rollback

import "math"

// CrashLoop is how many processes in a row may end uncleanly with the candidate exposed; the start after the last of them finds the epoch rolled back.
const CrashLoop = 3

// Beacon tells processes that ended by themselves from those that were ended: it is lit before the candidate is exposed, and put out by an orderly end.
// What a candidate does to a process from within - os.Exit, a fatal error, all memory - leaves it lit.
type Beacon struct {
	// Lit counts the processes that have lit it.
	Lit uint64
	// Out is what Lit was when it was last put out; never above Lit.
	Out uint64
}

// Unclean is how many processes in a row have lit the beacon and not put it out; a process that runs counts as one of them.
func (b Beacon) Unclean() uint64 { return b.normal().Lit - b.normal().Out }

func (b Beacon) light() Beacon {
	if b.Lit < math.MaxUint64 {
		b.Lit++
	}
	return b
}

func (b Beacon) putOut() Beacon { return Beacon{Lit: b.Lit, Out: b.Lit} }

func (b Beacon) normal() Beacon { return Beacon{Lit: b.Lit, Out: min(b.Out, b.Lit)} }

func (b Beacon) join(o Beacon) Beacon {
	return Beacon{Lit: max(b.Lit, o.Lit), Out: max(b.Out, o.Out)}
}
