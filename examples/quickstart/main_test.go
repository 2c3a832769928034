package main

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestRunRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"candidate": {[]string{"-candidate", "worse"}, `no candidate "worse"`},
		"seed":      {[]string{"-seed", "-1"}, `invalid value "-1"`},
		"flag":      {[]string{"-speed", "9"}, "-speed"},
		"argument":  {[]string{"quantised"}, `unexpected argument "quantised"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(t.Context(), tt.args, &out)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "quickstart: ") {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if out.Len() > 0 {
				t.Errorf("printed %q, want nothing but the error", out.String())
			}
		})
	}
}

func TestRunHelps(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-h"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range candidateNames() {
		if !strings.Contains(out.String(), name) {
			t.Errorf("the help does not mention %q:\n%s", name, out.String())
		}
	}
}

func TestRunComparesTheModelsFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := run(ctx, []string{"-candidate", "quantised"}, &out); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the end of the context", err)
	}
	for _, want := range []string{"897 rows", "stable ", "better ", "quantised "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
