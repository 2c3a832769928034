package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/modelcanary/go-sdk/canary"
)

func TestPromises(t *testing.T) {
	for name, tt := range map[string]struct {
		seen promises
		want string // empty: kept
	}{
		"kept":         {promises{requests: 9, beside: 3}, ""},
		"none hung":    {promises{requests: 9}, ""},
		"changed":      {promises{changed: 1}, "got something else"},
		"served":       {promises{candidate: 2}, "called for 2 requests"},
		"waited":       {promises{waited: true}, "waited for a shadow"},
		"all of these": {promises{changed: 1, candidate: 1, waited: true}, "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.seen.err()
			if (err == nil) != (tt.want == "") {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}

var english = canary.Func(func(context.Context, Text) (Label, error) { return Label{Code: "en"}, nil })

func TestWitnessTellsRequestsFromShadows(t *testing.T) {
	w := new(witness)
	stable, candidate := w.stable(english), w.candidate(english)
	ctx, said := w.attend(t.Context())
	for _, shadowed := range []context.Context{ctx, t.Context()} {
		if _, err := stable.Predict(shadowed, Text{}); err != nil {
			t.Fatal(err)
		}
	}
	if said.answer.Code != "en" || said.calls != 1 {
		t.Errorf("testimony %+v, want one call and its answer", *said)
	}
	for calls, of := range []context.Context{t.Context(), ctx} {
		if _, err := candidate.Predict(of, Text{}); err != nil {
			t.Fatal(err)
		}
		if got := w.served.Load(); got != int64(calls) {
			t.Errorf("%d calls for requests, want %d", got, calls)
		}
	}
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hold
		h.pass(t.Context()) // nothing is held
		h.begin()
		ctx, cancel := context.WithCancel(t.Context())
		go h.pass(t.Context())
		go h.pass(ctx)
		synctest.Wait()
		if !h.hangs() || !h.held() || h.givenUp() {
			t.Fatalf("two calls should hang: %+v", &h)
		}
		cancel()
		synctest.Wait()
		if !h.hangs() || !h.givenUp() {
			t.Fatalf("one of them was given up: %+v", &h)
		}
		h.end()
		synctest.Wait()
		if h.hangs() || h.held() {
			t.Fatalf("nothing should hang any more: %+v", &h)
		}
		h.pass(t.Context())
	})
}
