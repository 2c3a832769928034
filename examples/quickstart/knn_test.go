package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKNNKnowsARowItHasSeenWhereverItLies(t *testing.T) {
	l := trained(t)
	model := &knn{rows: l.data.Past[:50]}
	seen := l.data.Past[7]
	var moved [pixels]float64
	for y := range side - 1 { // one pixel up, nothing lost: the top line is blank
		copy(moved[y*side:], seen.Pixels[(y+1)*side:(y+2)*side])
	}
	got, err := model.Predict(context.Background(), Image{Pixels: moved})
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
			near.offer(d, int(d)%classes)
		}
		slices.Sort(all)
		want := all[:min(n, neighbours)]
		if got := near.distance[:near.n]; !slices.Equal(got, want) {
			t.Fatalf("kept %v of %v, want %v", got, all, want)
		}
		for i := range near.n {
			if near.truth[i] != int(near.distance[i])%classes {
				t.Fatalf("truth %d went astray from distance %v", near.truth[i], near.distance[i])
			}
		}
	}
}

func TestShifted(t *testing.T) {
	var in, want [pixels]float64
	in[0], in[2*side+3] = 1, 5
	want[1*side+5] = 5
	if got := shifted(&in, 2, -1); got != want {
		t.Errorf("got %v, want %v: right and up, the corner lost", got, want)
	}
	if got := shifted(&in, 0, 0); got != in {
		t.Errorf("got %v, want the image itself", got)
	}
}
