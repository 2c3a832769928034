// Package sessions watches units for a while: was there any harm among the first calls of a unit in a step? A defect that needs a second call to show - a cache
// that is wrong when it is warm, a context that grows too long - is not seen by who looks at the first call of each unit alone, and who looks at every call takes
// one unlucky unit for a hundred witnesses. So each unit is one observation: its window.
//
// [Windows] knows no clock, no goroutine and no judge. It is told of slots in the order of assignment and of their outcomes in any order, and hands finished
// windows to a [Sink] in the order in which they were opened. It belongs to one goroutine.
//
// # The rules of evidence
//
// Whether a unit has a window is decided at its first slot of the step, when nothing is known of it but that its coin is fresh; every window that was opened is
// handed over. The pieces of that:
//
//   - A prefix. Windows are handed over in the order of opening, each when it and all before it have finished. A window that finishes early, because its
//     unit calls often, waits for those before it: were it handed over at once, the arm whose units call faster - after an error, say - would be heard first.
//   - Awake time. A window ends at its last call or some awake time after it was opened, the same in both arms, and finishes when the calls in it are settled; the
//     ledger's deadline bounds that. A unit that leaves finishes with what it has: not to call again is no harm, but no reason to be left out either.
//   - The end of a step ends every window at once. When the first slot of a newer step is seen, open windows take no further slots and finish with
//     what they have; they are handed over under their own step's shares, before the first window of the newer step, which waits. To drop them would be wrong: which
//     windows were finished by then depends on how fast their units came back and their calls ended, thus on outcomes and on arms. To cut them short
//     is not: it is done to all of them at one moment, which assumes only that the moment was not chosen by looking at what they have not said yet. A flag, a
//     person and a clock do not, and a judge reads what was handed over.
//   - The probability as really used. A window has the stratum of its first slot, the arm of the unit's own coin and the shares of its step. A
//     sentinel that gives some calls of a candidate's unit to stable dilutes what the window shows; the coin it is held against stays the unit's. Calls that
//     are no evidence, because a flag could not be believed, are not in a window.
//   - Thinning spends the coin. A unit that finds as many windows open as there may be has none in this step: decided before anything is known of it, and not
//     made up for at a later call.
package sessions
