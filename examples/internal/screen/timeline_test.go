package screen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimelineIntoAPipeHasEventsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		timeline := NewTimeline(&out, false)
		timeline.Heading("act 1")
		<-time.After(1234 * time.Millisecond)
		timeline.Progress(1, 2, "half way")
		timeline.Say("users", "%d requests", 7)
		if want := "\nact 1\n   1.23 s  users   7 requests\n"; out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
}

func TestTimelineOnATerminalClearsItsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		timeline := NewTimeline(&out, true)
		timeline.Progress(1, 4, "a quarter")
		timeline.Progress(4, 4, "all")
		timeline.Say("users", "done")
		timeline.Say("canary", "really")
		first := "   0.00 s  [######..................] a quarter"
		second := "   0.00 s  [########################] all"
		want := first + blanked(first) + second + blanked(second) + "   0.00 s  users   done\n   0.00 s  canary  really\n"
		if out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
}

func blanked(line string) string { return "\r" + strings.Repeat(" ", len(line)) + "\r" }

func TestNobodyWatchesAFileOrAPipe(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]*os.File{"file": file, "pipe": w, "other end": r} {
		if IsTerminal(f) {
			t.Errorf("the %s was taken for a terminal", name)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
