// Package intake takes feedback from a network: an HTTP handler in front of a [Sink], which knows what the feedback is about.
//
// A request is a POST of application/json, one report or several:
//
//	{"token": "v1.k1...", "signal": "corrected", "value": 1}
//	{"reports": [{"token": "v1.k1...", "signal": "corrected", "value": 1}, ...]}
//
// All fields are required, a forgotten value must not become a 0; unknown and repeated fields are refused, and nothing of a request is taken unless all of it
// can be read. The answer to a readable request is 200, whatever became of its reports:
//
//	{"taken": 1, "refused": [{"index": 1, "reason": "duplicate"}]}
//
// Everything else is answered with {"error": "..."} and one of
//
//	400  not the JSON above                    413  too many bytes or reports
//	403  [Config].Authorize does not want it   415  not application/json, or compressed
//	405  not a POST                            429  too many reports a second; Retry-After says when
//	500  Authorize or the sink panicked
//
// Answers tell nothing about the arm of a token, nor why one is not genuine: all such reasons read "token", so that the handler is of no use to somebody who
// tries to make one.
//
// A body is read to its bound and no longer. How long a client may take to send it is a matter of the server: set http.Server.ReadTimeout.
package intake
