// Package local is an OpenFeature provider for applications that have no flag service yet.
package local
