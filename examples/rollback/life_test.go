package main

import (
	"os"
	"strings"
	"testing"

	"github.com/modelcanary/go-sdk/rollback"
)

func TestHearWhatWasSaidBeforeAKill(t *testing.T) {
	const words = `{"Kind":"started"}` + "\n" + `{"Kind":"tripped","Acked":true}` + "\n"
	for text, want := range map[string]int{"": 0, words: 2, words + `{"Kind":"end`: 2, words[:len(words)-1]: 2} {
		reports, err := hear(strings.NewReader(text))
		if err != nil || len(reports) != want {
			t.Errorf("%q: heard %d reports and %v, want %d", text, len(reports), err, want)
		}
		if l := (life{Reports: reports}); l.acked() != (want == 2) {
			t.Errorf("%q: acknowledged is %v", text, l.acked())
		}
	}
	if _, err := hear(strings.NewReader("panic: out of words")); err == nil {
		t.Error("a panic was taken for a report")
	}
}

func TestAProcessThatCannotServeIsAnError(t *testing.T) {
	s := newTestStage(t)
	_, err := live(t.Context(), s.order("x", "softmax-9"))
	if err == nil || !strings.Contains(err.Error(), "exit status 1: ") || !strings.Contains(err.Error(), "softmax-9") {
		t.Errorf("got %v, want what the process complains of", err)
	}
}

func TestOnlyAProcessThatEndedInOrderIsWhole(t *testing.T) {
	end := report{Kind: ended, Tally: &tally{Requests: 7}}
	if total, err := (life{Reports: []report{end}}).whole(); err != nil || total.Requests != 7 {
		t.Errorf("got %+v, %v", total, err)
	}
	for _, l := range []life{{}, {Reports: []report{end}, Status: -1}, {Reports: []report{{Kind: ended}}}} {
		if _, err := l.whole(); err == nil {
			t.Errorf("%+v was taken for whole", l)
		}
	}
}

func TestReadSlots(t *testing.T) {
	path := t.TempDir() + "/x.state"
	store, err := rollback.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	state, err := rollback.Save(t.Context(), store, rollback.State{}.Next("v1").Expose(0.5))
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rollback.Save(t.Context(), store, state.RollBack(rollback.Cause{Reason: "worse"})); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	half := len(after) / 2
	damaged := append([]byte(nil), after[:half]...)
	damaged[100] ^= 1
	for name, tt := range map[string]struct {
		content []byte
		want    [slots]string
	}{
		"both":   {after, [slots]string{"epoch 1 of v1, rolled_back", "epoch 1 of v1, rolled_back"}},
		"first":  {append(after[:half:half], before[half:]...), [slots]string{"epoch 1 of v1, rolled_back", "epoch 1 of v1, ramping"}},
		"second": {append(before[:half:half], after[half:]...), [slots]string{"epoch 1 of v1, ramping", "epoch 1 of v1, rolled_back"}},
		"torn":   {append(damaged, before[half:]...), [slots]string{"damaged, half written", "epoch 1 of v1, ramping"}},
	} {
		if err := os.WriteFile(path, tt.content, 0o600); err != nil {
			t.Fatal(err)
		}
		states, err := readSlots(t.Context(), path)
		if got := [slots]string{describe(states[0]), describe(states[1])}; err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tt.want)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != string(tt.content) {
			t.Errorf("%s: the file was changed by being looked at, %v", name, err)
		}
	}
}
