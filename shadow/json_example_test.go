package shadow_test

import (
	"fmt"

	"github.com/modelcanary/go-sdk/shadow"
)

// Two models call the same tool with the same arguments, each in its own hand.
func ExampleSameJSON() {
	config := shadow.Config[string, string]{Equal: shadow.SameJSON}

	fmt.Println(config.Equal(`{"city": "Rome", "days": 3}`, `{"days":3.0,"city":"Rome"}`))
	fmt.Println(config.Equal(`{"city": "Rome", "days": 3}`, `{"city": "Rome", "days": "3"}`))
	// Output:
	// true
	// false
}

// One field of the four is another, and may be.
func ExampleJSONDistance() {
	config := shadow.Config[string, string]{Distance: shadow.JSONDistance, Tolerance: 0.25}

	stable := `{"name": "Ada", "born": {"year": 1815, "city": "London"}, "tags": ["mathematics"]}`
	candidate := `{"name": "Ada", "born": {"year": 1815, "city": "London"}, "tags": ["computing"]}`
	fmt.Println(config.Distance(stable, candidate))
	// Output: 0.25
}
