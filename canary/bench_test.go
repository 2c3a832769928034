package canary

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature/isolated"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/providers/local"
)

// BenchmarkFold is what the keeper does for a request that has ended, off its path: settle its slot, read its coin, count it for five criteria, within a slice or
// not, and look at the evidence. A pass folds 250 requests, five milliseconds of fifty thousand a second; every unit's coin is fresh. Latency only observes: a call of no time at all is slower through the candidate's way.
func BenchmarkFold(b *testing.B) {
	for _, dimensions := range []int{0, 1} {
		b.Run(strconv.Itoa(dimensions)+" dimensions", func(b *testing.B) {
			const pass = 250
			provider := local.New()
			require.NoError(b, provider.Set("rollout", 50))
			api := isolated.NewAPI()
			require.NoError(b, api.SetProviderAndWait(b.Context(), provider))
			defer func() { _ = api.Shutdown(context.Background()) }()
			model := Func(func(_ context.Context, in int) (reply, error) {
				return reply{score: float64(in%97) / 97, class: eightClasses[in%97%8]}, nil
			})
			cfg := Config[int, reply]{
				Name:      "fold",
				Stable:    Model[int, reply]{Version: "1", Predictor: model},
				Candidate: Model[int, reply]{Version: "2", Predictor: model},
				Flags:     Flags{Client: api.NewClient(), Rollout: "rollout"},
				Signals: Signals[int, reply]{
					Numbers: Numbers[int, reply]{"score": func(_ int, a reply) float64 { return a.score }},
					Labels:  Labels[int, reply]{"class": func(_ int, a reply) string { return a.class }},
				},
				Criteria: []criteria.Criterion{
					criteria.ErrorRate{}, criteria.Latency{Role: criteria.Observe}, criteria.Distribution{Signal: "score"}, criteria.Categories{Signal: "class"},
				},
				CandidateTimeout: -1,
			}
			if dimensions > 0 {
				cfg.Signals.Slices = Slices[int]{"country": func(in int) string { return twentyCountries[in%20] }}
			}
			c, err := start(cfg, settings{manual: true})
			require.NoError(b, err)
			defer func() { _ = c.Shutdown(context.Background()) }()
			for c.present().keeper.Plan().Share == 0 {
				c.present().keeper.Step(0)
			}
			request, folding := 0, time.Duration(0)
			serve := func() {
				for range pass {
					_, _ = c.Predict(b.Context(), request)
					request++
				}
			}
			for range 200 {
				serve()
				c.present().keeper.Step(time.Second)
			}
			b.ReportAllocs()
			for b.Loop() {
				serve()
				began := time.Now()
				c.present().keeper.Step(5 * time.Millisecond)
				folding += time.Since(began)
			}
			b.ReportMetric(float64(folding.Nanoseconds())/float64(b.N*pass), "ns/request")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// reply is an answer with two signals.
type reply struct {
	score float64
	class string
}

var eightClasses, twentyCountries = func() (classes, countries []string) {
	for i := range 8 {
		classes = append(classes, "class "+strconv.Itoa(i))
	}
	for i := range 20 {
		countries = append(countries, "country "+strconv.Itoa(i))
	}
	return classes, countries
}()
