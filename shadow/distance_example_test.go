package shadow_test

import (
	"fmt"

	"github.com/modelcanary/go-sdk/shadow"
)

// A generated text may change a little before it counts as another: here by a fifth of its runes.
func ExampleEditDistance() {
	config := shadow.Config[string, string]{Distance: shadow.EditDistance, Tolerance: 0.2}

	stable := "The parcel arrives on Monday."
	for _, candidate := range []string{"The parcel arrives on Sunday.", "Your order was cancelled."} {
		distance := config.Distance(stable, candidate)
		fmt.Printf("%.2f %v\n", distance, distance <= config.Tolerance)
	}
	// Output:
	// 0.07 true
	// 0.79 false
}

// What a candidate says may be anything, but it should not become much longer.
func ExampleLengthDistance() {
	fmt.Println(shadow.LengthDistance("four", "fourfold"))
	// Output: 0.5
}

// A retriever's documents go into a prompt whose order does not matter.
func ExampleSameSet() {
	config := shadow.Config[string, []string]{Equal: shadow.SameSet[string]}

	fmt.Println(config.Equal([]string{"doc-1", "doc-7"}, []string{"doc-7", "doc-1"}))
	fmt.Println(config.Equal([]string{"doc-1", "doc-7"}, []string{"doc-1", "doc-8"}))
	// Output:
	// true
	// false
}

// An exchange at the top of a page of results is worth more than one at its end.
func ExampleRankDistance() {
	config := shadow.Config[string, []string]{Distance: shadow.RankDistance[string], Tolerance: 0.05}

	stable := []string{"a", "b", "c", "d", "e"}
	fmt.Printf("%.3f\n", config.Distance(stable, []string{"b", "a", "c", "d", "e"}))
	fmt.Printf("%.3f\n", config.Distance(stable, []string{"a", "b", "c", "e", "d"}))
	// Output:
	// 0.100
	// 0.018
}
