// Package telemetry counts what a canary does in memory of its own and hands it to OpenTelemetry off the request path.
//
// [Recorder] is the memory: atomic counters, nothing else. [Instruments] exports it: counters are observable instruments that are read when the
// application collects, and durations, for which OpenTelemetry has no observable histogram, are replayed by [Instruments.Replay].
// Attributes come from closed sets.
package telemetry
