// Package canary is the middleware: it wraps a stable and a candidate model as one predictor.
package canary
