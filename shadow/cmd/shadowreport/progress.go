package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress draws a line on a terminal, ten times a second at most.
type progress struct {
	out   io.Writer
	begin time.Time
	last  time.Time
}

// newProgress returns nil if nobody would see it.
func newProgress(out *os.File) *progress {
	info, err := out.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &progress{out: out, begin: time.Now()}
}

func (p *progress) update(read, total int64) {
	now := time.Now()
	if now.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last = now
	_, _ = fmt.Fprint(p.out, "\r\x1b[K"+progressLine(read, total, now.Sub(p.begin)))
}

func (p *progress) clear() { _, _ = fmt.Fprint(p.out, "\r\x1b[K") }

// progressLine says how far it is; total is 0 if it is not known.
func progressLine(read, total int64, took time.Duration) string {
	const width = 32
	speed := float64(read) / max(took.Seconds(), 1e-3)
	if total <= 0 {
		return fmt.Sprintf("%.0f MB  %.0f MB/s", float64(read)/1e6, speed/1e6)
	}
	read = min(read, total) // of a file that grows meanwhile
	part := float64(read) / float64(total)
	full := int(part * width)
	left := "-"
	if speed > 0 {
		left = (time.Duration(float64(total-read)/speed*1e9) * time.Nanosecond).Round(time.Second).String()
	}
	return fmt.Sprintf("%s%s %3.0f %%  %.0f MB/s  %s left", strings.Repeat("━", full), strings.Repeat("─", width-full), 100*part, speed/1e6, left)
}
