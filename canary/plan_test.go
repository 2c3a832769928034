package canary_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
)

var fiftyASecond = criteria.Rollout{Steps: []criteria.Step{{Share: 0.05}, {Share: 1}}, RequestsPerSecond: 50}

func TestPlanHasTheDefaultsOfACanary(t *testing.T) {
	client, _ := flagAt(t, 5)
	cfg := configOf(client)
	cfg.Criteria = append(cfg.Criteria, criteria.Latency{}, criteria.Distribution{Signal: "length", Max: 40})
	plan, err := canary.NewPlan(cfg, fiftyASecond)
	require.NoError(t, err)
	require.InDelta(t, 0.95, plan.Steps[1].Share, 1e-12, "the rest is the control")
	require.InDelta(t, 1, fiftyASecond.Steps[1].Share, 0, "the caller's steps stay as they are")
	last := plan.Rows[len(plan.Rows)-1]
	require.Equal(t, "backstop", last.Criterion)
	require.Equal(t, "latency", plan.Rows[1].Criterion)
	require.InDelta(t, 0.05+0.02, plan.Rows[1].Allowed-plan.Rows[1].Handicap, 1e-12, "the allowance of isolation")

	cfg.CandidateTimeout = -1
	plan, err = canary.NewPlan(cfg, fiftyASecond)
	require.NoError(t, err)
	require.InDelta(t, 0.05, plan.Rows[1].Allowed-plan.Rows[1].Handicap, 1e-12)
}

func TestPlanRefusesWhatNewRefuses(t *testing.T) {
	client, _ := flagAt(t, 5)
	cfg := configOf(client)
	cfg.Name, cfg.Candidate.Version = "Test", cfg.Stable.Version
	_, err := canary.NewPlan(cfg, fiftyASecond)
	_, want := canary.New(cfg)
	require.EqualError(t, err, want.Error())

	cfg = configOf(client)
	cfg.Criteria = append(cfg.Criteria, criteria.Distribution{Signal: "lenght"})
	_, err = canary.NewPlan(cfg, fiftyASecond)
	_, want = canary.New(cfg)
	require.EqualError(t, err, want.Error())
}

func TestPlanRefusesTheRollout(t *testing.T) {
	client, _ := flagAt(t, 5)
	for _, share := range []float64{0, -1, 1.5} {
		_, err := canary.NewPlan(configOf(client), criteria.Rollout{Steps: []criteria.Step{{Share: share}}, RequestsPerSecond: 1})
		var problem *criteria.ConfigError
		require.ErrorAs(t, err, &problem, share)
		require.Equal(t, "rollout", problem.Field)
	}
}

func TestPlanOfACanaryKnowsHowStableFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, _ := flagAt(t, 0)
		cfg := configOf(client)
		cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) {
			if strings.HasPrefix(in, "bad") {
				return "", errors.New("bad")
			}
			return in, nil
		})
		c := open(t, cfg)
		before, err := c.Plan(fiftyASecond)
		require.NoError(t, err)
		require.True(t, before.Rows[0].Assumed)

		for i := range 199 {
			in := "good"
			if i%10 == 0 {
				in = "bad"
			}
			_, _ = c.Predict(context.Background(), in)
		}
		pass(time.Second)
		after, err := c.Plan(fiftyASecond)
		require.NoError(t, err)
		require.False(t, after.Rows[0].Assumed)
		require.InDelta(t, 20.5/200, after.Rows[0].Stable, 1e-12)

		declared := fiftyASecond
		declared.Base = map[string]criteria.Base{"error_rate": {Rate: 0.3}}
		plan, err := c.Plan(declared)
		require.NoError(t, err)
		require.InDelta(t, 0.3, plan.Rows[0].Stable, 0)
		require.Nil(t, fiftyASecond.Base)
	})
}

// What New would judge by is what is planned with.
func TestPlanIsOfTheJudgedConfiguration(t *testing.T) {
	client, _ := flagAt(t, 0)
	cfg := configOf(client)
	cfg.Alpha, cfg.Sentinel = 0.002, 0.2
	cfg.Key = func(_ context.Context, in string) string { return in }
	cfg.Signals.Slices = canary.Slices[string]{"country": func(string) string { return "is" }}
	cfg.Signals.Checks = canary.Checks[string, string]{"completed": func(_, out string) bool { return out != "" }}
	cfg.Criteria = append(cfg.Criteria, criteria.Rate{Signal: "completed", Want: criteria.Higher}, criteria.SessionErrorRate{})
	r := fiftyASecond
	r.Slices = map[string]map[string]float64{"country": {"is": 0.1}}
	_, err := canary.NewPlan(cfg, r)
	require.ErrorContains(t, err, "say how many units there are")
	r.Units = 10_000
	plan, err := canary.NewPlan(cfg, r)
	require.NoError(t, err)
	require.InDelta(t, 0.002, plan.Alpha, 0)
	require.EqualValues(t, 0.05*50*600*0.8, plan.Steps[0].Calls, "a fifth goes to stable by the sentinel")
	kinds := map[string]bool{}
	for _, row := range plan.Rows {
		kinds[row.Criterion+" "+row.Reads+" "+row.Slice] = true
	}
	for _, want := range []string{
		"rate(completed) fresh units ", `rate(completed) fresh units country="is"`, "rate(completed) sentinel requests ", "session_error_rate sessions ",
	} {
		require.True(t, kinds[want], want)
	}
	inBubble(t, func(t *testing.T) {
		client, _ := flagAt(t, 0)
		cfg.Flags.Client = client
		again, err := open(t, cfg).Plan(r)
		require.NoError(t, err)
		require.Equal(t, plan, again)
	})
}
