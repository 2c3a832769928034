package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

func TestKNNKnowsARowItHasSeenWhereverItLies(t *testing.T) {
	l := trained(t)
	model := &knn{rows: l.Data.Past[:50]}
	seen := l.Data.Past[7]
	var moved [digits.Pixels]float64
	for y := range digits.Side - 1 { // one pixel up, nothing lost: the top line is blank
		copy(moved[y*digits.Side:], seen.Pixels[(y+1)*digits.Side:(y+2)*digits.Side])
	}
	got, err := model.Predict(context.Background(), digits.Image{Pixels: moved})
	if err != nil || got.Value != seen.Truth {
		t.Errorf("got %+v, %v, want %d", got, err, seen.Truth)
	}
}

func TestNearestKeepsTheClosest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 200 {
		n := round % (3 * neighbours)
		var near nearest
		var all []float64
		for range n {
			d := float64(rng.IntN(20))
			all = append(all, d)
			near.offer(d, int(d)%digits.Classes)
		}
		slices.Sort(all)
		want := all[:min(n, neighbours)]
		if got := near.distance[:near.n]; !slices.Equal(got, want) {
			t.Fatalf("kept %v of %v, want %v", got, all, want)
		}
		for i := range near.n {
			if near.truth[i] != int(near.distance[i])%digits.Classes {
				t.Fatalf("truth %d went astray from distance %v", near.truth[i], near.distance[i])
			}
		}
	}
}

func TestShifted(t *testing.T) {
	var in, want [digits.Pixels]float64
	in[0], in[2*digits.Side+3] = 1, 5
	want[1*digits.Side+5] = 5
	if got := shifted(&in, 2, -1); got != want {
		t.Errorf("got %v, want %v: right and up, the corner lost", got, want)
	}
	if got := shifted(&in, 0, 0); got != in {
		t.Errorf("got %v, want the image itself", got)
	}
}
