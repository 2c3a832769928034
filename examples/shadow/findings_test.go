package main

import "testing"

func TestDropped(t *testing.T) {
	for want, by := range map[string]map[string]int64{
		"":                                {},
		"; expired 1,200":                 {"expired": 1200},
		"; expired 30; queue_full 2; a 1": {"queue_full": 2, "a": 1, "expired": 30},
	} {
		if got := dropped(by); got != want {
			t.Errorf("%v: got %q, want %q", by, got, want)
		}
	}
}

func TestPart(t *testing.T) {
	if got := part(1, 8); got != "12.5 %" {
		t.Errorf("1 of 8 is %q", got)
	}
	if got := part(0, 0); got != "-" {
		t.Errorf("0 of 0 is %q, want no figure", got)
	}
}
