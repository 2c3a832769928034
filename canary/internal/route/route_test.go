package route

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

type vector struct {
	Name     string `json:"name"`
	Epoch    uint64 `json:"epoch"`
	Period   uint64 `json:"period"`
	Key      string `json:"key"`
	Unit     string `json:"unit"`
	Salt     string `json:"salt"`
	Bucket   string `json:"bucket"`
	Position string `json:"position"`
}

func hex(x uint64) string { return strconv.FormatUint(x, 16) }

// The vectors are the published assignment: a change of any of them moves people between models in the middle of a rollout. They were made by a separate program (testdata/README.md).
func TestGoldenVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var vectors []vector
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.GreaterOrEqual(t, len(vectors), 100)
	for _, v := range vectors {
		unit, salt := Unit(v.Key), Salt(v.Name, v.Epoch, v.Period)
		require.Equal(t, v.Unit, hex(unit), "unit of %q", v.Key)
		require.Equal(t, v.Salt, hex(salt), "salt of %q epoch %d", v.Name, v.Epoch)
		require.Equal(t, v.Bucket, hex(Bucket(unit, salt)), "bucket of %q", v.Key)
	}
}

func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		share float64
		want  uint64
	}{
		{math.NaN(), 0}, {math.Inf(-1), 0}, {-1, 0}, {0, 0}, {math.Copysign(0, -1), 0},
		{math.SmallestNonzeroFloat64, 1}, {1.0 / buckets, 1}, {0.5, buckets / 2},
		{math.Nextafter(1, 0), buckets - 1}, {1, buckets}, {2, buckets}, {math.Inf(1), buckets}, {1e308, buckets},
	} {
		require.Equal(t, c.want, Threshold(c.share), "share %v", c.share)
	}
}

// The realised share over a million keys lies within a chi-square test (1 degree of freedom, p = 1e-4: 15.14) of the asked one; 0 and 1 are exact.
func TestRealisedShare(t *testing.T) {
	const n = 1_000_000
	salt := Salt("langdetect", 1, 0)
	for _, percent := range []float64{0, 0.1, 1, 50, 99.9, 100} {
		share := percent / 100
		limit := Threshold(share)
		hits := 0.0
		for i := range n {
			if Bucket(Unit("user-"+strconv.Itoa(i)), salt) < limit {
				hits++
			}
		}
		want := share * n
		if share == 0 || share == 1 {
			require.InDelta(t, want, hits, 0, "%v %%", percent)
			continue
		}
		chi := (hits-want)*(hits-want)/want + (hits-want)*(hits-want)/(n-want)
		t.Logf("%v %%: %v of %d keys, chi-square %.2f", percent, hits, n, chi)
		require.Less(t, chi, 15.14, "%v %%: %v of %v", percent, hits, want)
	}
}

// Buckets are uniform over short, sequential and random-looking keys (chi-square with 255 degrees of freedom, p = 1e-4: 347.7).
func TestUniform(t *testing.T) {
	for name, key := range map[string]func(int) string{
		"decimal":    strconv.Itoa,
		"zeroPadded": func(i int) string { return "0000000000" + strconv.Itoa(i) },
		"uuidLike":   func(i int) string { return hex(mix(uint64(i))) + "-" + hex(mix(uint64(i)*7)) },
		"email":      func(i int) string { return "user" + strconv.Itoa(i) + "@example.com" },
		"binary":     func(i int) string { return string([]byte{byte(i), byte(i >> 8), byte(i >> 16), 0xff}) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 256_000
			salt := Salt("uniform", 3, 0)
			var counts [256]float64
			for i := range n {
				counts[Bucket(Unit(key(i)), salt)>>45]++
			}
			chi := 0.0
			for _, c := range counts {
				chi += (c - n/256) * (c - n/256) / (n / 256)
			}
			require.Less(t, chi, 347.7)
		})
	}
}

func TestGrowingShareOnlyAdds(t *testing.T) {
	salt := Salt("grow", 1, 0)
	shares := []float64{0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.999, 1}
	for i := range 20_000 {
		bucket, was := Bucket(Unit(strconv.Itoa(i)), salt), false
		for _, share := range shares {
			now := bucket < Threshold(share)
			require.False(t, was && !now, "unit %d left the candidate when the share grew to %v", i, share)
			was = now
		}
		require.True(t, was)
	}
}

// A new epoch draws anew: of the candidate's units of one epoch a fair share is the candidate's in the next.
func TestEpochsAreIndependent(t *testing.T) {
	const n = 100_000
	limit := Threshold(0.5)
	both := 0
	for i := range n {
		unit := Unit(strconv.Itoa(i))
		if Bucket(unit, Salt("a", 1, 0)) < limit && Bucket(unit, Salt("a", 2, 0)) < limit {
			both++
		}
	}
	require.InDelta(t, n/4, both, 5*137)
}

func FuzzBucket(f *testing.F) {
	f.Add("", "name", uint64(1), 0.5)
	f.Add("user-1", "langdetect", uint64(7), 0.01)
	f.Fuzz(func(t *testing.T, key, name string, epoch uint64, share float64) {
		b := Bucket(Unit(key), Salt(name, epoch, 0))
		require.Less(t, b, uint64(buckets))
		require.LessOrEqual(t, Threshold(share), uint64(buckets))
	})
}

// A draw lies where buckets lie, so that one threshold serves both.
func TestDraw(t *testing.T) {
	require.Zero(t, Draw(0))
	require.Less(t, Draw(math.MaxUint64), Threshold(1))
	require.Equal(t, Threshold(1)-1, Draw(math.MaxUint64))
	require.Equal(t, Threshold(0.5), Draw(1<<63))
}
