package criteria

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func testWords[W word](t *testing.T, last W) {
	for w := W(0); w <= last; w++ {
		text, err := json.Marshal(map[string]W{"x": w})
		require.NoError(t, err)
		require.JSONEq(t, `{"x":"`+w.String()+`"}`, string(text))
		back := map[string]W{}
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, w, back["x"])
	}
	_, err := json.Marshal(last + 1)
	require.ErrorContains(t, err, "criteria: ")
	got := last
	for _, text := range []string{`""`, `"?"`, `"` + (last + 1).String() + `"`, `1`} {
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
		require.Equal(t, last, got, "what cannot be read changes nothing")
	}
}

func TestWordsTravelAsText(t *testing.T) {
	t.Run("role", func(t *testing.T) { testWords(t, Observe) })
	t.Run("want", func(t *testing.T) { testWords(t, Lower) })
	t.Run("slice action", func(t *testing.T) { testWords(t, CarveOut) })
	t.Run("result", func(t *testing.T) { testWords(t, Fail) })
}

func TestUnknownWordsSayWhatIsKnown(t *testing.T) {
	var r Role
	require.EqualError(t, r.UnmarshalText([]byte("guard")), `criteria: role "guard" is none of ["guardrail" "hold" "observe"]`)
	_, err := Role(7).MarshalText()
	require.EqualError(t, err, "criteria: role 7 is above 2, observe")
}
