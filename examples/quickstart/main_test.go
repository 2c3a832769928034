package main

import (
	"strings"
	"testing"
)

func TestRunComparesTheModels(t *testing.T) {
	var out strings.Builder
	if err := run([]string{"-candidate", "quantised"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"897 rows", "stable ", "better ", "quantised "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

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
			err := run(tt.args, &out)
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
	if err := run([]string{"-h"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range candidateNames() {
		if !strings.Contains(out.String(), name) {
			t.Errorf("the help does not mention %q:\n%s", name, out.String())
		}
	}
}
