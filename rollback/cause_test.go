package rollback

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClip(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		limit            int
	}{
		{"empty", "", "", 4},
		{"as long as allowed", "abcd", "abcd", 4},
		{"too long", "abcde", "abcd", 4},
		{"not within a rune of two bytes", "abcé", "abc", 4},
		{"not within a rune of four bytes", "ab😀", "ab", 5},
		{"a whole rune stays", "ab😀c", "ab😀", 6},
		{"not text at all", "\x80\x80\x80\x80\x80\x80\x80\x80", "\x80\x80\x80\x80\x80\x80", 6},
	} {
		require.Equal(t, c.want, clip(c.text, c.limit), c.name)
	}
}

func TestCauseIsBounded(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	huge := strings.Repeat("é", 1<<20)
	for _, c := range []struct {
		name     string
		at, want time.Time
	}{
		{"zero", time.Time{}, time.Time{}},
		{"in UTC", time.Date(2026, 3, 1, 12, 0, 0, 7, berlin), time.Date(2026, 3, 1, 11, 0, 0, 7, time.UTC)},
		{"without the monotonic clock", time.Now(), time.Unix(0, time.Now().UnixNano()).UTC()},
		{"far future", time.Unix(math.MaxInt64, 0), time.Time{}},
		{"far past", time.Unix(math.MinInt64, 0), time.Time{}},
		{"year 10000", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}},
	} {
		cause := Cause{Reason: huge, Actor: huge, At: c.at}.normal()
		require.Len(t, cause.Reason, MaxReason, c.name)
		require.Len(t, cause.Actor, MaxActor, c.name)
		require.WithinDuration(t, c.want, cause.At, time.Minute, c.name)
		require.Equal(t, cause, cause.normal(), c.name)
		require.Equal(t, time.UTC, cause.At.Location(), c.name)
		require.NotContains(t, cause.At.String(), "m=", c.name)
	}
}
