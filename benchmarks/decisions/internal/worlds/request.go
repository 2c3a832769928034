package worlds

import (
	"math/rand/v2"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// PerSecond is the traffic of every world. Rules that look once a minute wait for
// PerMinute requests of both arms together.
const (
	PerSecond = 50
	PerMinute = 60 * PerSecond
)

// A Request is one settled request: what any rule may look at.
type Request struct {
	// I numbers the requests of both arms from 0; requests before exposure are
	// negative.
	I int
	// Share is P(candidate) of this request, in (0, 1).
	Share float64
	// Arm is the one the router's coin chose.
	Arm criteria.Arm
	// Harm says that the call failed, or that the user did not convert.
	Harm bool
	// Value is the latency in milliseconds or a score; which, is the world's matter.
	Value float64
	// Label is the class that was answered, or the value that a slice stands for.
	Label uint16
	// Class is the way in which a failed call failed.
	Class uint16
	// Slice is the cell of the slice that the request is in, known before its arm.
	Slice uint8
}

// Time is when the request settled, on a clock that starts with exposure.
func (r *Request) Time() time.Duration { return time.Duration(r.I) * (time.Second / PerSecond) }

// A World fills in the outcome of a request whose other fields are set. It holds
// no state, so that trials may run in any order and at once.
type World interface {
	Draw(rng *rand.Rand, r *Request)
}

// Shares is P(candidate) as it develops over the requests.
type Shares func(i int) float64

// Hold keeps one share.
func Hold(share float64) Shares { return func(int) float64 { return share } }

// Ramp climbs through the shares in equal parts of n requests.
func Ramp(n int, shares ...float64) Shares {
	return func(i int) float64 { return shares[min(max(i, 0)*len(shares)/n, len(shares)-1)] }
}
