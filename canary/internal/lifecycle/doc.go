// Package lifecycle loads a model when it is needed, warms it up, lets calls in when it is ready, and closes it after the last call has left when it is needed no
// more.
//
//	            Need(true)          loaded          warmed up
//	Idle ----------------> Loading -------> Warming ---------> Ready
//	 ^                     ^    |             |               |   ^
//	 |      after a while  |    v   failed    v       cooled  |   | Need(true)
//	 |                     +--- Failed <------+       down    v   |
//	 +------------------------------------------------------ Draining
//	                   no call under way, closed
//
// Nobody waits for a load on the request path: a call of a model that is not ready gets [ErrNotReady] at once. A load that fails, panics, ends its goroutine or
// hangs is the state of this replica, tried again while the model is needed, and never a verdict on the model.
//
// There is no goroutine but those that run a function of the application: one load, one closing, and at most two given up that have not returned. Everything
// else is a step of a state machine, taken by whoever brings the news: the keeper, a timer, a load that ended, the last call that left.
package lifecycle
