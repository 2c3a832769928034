package rollback

import (
	"cmp"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "renew the table in docs/state-machine.md")

// The page about the states says what the machine does.
func TestPageShowsTheMachine(t *testing.T) {
	const path, begin, end = "../docs/state-machine.md", "<!-- table: begin -->\n", "<!-- table: end -->"
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	head, rest, found := strings.Cut(string(page), begin)
	require.True(t, found)
	table, tail, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(head+begin+machineTable()+end+tail), 0o644))
		return
	}
	require.Equal(t, machineTable(), table, "go test ./rollback -run Page -update")
}

func machineTable() string {
	begun := onStep(State{}.Next("v1"), 0.05)
	ramping, full := begun.Expose(0.05), onStep(begun, 1).Expose(0.95)
	states := []State{begun, ramping, full, finished(full), full.RollBack(breach)}
	var b strings.Builder
	b.WriteString("| |")
	for _, s := range states {
		b.WriteString(" " + s.Stage.String() + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(states)) + "\n")
	for _, e := range []struct {
		name  string
		event Event
	}{
		{"begin", Event{Kind: OnBegin, Version: "v1"}},
		{"deploy, same version", Event{Kind: OnDeploy, Version: "v1"}},
		{"deploy, another version", Event{Kind: OnDeploy, Version: "v2"}},
		{"expose", Event{Kind: OnExpose, Share: 0.95}},
		{"step, with proof", Event{Kind: OnStep, Proven: true}},
		{"step, without", Event{Kind: OnStep}},
		{"hold", Event{Kind: OnHold, Cause: breach}},
		{"jump, to a lower step", Event{Kind: OnJump, Share: 0.01, Cause: breach}},
		{"promote, with proof", Event{Kind: OnPromote, Proven: true}},
		{"promote, without", Event{Kind: OnPromote}},
		{"trip", Event{Kind: OnTrip, Cause: breach}},
	} {
		b.WriteString("| " + e.name + " |")
		for _, s := range states {
			b.WriteString(" " + cellOf(s, e.event) + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// cellOf is what an event makes of a state, in few words.
func cellOf(s State, e Event) string {
	after, effects := autoRamp.On(s, e)
	if effects.Refused != "" {
		return "-"
	}
	text := after.Stage.String()
	if after.Epoch > s.Epoch {
		text = "new epoch: " + text
	}
	if after.Hold.Held() {
		text += ", held"
	}
	if after.Step > s.Step && after.Epoch == s.Epoch {
		text += ", next step"
	}
	return cmp.Or(text, "-")
}
