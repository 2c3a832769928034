// Command decisions measures how good decisions are: the criteria of this module
// and the rules people use today, side by side, in the same seeded traffic.
//
//	go run ./benchmarks/decisions                      # minutes
//	go run ./benchmarks/decisions -nightly             # an hour of CPU
//	go run ./benchmarks/decisions -rows '1% -> 5%'     # some rows
//	go run ./benchmarks/decisions -markdown            # for the documentation
//
// Three questions are asked. How often is a candidate rolled back that is no worse
// than stable, with a look after every request? How many calls does a bad candidate
// get to serve before it is out? And which rules about what may be counted does the
// answer hang on? A rule that fails the first question is marked with "!" and is no
// match for the second: anything is fast that may be wrong.
//
// A row is data: a world, the share of the candidate, the rules that apply and the
// bars that ours has to meet. All bars are in one summary; those that a table cannot
// show are named there with the tests that hold them. The numbers depend on the seed
// alone, not on the number of workers.
//
// With -keep each row is appended to a file and not played again by a run that finds
// it there, so that an interrupted run can go on. With -o the report is put between
// the markers of a Markdown page after every table.
//
// The exit status is 1 if one of our bars is missed, 2 if something else went wrong.
package main
