package lifecycle

import "time"

const (
	// retryFirst and retryMost bound the time between a failed load and the next.
	retryFirst = time.Second
	retryMost  = 5 * time.Minute
)

// backoff is the time to the next load after a number of failures in a row: a jitter in [0, 1) spreads it over the upper half of a range that doubles.
func backoff(failures int, jitter float64) time.Duration {
	most := retryMost
	if failures < 9 { // 2 s << 8 is beyond it
		most = min(most, retryFirst<<max(failures, 1))
	}
	half := most / 2
	return min(most, half+time.Duration(min(max(jitter, 0), 1)*float64(half)))
}
