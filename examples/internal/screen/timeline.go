// Package screen prints what the examples have to say, 80 columns wide.
package screen

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	barWidth   = 24 // characters
	actorWidth = 8  // characters
)

// Timeline prints what happens as it happens, with the seconds since it was
// made. On a terminal it also keeps one line of progress at the bottom; into
// a pipe or a file go the events alone. Safe for concurrent use.
type Timeline struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	start    time.Time
	bar      int // characters of progress on the current line
}

// NewTimeline starts the clock. Progress is shown on a terminal only.
func NewTimeline(w io.Writer, terminal bool) *Timeline {
	return &Timeline{w: w, terminal: terminal, start: time.Now()}
}

// IsTerminal tells whether somebody is likely to be watching.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Heading begins an act.
func (t *Timeline) Heading(text string) {
	t.print("\n" + text + "\n")
}

// Say prints what somebody did.
func (t *Timeline) Say(who, format string, args ...any) {
	head := fmt.Sprintf("%s  %-*s", t.seconds(), actorWidth, who)
	t.print(Hang(head, fmt.Sprintf(format, args...)) + "\n")
}

func (t *Timeline) seconds() string {
	return fmt.Sprintf("%7.2f s", time.Since(t.start).Seconds())
}

func (t *Timeline) print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	_, _ = io.WriteString(t.w, text)
}

// Progress redraws the line at the bottom of a terminal.
func (t *Timeline) Progress(done, of int, text string) {
	if !t.terminal {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	full := barWidth * done / max(1, of)
	line := fmt.Sprintf("%s  [%s%s] %s", t.seconds(), strings.Repeat("#", full), strings.Repeat(".", barWidth-full), text)
	t.bar = len(line)
	_, _ = io.WriteString(t.w, line)
}

// clear blanks the line of progress, if there is one. Requires the lock.
func (t *Timeline) clear() {
	if t.bar > 0 {
		_, _ = fmt.Fprintf(t.w, "\r%*s\r", t.bar, "")
		t.bar = 0
	}
}
