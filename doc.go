// Package modelcanary is the root of an SDK for in-process model canaries.
package modelcanary
