// Command decisions measures how good decisions are: the criteria of this module
// and the rules people use today, side by side, in the same seeded traffic.
//
//	go run ./benchmarks/decisions                      # minutes
//	go run ./benchmarks/decisions -nightly             # hours of CPU
//	go run ./benchmarks/decisions -rows '1% -> 5%'     # some rows
//	go run ./benchmarks/decisions -markdown            # for the documentation
//
// Two questions are asked. How often is a candidate rolled back that is no worse
// than stable, with a look after every request? And how many calls does a bad
// candidate get to serve before it is out? A rule that fails the first question is
// marked with "!" and is no match for the second: anything is fast that may be wrong.
//
// A row is data: a world, the share of the candidate, the rules that apply and the
// bars that ours has to meet. The numbers do not depend on the number of workers.
// The exit status is 1 if one of our bars is missed, 2 if the flags make no sense.
package main
