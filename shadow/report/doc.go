// Package report reads the pair logs of a shadow and answers one question: may this candidate go live, and if not, why not.
//
// [Read] goes over the logs once, in bounded memory however large they are, and returns a [Summary]: plain data, the same for the same logs whatever the machine.
// [Summary.WriteText] shows it in a terminal, [Summary.WriteHTML] as a page that is one file. The command shadowreport does both:
//
//	go run github.com/modelcanary/go-sdk/shadow/cmd/shadowreport pairs/*.jsonl -o report.html
//
// # What is compared with what
//
// A candidate that answers otherwise than stable is not at fault where stable, asked the same input again, answers otherwise too. So what counts is by how much
// the candidate differs beyond that, the excess over the noise floor, measured on the pairs with a rerun. A [Summary.Headline] passes only what is proven: with
// too few pairs it says so, which is no pass.
//
// One trial is one canary, one epoch and one pair of versions. A log that holds several is not averaged: the trial that began last is summarised, and the others
// are named; [Config] can choose another one.
//
// # What a shadow cannot say
//
// Pairs are drawn in quiet moments, so latencies of the two are shown and decide nothing. Pairs of inputs that repeat are not independent: the intervals are too
// narrow then.
package report
