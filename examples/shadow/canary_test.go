package main

import "testing"

func TestDistance(t *testing.T) {
	for name, tt := range map[string]struct {
		stable, candidate Label
		want              float64
	}{
		"the same":        {Label{"en", 1}, Label{"en", 0.25}, 0},
		"both are sure":   {Label{"uk", 1}, Label{"ru", 1}, 2},
		"one is not":      {Label{"uk", 1}, Label{"ru", 0.25}, 1.25},
		"one has no idea": {Label{"vi", 0.5}, Label{}, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			if got := distance(tt.stable, tt.candidate); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestExpected(t *testing.T) {
	for code, want := range map[string]float64{"vi": 1, "id": 0, "": 0} {
		if got := expected(Text{Market: "vi"}, Label{Code: code}); got != want {
			t.Errorf("%q in the market vi: got %v, want %v", code, got, want)
		}
	}
}
