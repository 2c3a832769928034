package flags

import (
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
)

func TestDiffersIgnoresOnlyTimesAndTheErrorsText(t *testing.T) {
	r := Reading{Share: 0.3, Kind: OK, Reason: openfeature.StaticReason, Variant: "a"}
	require.False(t, r.differs(r))
	for name, c := range map[string]struct {
		change func(*Reading)
		want   bool
	}{
		"share":     {func(r *Reading) { r.Share = 0.2 }, true},
		"kind":      {func(r *Reading) { r.Kind = Stale }, true},
		"reason":    {func(r *Reading) { r.Reason = openfeature.SplitReason }, true},
		"variant":   {func(r *Reading) { r.Variant = "b" }, true},
		"error":     {func(r *Reading) { r.Err = &Error{} }, false},
		"confirmed": {func(r *Reading) { r.Confirmed = time.Now() }, false},
		"at":        {func(r *Reading) { r.At = time.Now() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := r
			c.change(&s)
			require.Equal(t, c.want, s.differs(r))
			require.Equal(t, c.want, r.differs(s))
		})
	}
}
