// Package benchmarks measures what modelcanary costs and how well it decides.
package benchmarks
