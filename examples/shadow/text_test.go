package main

import "testing"

func TestSlices(t *testing.T) {
	for words, want := range map[string][2]string{
		"":            {"1-2 words", "none"},
		"12 34":       {"1-2 words", "none"},
		"one":         {"1-2 words", "latin"},
		"1. Все люди": {"3-4 words", "cyrillic"},
		"Όλοι οι άνθρωποι γεννιούνται ελεύθεροι": {"5-8 words", "greek"},
		"a b c d e f g h i": {"9+ words", "latin"},
	} {
		in := Text{Words: words}
		if got := [2]string{in.length(), in.script()}; got != want {
			t.Errorf("%q lies in %q, want %q", words, got, want)
		}
	}
}
