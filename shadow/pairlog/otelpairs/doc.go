// Package otelpairs sends pairs of answers to OpenTelemetry logs, for those who ship them to a warehouse instead of keeping files.
//
// A record becomes an event named "model_canary.pair" of severity INFO, with the time and the trace id of the request. What one filters by are attributes:
//
//	model_canary.name                    the canary
//	model_canary.epoch                   its epoch
//	model_canary.pair.rate               the fraction of requests that was drawn
//	model_canary.pair.quadrant           "stable outcome/candidate outcome", such as "ok/error"
//	model_canary.pair.differs            whether the answers differ
//	model_canary.pair.distance           how far they are apart, if that means something
//	model_canary.pair.rerun_differs      the same of stable's second answer, where there is one
//	model_canary.pair.rerun_distance
//	model_canary.slice.<dimension>       the slices that the request lies in
//	model_canary.<side>.version          of <side> stable, candidate and rerun
//	model_canary.<side>.outcome
//	model_canary.<side>.class
//	model_canary.<side>.duration_s
//	model_canary.<side>.number.<name>    the signals
//	model_canary.<side>.label.<name>
//	model_canary.<side>.check.<name>
//
// The body is a map of what may be large: "input", and "<side>.output" of each side. Each is a text of JSON as in the files of [pairlog], with the same limits
// and marks, so that a column of a warehouse has one type whatever models answer. Names and labels that are too long are cut and what is not UTF-8 in them becomes
// U+FFFD; a map of more than 1,024 entries is left out.
package otelpairs
