package main

import "time"

// minute is how long a minute lasts in this example.
const minute = 20 * time.Millisecond

// minutes is how many of them a time is.
func minutes(d time.Duration) float64 { return float64(d) / float64(minute) }
