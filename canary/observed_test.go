package canary_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

// observed remembers what the judge was given.
type observed struct {
	mu   sync.Mutex
	all  []criteria.Observation
	strs []criteria.Stratum
}

func (o *observed) note(s criteria.Stratum, seen *criteria.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := *seen
	kept.Numbers, kept.Labels, kept.Slices = slices.Clone(seen.Numbers), slices.Clone(seen.Labels), slices.Clone(seen.Slices)
	o.all, o.strs = append(o.all, kept), append(o.strs, s)
}

// take are the observations since it was last called.
func (o *observed) take() []criteria.Observation {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.all
	o.all, o.strs = nil, nil
	return all
}

// of are the observations of an arm since it was last called; those of the other arm are dropped.
func (o *observed) of(arm canary.Arm) []criteria.Observation {
	return slices.DeleteFunc(o.take(), func(x criteria.Observation) bool { return x.Arm != arm })
}

// openObserved is open with an eye on what the judge is given.
func openObserved[In, Out any](t testing.TB, cfg canary.Config[In, Out]) (*canary.Canary[In, Out], *observed) {
	t.Helper()
	var o observed
	c, err := canary.NewObserved(cfg, 0, o.note)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })
	return c, &o
}
