package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"seed":     {[]string{"-seed", "-1"}, `invalid value "-1"`},
		"flag":     {[]string{"-speed", "9"}, "-speed"},
		"argument": {[]string{"now"}, `unexpected argument "now"`},
		"too few":  {[]string{"-requests", "10"}, "10 requests"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(t.Context(), tt.args, &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "shadow: ") {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q, want nothing but the error", out.String())
			}
		})
	}
}

func TestRunAddsToNoLog(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "langdetect.jsonl"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), []string{"-dir", dir}, &out); err == nil || !strings.Contains(err.Error(), "a log already") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := run(ctx, []string{"-dir", t.TempDir()}, &out); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// A short run keeps its promises, says what it found, and leaves a page and a log in which no text of a user stands.
func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pairs")
	var out strings.Builder
	if err := run(t.Context(), []string{"-requests", "1000", "-dir", dir}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"requests in the shadow", "disagreement: ", "difference(expected): ", "0 of them got another answer", "everything", "page: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	log := read(t, dir, "langdetect.jsonl")
	if !strings.Contains(read(t, dir, "langdetect.html"), "whatlang-1.0.1") {
		t.Error("the page does not name stable")
	}
	for _, r := range newTraffic(texts(t), 1000, 1) {
		if len(r.Text.Words) > 12 && strings.Contains(log, r.Text.Words) {
			t.Fatalf("%q stands in the log", r.Text.Words)
		}
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
