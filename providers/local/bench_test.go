package local_test

import (
	"context"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/providers/local"
)

// The provider alone, without the SDK around it.
func BenchmarkEvaluate(b *testing.B) {
	ctx := context.Background()
	flat := openfeature.FlattenedContext{openfeature.TargetingKey: "user-4711", "email": "rachel@faas.com"}
	run := func(name, document, key string) {
		p, err := local.Parse([]byte(document))
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_ = p.StringEvaluation(ctx, key, "", flat)
				}
			})
		})
	}
	run("static", withTargeting(`null`), "flag")
	run("fractional", withFractional(`["a", 5], ["b", 95]`), "flag")
	run("fractional by cat", withFractional(`{"cat": [{"var": "$flagd.flagKey"}, {"var": "email"}]}, ["a", 5], ["b", 95]`), "flag")
	run("not found", withTargeting(`null`), "other")
}

// One reading of a file that has not changed: what following it costs, every 250 ms.
func BenchmarkReloadUnchanged(b *testing.B) {
	p, err := local.OpenFile(write(b, percent("5")))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		p.ReloadOnce()
	}
}
