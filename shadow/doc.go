// Package shadow runs a candidate beside the stable model, on live requests and without serving it: admission on spare processors, a bounded ring, isolation, pairs
// of answers, their comparison and the noise floor. Nobody waits for it.
package shadow
