//go:build !race

package canary_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
)

// A caller that needs no token pays for none.
func TestFeedbackAllocatesLittle(t *testing.T) {
	cfg := awaiting(t, 50)
	echo := canary.Func(func(_ context.Context, in string) (string, error) { return in, nil })
	cfg.Stable.Predictor, cfg.Candidate.Predictor = echo, echo
	c := open(t, cfg)
	ctx := context.Background()
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = c.Predict(ctx, "alice") }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { _, _, _ = c.Decide(ctx, "alice") }))
	d := decide(t, c, "alice")
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() { _ = d.Token() }), 1.0)
}
