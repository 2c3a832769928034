// Package rollback keeps what must never be lost of a rollout: which epoch runs, how far it may go, and whether it was rolled back.
//
// An epoch is one attempt with one candidate version. [State] is what is remembered about it, as plain data with pure transitions:
// [State.Next] begins an epoch, [State.Expose] notes how much traffic it has had, [State.RollBack] ends it for good, and
// [State.Join] brings two memories of the same canary together. Join is commutative, associative and idempotent, so late, duplicated
// and reordered news all lead to the same place, and inside an epoch a rollback always wins.
//
// [Machine] says what may happen to a state, and who may do it: how the declared [Ramp] is climbed, held, resumed and left, and how the candidate
// becomes the stable model. The automatic actor only lowers the candidate's share, or takes the next declared step with proof; what a person has
// decided it does not undo.
//
// A [Latch] holds the state in memory: a trip is one-way, takes effect at once, and is read without a lock. A [Store] holds it across
// restarts: [OpenFile] on the local disk, [NewMemory] for tests and for those who want nothing more. [Save] joins a state into a store. Both are an
// [EvidenceStore], too: what an epoch has shown lies beside its state, off the way of a trip.
//
// # Order of a trip
//
// Memory first, then disk, so that no disk can delay it:
//
//	state, first := latch.Trip(cause)                    // the next request is stable's
//	state, err := rollback.Save(ctx, store, state)       // nil: it is also there after a power loss
//
// # The safe side
//
// Whatever cannot be known counts as rolled back: the zero [State], the zero [Latch], an unknown [Stage], a file that is damaged,
// locked, unreadable or from a newer release. Nothing here fails a service because of its disk; what happened is in the error of
// [File.Load], which can simply be called again later.
package rollback
