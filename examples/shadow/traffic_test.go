package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestTrafficIsThatOfItsSeed(t *testing.T) {
	c := texts(t)
	if !reflect.DeepEqual(newTraffic(c, 500, 7), newTraffic(c, 500, 7)) {
		t.Error("the same seed draws other requests")
	}
	if reflect.DeepEqual(newTraffic(c, 500, 7), newTraffic(c, 500, 8)) {
		t.Error("another seed draws the same requests")
	}
}

// What is said of a request is true: its text is of the language, and mostly of the market, too.
func TestTrafficIsWhatItSays(t *testing.T) {
	c := texts(t)
	const n = 4000
	away := 0
	for i, r := range newTraffic(c, n, 1) {
		if r.Text.ID != i || r.After < 0 {
			t.Fatalf("request %d is numbered %d and comes after %v", i, r.Text.ID, r.After)
		}
		if !stands(c[r.Truth], r.Text.Words) {
			t.Fatalf("%q is not %s", r.Text.Words, r.Truth)
		}
		if got := len(strings.Fields(r.Text.Words)); got > lengths[len(lengths)-1] {
			t.Fatalf("%q has %d words", r.Text.Words, got)
		}
		if c[r.Text.Market] == nil {
			t.Fatalf("there is no market %q", r.Text.Market)
		}
		if r.Truth != r.Text.Market {
			away++
		}
	}
	if want := abroad * n; float64(away) < want/2 || float64(away) > 2*want {
		t.Errorf("%d of %d write another language than the market's, want about %.0f", away, n, want)
	}
}

func stands(paragraphs []paragraph, words string) bool {
	for _, p := range paragraphs {
		if strings.Contains(strings.Join(p, " "), words) {
			return true
		}
	}
	return false
}
