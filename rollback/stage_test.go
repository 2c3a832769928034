package rollback

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStageTextRoundTrips(t *testing.T) {
	for stage, text := range map[Stage]string{
		Shadow: `"shadow"`, Ramping: `"ramping"`, Promoted: `"promoted"`, Finished: `"finished"`, RolledBack: `"rolled_back"`,
	} {
		written, err := json.Marshal(stage)
		require.NoError(t, err)
		require.Equal(t, text, string(written))

		var read Stage
		require.NoError(t, json.Unmarshal(written, &read))
		require.Equal(t, stage, read)
	}
}

func TestUnknownStageIsOnTheSafeSide(t *testing.T) {
	for _, stage := range []Stage{0, 6, 255} {
		require.True(t, State{Epoch: 1, Version: "v", Stage: stage}.Tripped(), stage)
		require.True(t, NewLatch(State{Epoch: 1, Version: "v", Stage: stage}).Tripped(), stage)
	}
	require.Equal(t, "unknown(7)", Stage(7).String())

	for _, text := range []string{"", "Ramping", "unknown(1)", "Promoted", "\x00"} {
		stage := Ramping
		require.ErrorContains(t, stage.UnmarshalText([]byte(text)), "is not one of", text)
		require.Equal(t, Stage(0), stage, text)
	}
}
