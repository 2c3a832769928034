package rollback

import "context"

// Store keeps the [State] of one canary across restarts. Implementations are safe for concurrent use, and never used by the request path.
//
// A store changes only by compare-and-swap on its revision, so writers that do not know each other cannot overwrite what they have not
// seen; [Save] is the loop around that. Who opens a store closes it; a canary does not. A store that is an [EvidenceStore], too, lets an epoch go on with its
// evidence after a restart.
type Store interface {
	// Load returns the stored state, with its Revision set. It returns [ErrNoState] if nothing was ever stored: a first start. After any
	// other error the candidate must stay out; the state returned beside it is what could be learned all the same, which is enough to see a
	// rollback, never to expose a candidate. Load may be called again at any time and then tries again.
	Load(ctx context.Context) (State, error)

	// CompareAndSwap stores next if the stored revision is next.Revision, 0 meaning that there is none yet, and returns what is stored with
	// its new revision. It returns [ErrConflict] if the revision is another. A nil error means that the state is durable. After any other
	// error it is unknown whether next was stored: Load again. The state beside an error is what was learned on the way, as for Load; zero if
	// nothing was.
	//
	// What is stored is the [State.Join] of the stored state and next, so that no caller can take back a rollback by mistake.
	CompareAndSwap(ctx context.Context, next State) (State, error)
}
