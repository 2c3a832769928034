package intake_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

func TestConfig(t *testing.T) {
	sink := new(book).take
	for _, v := range []struct {
		cfg  intake.Config
		want string // "" is none
	}{
		{intake.Config{Sink: sink}, ""},
		{intake.Config{Sink: sink, MaxBytes: 16 << 20, MaxReports: 10_000, Rate: math.MaxFloat64, Burst: 10_000}, ""},
		{intake.Config{Sink: sink, Rate: math.MaxFloat64}, ""},
		{intake.Config{Sink: sink, Rate: math.SmallestNonzeroFloat64}, ""},
		{intake.Config{Sink: sink, Rate: -1, Burst: 1}, ""},
		{intake.Config{}, "intake: Sink is nil"},
		{intake.Config{Sink: sink, MaxBytes: -1}, "intake: MaxBytes -1 outside [0, 16777216]"},
		{intake.Config{Sink: sink, MaxBytes: 16<<20 + 1}, "intake: MaxBytes 16777217 outside [0, 16777216]"},
		{intake.Config{Sink: sink, MaxReports: -5}, "intake: MaxReports -5 outside [0, 10000]"},
		{intake.Config{Sink: sink, MaxReports: 10_001}, "intake: MaxReports 10001 outside [0, 10000]"},
		{intake.Config{Sink: sink, Rate: math.NaN()}, "intake: Rate NaN is not finite; negative is no limit"},
		{intake.Config{Sink: sink, Rate: math.Inf(1)}, "intake: Rate +Inf is not finite; negative is no limit"},
		{intake.Config{Sink: sink, Burst: 99}, "intake: Burst 99 is below MaxReports 100: a full request could never pass"},
		{intake.Config{Sink: sink, Burst: -1, Rate: -1}, "intake: Burst -1 is below MaxReports 100: a full request could never pass"},
		{intake.Config{MaxBytes: -1, Burst: 1}, "intake: Sink is nil\nintake: MaxBytes -1 outside [0, 16777216]\nintake: Burst 1 is below MaxReports 100: a full request could never pass"},
	} {
		h, err := intake.New(v.cfg)
		if v.want == "" {
			require.NoError(t, err)
			require.NotNil(t, h)
			continue
		}
		require.EqualError(t, err, v.want)
		require.Nil(t, h)
	}
}
