// Package ledger records every request once, in the order of assignment, in bounded memory and without a lock on the request path.
//
// A request reserves a slot when its arm is chosen and settles it when the call ends. One folder, off the path, visits the slots in an order that
// keeps cause before effect, lifts what is settled and settles what is overdue. So evidence is always a prefix of the assignments, whoever is slow.
//
// The request side is [Ledger.Reserve] and [Hold.Settle]: a compare-and-swap on the head of a stripe, plain stores, one atomic store that publishes,
// and one compare-and-swap when the call ends. A full ledger thins: the request is served all the same and is not evidence. Its unit is marked in
// [Spent], because "got a slot" may depend on earlier outcomes while "was assigned" does not.
//
// The folding side is [Folder]; [Coins] says which slots still carry a fresh coin.
package ledger
