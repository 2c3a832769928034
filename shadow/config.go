package shadow

import (
	"time"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// Config declares how a candidate runs in the shadow of the stable model. It is plain data and functions, read once. The zero value asks for no shadows.
//
// The functions are called on the shadow's own goroutines, but for Clone, CloneOutput and Size, which run on the caller's, for drawn requests only. Each is recovered;
// one that panics costs its pair and is counted.
type Config[In, Out any] struct {
	// Rate is the fraction of stable's requests that is shadowed, in [0, 1]. In a canary a flag may set it instead.
	Rate float64

	// PerRequest draws each request by itself. By default requests are drawn by their unit, so that the shadow sees a unit always or never.
	PerRequest bool

	// Clone copies an input before any model may change it: on the caller's goroutine, and in the shadow once more for each model that is asked. nil: In must hold no pointers, strings aside, which is proven by reflection; otherwise New refuses.
	Clone func(In) In

	// CloneOutput copies stable's answer before the caller may change it. nil: as for Clone, of Out.
	CloneOutput func(Out) Out

	// Equal says that two answers are the same for every practical purpose. nil: their Distance is at most Tolerance; without a Distance either, they are compared
	// by what they are made of, numbers within Tolerance. Types that cannot be compared so (functions, channels) are refused.
	Equal func(stable, candidate Out) bool

	// Distance says how far apart two answers are: 0 for alike, no upper bound, NaN where it means nothing. It is logged and reported, and decides where Equal is
	// nil. [EditDistance] is one for texts.
	Distance func(stable, candidate Out) float64

	// Tolerance is what still counts as equal: with Distance an absolute distance, else the relative difference of two numbers. 0 means none.
	Tolerance float64

	// Rerun is the fraction of pairs for which stable is asked the same input again, in (0, 1]: how much it differs from itself is the noise floor that the
	// candidate is measured against. 0 means [DefaultRerun]; negative: never. With a quick stable model choose 1: only pairs with a rerun testify about disagreement.
	Rerun float64

	// Queue is how many drawn requests may wait, at most 65,536; 0 means [DefaultQueue].
	Queue int

	// Concurrency is how many shadows may run at once, hung ones aside, at most 1,024; 0 means 1.
	Concurrency int

	// MaxInFlight is the number of requests that may be with the models while a shadow starts, other running shadows included. 0 means what leaves a processor
	// free beside its own, max(0, GOMAXPROCS-2); [WhenIdle]: none; [Ungated]: whatever goes on, which can ruin the latency of callers.
	MaxInFlight int

	// TTL is how long a request that stable has answered may wait for a free processor before it is dropped, at most a minute; 0 means [DefaultTTL].
	TTL time.Duration

	// Timeout bounds a shadow's call of a model: its context ends then, and a call that does not return is abandoned, its result discarded. 0 means a second.
	Timeout time.Duration

	// MaxAbandoned is how many calls may hang: a shadow starts only while those that do, and those that run and may yet, are fewer. At most 4,096; 0 means
	// [DefaultAbandoned], or Concurrency if that is more.
	MaxAbandoned int

	// MaxBytes bounds what waiting and running shadows hold, by Size; 0 means 64 MiB. One alone may have a sixty-fourth of it.
	MaxBytes int64

	// Size is the memory that an input and an answer hold, in bytes. nil: that of the values, with the strings and slices directly in them.
	Size func(In, Out) int

	// Log takes every pair; nil: none is logged. It needs Redact or SafeOutputs.
	Log pairlog.Sink

	// Redact turns an answer into what may be logged of it: nil for nothing.
	Redact func(Out) any

	// RedactInput turns an input into what may be logged of it. nil: inputs are not logged.
	RedactInput func(In) any

	// SafeOutputs declares that answers hold nothing that must not be read in a log: without Redact they are logged as they are.
	SafeOutputs bool
}

const (
	// DefaultRerun is the fraction of pairs with a rerun of stable.
	DefaultRerun = 0.02
	// DefaultQueue is how many drawn requests may wait.
	DefaultQueue = 256
	// DefaultTTL is how long one may.
	DefaultTTL = 20 * time.Millisecond
	// DefaultTimeout is how long a shadow's call may take.
	DefaultTimeout = time.Second
	// DefaultAbandoned is how many abandoned calls may be under way.
	DefaultAbandoned = 16

	// WhenIdle is a MaxInFlight of none.
	WhenIdle = -1
	// Ungated is a MaxInFlight without a limit.
	Ungated = -2
)
