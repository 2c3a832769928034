package flags

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/memprovider"
	"github.com/stretchr/testify/require"
)

// TestAThousandProviderSwapsNeverRaiseTheShare swaps providers under a reader: healthy ones that all say 30, slow to
// initialize, among broken ones that hold out 80. Whatever the SDK says in between, the share is 0.3, or 0 once nobody
// has confirmed it for the hold time.
func TestAThousandProviderSwapsNeverRaiseTheShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		t.Cleanup(func() { cancel(); synctest.Wait() })
		api := newAPI(t)
		set(t, api, steady(30))
		seen := map[float64]int{}
		var r *Reader
		ready := make(chan struct{})
		r = open(t, Config{Client: api.NewClient(), Changed: func() {
			<-ready
			reading := r.Reading()
			seen[reading.Share]++
			if reading.Share > 0 && time.Since(reading.Confirmed) >= 30*time.Second {
				t.Errorf("share %v held for %v", reading.Share, time.Since(reading.Confirmed))
			}
		}})
		close(ready)
		pass(time.Second)

		rng := rand.New(rand.NewPCG(15, 1000))
		for range 1000 {
			require.NoError(t, api.SetProvider(ctx, next(rng)))
			pass(time.Duration(rng.Int64N(int64(8 * time.Second))))
		}
		require.Len(t, seen, 2, "%v", seen)
		require.Positive(t, seen[0.3])
		require.Positive(t, seen[0])
		counts := r.Counts()
		for _, kind := range []Kind{OK, NotReady, Missing, ProviderError, OutOfRange, NotFinite, TypeMismatch, Panic} {
			require.Positive(t, counts[kind], "%v never happened", kind)
		}

		set(t, api, steady(30))
		pass(tick)
		requireGood(t, r, 0.3)
	})
}

// next is a healthy provider in one of ten cases.
func next(rng *rand.Rand) openfeature.FeatureProvider {
	broken := steady(80)
	switch rng.IntN(10) {
	case 0:
		healthy := steady(30)
		delay := time.Duration(rng.Int64N(int64(time.Second)))
		healthy.init = func(context.Context) error { <-time.After(delay); return nil }
		return healthy
	case 1:
		return inMemory(rng.Float64() + 100.0001)
	case 2:
		return inMemory("80")
	case 3:
		return memprovider.NewInMemoryProvider(nil)
	case 4:
		return openfeature.NoopProvider{}
	case 5:
		return inMemory(math.NaN())
	case 6:
		broken.init = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	case 7:
		broken.init = func(context.Context) error { return context.DeadlineExceeded }
	case 8:
		broken.float = func(context.Context) openfeature.FloatResolutionDetail { panic("bug") }
	default:
		broken.float = func(context.Context) openfeature.FloatResolutionDetail {
			return failed(openfeature.NewProviderFatalResolutionError("gone"))
		}
	}
	return broken
}
