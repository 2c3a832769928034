// Package pairlog keeps pairs of answers: what a record holds, how it is written and how it is read again.
package pairlog
