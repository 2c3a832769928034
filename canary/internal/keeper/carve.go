package keeper

import (
	"fmt"
	"slices"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// CarvedSlice is a slice that stable has been given.
type CarvedSlice struct {
	criteria.Carve
	At time.Time
}

// CarvedOut reports whether a request with these cells is stable's whatever its bucket.
func (p *Plan) CarvedOut(cells ledger.Cells) bool {
	for d := range p.Carved {
		if p.Carved[d]>>cells.At(d)&1 != 0 {
			return true
		}
	}
	return false
}

// newCarves are the slices that the judge has carved out since it was last asked.
func (f *fold) newCarves() []criteria.Carve {
	ask := f.k.cfg.Carves
	if ask == nil {
		if f.last.Carves == f.carves {
			return nil
		}
		ask = f.judge.Carves
	}
	all := ask()
	fresh := all[min(f.carves, len(all)):]
	f.carves = len(all)
	return slices.Clone(fresh)
}

// carve gives slices to stable, from the next request on. What P(candidate) is elsewhere does not change, so no step begins.
func (k *Keeper) carve(carves []criteria.Carve) {
	k.mu.Lock()
	now := time.Now()
	for _, c := range carves {
		k.carved = append(k.carved, CarvedSlice{Carve: c, At: now})
	}
	k.publish()
	k.mu.Unlock()
	for _, c := range carves {
		state := k.latchState()
		k.scribe.note(rollback.Entry{
			Canary: k.cfg.Name, At: now, Actor: "keeper", Action: "carve", Epoch: state.Epoch, Version: state.Version,
			To: fmt.Sprintf("slice %q is stable's", c.Slice), Reason: "criterion " + c.Criterion, Evidence: c.Finding, Revision: state.Revision,
		})
		k.Emit(Event{Kind: CarvedEvent, Message: fmt.Sprintf("slice %q is stable's from now on: criterion %s: %s", c.Slice, c.Criterion, c.Finding)})
	}
}

// cellsCarved are the carved slices as a plan has them.
func (k *Keeper) cellsCarved() (cells [criteria.MaxDimensions]uint64) {
	for _, c := range k.carved {
		if c.Dimension >= 0 && c.Dimension < len(cells) {
			cells[c.Dimension] |= 1 << c.Cell
		}
	}
	return cells
}
