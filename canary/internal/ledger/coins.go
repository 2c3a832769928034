package ledger

import (
	"github.com/modelcanary/go-sdk/canary/internal/bloom"
	"github.com/modelcanary/go-sdk/criteria"
)

// Coins decides which slots are evidence when assignment sticks to a unit. A unit's bucket is one coin, and evidence may read it only once: a user who
// happens to be error-prone must not be a hundred witnesses. So in each step (a stretch of constant share) a unit counts at its first assigned
// request only, and then
//
//   - a unit never seen before in the epoch counts with P(candidate) = share: [criteria.Fresh];
//   - a unit seen in an earlier step counts if its bucket lies above every share applied before and the share has grown beyond them: all that is known of
//     its bucket is that it was stable's, so P(candidate) = (share - highest) / (1 - highest): [criteria.Band];
//   - nothing else counts.
//
// A sentinel gives some requests of the candidate's units to stable, by a fresh coin for each. Every request of such a unit then counts in
// [criteria.Sentinel], whoever has testified: its own coin was never read before. The other strata know the arm that a request was really assigned, so
// their P(candidate) shrinks with it; what is known of a unit is still its bucket alone, and highest stays a share of buckets.
//
// When assignments are drawn anew every coin is another one, and nothing that was known of the old ones counts; see [Coins.Redraw].
//
// Memory is fixed: two filters of 1 MiB, taken when the first unit is seen. Without keys every request is its own unit and always fresh.
// Coins belongs to the folder's goroutine.
type Coins struct {
	Keyed bool
	// Epsilon is the exact probability that the sentinel gives a request of the candidate's units to stable; 0 without a sentinel.
	Epsilon float64
	// Resumed coins have lost their filters: every unit is taken for seen.
	Resumed bool

	share, highest float64
	epoch, step    bloom.Filter
	testified      uint64
}

// Resume sets the highest share that was applied before this process, in an epoch of which nothing else is known. Where more is, see [Coins.Restore].
func (c *Coins) Resume(highest float64) {
	c.highest = highest
	c.Resumed = highest > 0
}

// BeginStep starts a step at a share. spentUnits are the marks of the step that ends; nil when there was none.
func (c *Coins) BeginStep(share float64, spentUnits *Spent) {
	c.epoch.Merge(c.step.Words())
	c.step.Reset()
	if spentUnits != nil {
		c.epoch.Merge(spentUnits.snapshot())
	}
	c.highest = max(c.highest, c.share)
	c.share = share
}

// Redraw says that from the next step on the units have other coins, independent of those before: no unit is seen, and no share was applied.
func (c *Coins) Redraw() {
	c.epoch.Reset()
	c.step.Reset()
	c.share, c.highest, c.Resumed = 0, 0, false
}

// Shares is P(candidate) of each stratum in the current step, for the arm that a request was really assigned; 0 where nothing counts.
func (c *Coins) Shares() (p [criteria.NumStrata]float64) {
	p = c.Splits()
	p[criteria.Fresh] *= 1 - c.Epsilon
	p[criteria.Band] *= 1 - c.Epsilon
	return p
}

// Splits are the probabilities of the coins by themselves: in the strata of units, that a unit is the candidate's; in the sentinel's, that a request of such a
// unit is served by it. The two coins are independent of each other, as the arms of a request that counts in two strata are not.
func (c *Coins) Splits() (p [criteria.NumStrata]float64) {
	if c.share <= 0 {
		return p
	}
	p[criteria.Fresh] = c.share
	if c.Keyed && c.share > c.highest {
		p[criteria.Band] = (c.share - c.highest) / (1 - c.highest)
	}
	if c.Epsilon > 0 {
		p[criteria.Sentinel] = 1 - c.Epsilon
	}
	return p
}

// Watched says whether the slot counts in the sentinel's stratum. It is asked about slots of the current step only; any number of them may be of one unit.
func (c *Coins) Watched(e Entry) bool {
	return c.Epsilon > 0 && c.share > 0 && e.Mark&Sentinel != 0 && e.Mark&(Excluded|Anonymous) == 0
}

// Toss says in which stratum the slot counts. position is the unit's bucket in [0, 1). It must be called once for every slot of the step, in the order of assignment.
func (c *Coins) Toss(e Entry, position float64) criteria.Stratum {
	switch {
	case c.share <= 0:
		return criteria.Uncounted // nobody's coin is read
	case !c.Keyed:
		if e.Mark&Excluded != 0 {
			return criteria.Uncounted
		}
		return criteria.Fresh
	case e.Mark&Anonymous != 0 || !c.step.Add(e.Unit) || e.Mark&(spent|Excluded) != 0 || c.Full():
		return criteria.Uncounted
	case !c.Resumed && !c.epoch.Has(e.Unit):
		c.testified++
		return criteria.Fresh
	case c.share > c.highest && position >= c.highest:
		c.testified++
		return criteria.Band
	default:
		return criteria.Uncounted
	}
}

// Overtaken marks the unit of a slot that belongs to an earlier step but is visited after the first slot of a newer one. It does not count.
func (c *Coins) Overtaken(e Entry) {
	if c.Keyed && e.Mark&Anonymous == 0 {
		c.epoch.Add(e.Unit)
	}
}

// Testified is how many coins have been read.
func (c *Coins) Testified() uint64 { return c.testified }

// Full says that the filters can tell no further units apart; nothing counts from then on.
func (c *Coins) Full() bool { return full(&c.step) || full(&c.epoch) }

// full says that half of the bits are set: about one unseen unit in sixteen would be taken for seen.
func full(f *bloom.Filter) bool { return f.Ones() > f.Bits()/2 }
