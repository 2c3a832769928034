// Command shadow runs a new language detector in the shadow of the one in
// service, and finds out what it would do to whom before it has served anybody.
//
//	go run ./examples/shadow
//	go run ./examples/shadow -dir pairs -requests 20000   keep the log and the page
//
// Both models are real: whatlanggo is in service, lingua-go in its low-accuracy
// mode is the candidate, and texts are cut out of the Universal Declaration of
// Human Rights in 20 languages. Nobody has planted what is found.
//
//  1. The share of the candidate is 0, the shadow is asked for every request.
//     A person could now go home.
//  2. In the middle of it the candidate hangs. Requests do not notice.
//  3. The pair log is read: a page for people, the criteria once more as
//     guardrails and, because here somebody knows the truth, who was right.
//
// The exit status is 1 if a promise was broken: stable's answer was changed, the
// candidate answered a request, or requests waited for a shadow.
package main
