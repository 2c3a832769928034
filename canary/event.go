package canary

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
)

// Event is something a person may want to know, as plain data. It prints itself in one line.
type Event struct {
	// Canary is the canary's name.
	Canary string
	// Kind is what happened.
	Kind EventKind
	// At is when.
	At time.Time
	// Message says it in words. It holds no input, output or key, but it may name the label, slice or failure class that a criterion is about.
	Message string
	// Actor is who caused it, where somebody did.
	Actor string
	// Epoch and Share are those at the time.
	Epoch uint64
	Share float64
	// NotDurable, with [RolledBack], is why the rollback is not stored durably yet; nil when it is.
	NotDurable error
}

// String is the event in one line.
func (e Event) String() string {
	s := fmt.Sprintf("%s: %s: %s", e.Canary, e.Kind, e.Message)
	if e.Actor != "" {
		s += " (by " + e.Actor + ")"
	}
	if e.NotDurable != nil {
		s += fmt.Sprintf(" [not durable: %v]", e.NotDurable)
	}
	return s
}

// EventKind says what happened. The set is closed.
type EventKind string

// The kinds of events.
const (
	// RolledBack: the candidate is out. It is delivered after the attempt to store that, or two seconds later.
	RolledBack = EventKind(keeper.TrippedEvent)
	// ShareChanged: the candidate's share is another one now. That it is 0 after RolledBack, RoutingBroken and Shutdown goes without saying.
	ShareChanged = EventKind(keeper.ShareChanged)
	// RoutingBroken: the split between the arms is not the declared one; the candidate gets no requests.
	RoutingBroken = EventKind(keeper.RoutingBrokenEvent)
	// Held: the share does not rise any more, because a criterion with role Hold is breached or a person said so.
	Held = EventKind(keeper.HeldEvent)
	// Resumed: a person has lifted a hold.
	Resumed = EventKind(keeper.Resumed)
	// Stepped: the ramp has taken its next step, with proof.
	Stepped = EventKind(keeper.Stepped)
	// Approved: a person has agreed to the next step.
	Approved = EventKind(keeper.Approved)
	// Jumped: a person has moved the ramp to another step.
	Jumped = EventKind(keeper.Jumped)
	// Promoted: the candidate is the stable model now.
	Promoted = EventKind(keeper.PromotedEvent)
	// Loaded: the candidate is loaded and warm, see [Model.Load]; Unloaded: it is not needed any more and has no requests.
	Loaded   = EventKind(keeper.Loaded)
	Unloaded = EventKind(keeper.Unloaded)
	// LoadFailed: the candidate could not be loaded; it is tried again.
	LoadFailed = EventKind(keeper.LoadFailed)
	// AuditFailed: the audit trail cannot be written; until it can nothing raises the share or promotes.
	AuditFailed = EventKind(keeper.AuditFailed)
	// Carved: a slice is stable's from now on; see [Config.SliceAction].
	Carved = EventKind(keeper.CarvedEvent)
	// Reassigned: a new period of [Config.Reassign] has begun; units meet another model than before, at random.
	Reassigned = EventKind(keeper.Reassigned)
	// PreflightPassed: stable was no worse than itself; the candidate may be exposed.
	PreflightPassed = EventKind(keeper.PreflightPassed)
	// PreflightFailed: it was; the candidate gets no requests until the next start.
	PreflightFailed = EventKind(keeper.PreflightFailed)
	// Begun: a person has begun an epoch, see [Canary.Begin].
	Begun = EventKind(keeper.Begun)
	// ShadowChanged: the part of stable's requests that has a shadow is another one now, see [Config.Shadow].
	ShadowChanged = EventKind(keeper.ShadowChanged)
	// ShadowSilent: shadows are asked for, and hardly any becomes a pair; the message says what is in the way. ShadowHeard: they come again.
	ShadowSilent = EventKind(keeper.ShadowSilent)
	ShadowHeard  = EventKind(keeper.ShadowHeard)
	// StateMissing: nothing was stored; a first start.
	StateMissing = EventKind(keeper.StateMissing)
	// StateResumed: a stored epoch goes on.
	StateResumed = EventKind(keeper.StateResumed)
	// EvidenceResumed: so does its evidence.
	EvidenceResumed = EventKind(keeper.EvidenceResumed)
	// EvidenceLost: a stored epoch goes on, its evidence begins anew; the message says why: nothing is stored, it is damaged, or something else is declared now.
	EvidenceLost = EventKind(keeper.EvidenceLost)
	// Barred: the candidate's version was rolled back in an earlier epoch; it stays out.
	Barred = EventKind(keeper.BarredEvent)
	// StateUnreadable: the stored state cannot be read; stable serves until it can.
	StateUnreadable = EventKind(keeper.StateUnreadable)
	// StoreFailed: the state, or the evidence, could not be stored; it is tried again.
	StoreFailed = EventKind(keeper.StoreFailed)
	// StoreRecovered: what failed is stored again.
	StoreRecovered = EventKind(keeper.StoreRecovered)
	// MemoryOnly: there is no store; a restart forgets a rollback.
	MemoryOnly = EventKind(keeper.MemoryOnly)
	// TokensLocal: a criterion waits for feedback and there are no keys, see [Tokens]: what is about decisions of other processes, or of before a restart, is refused.
	TokensLocal = EventKind(keeper.TokensLocal)
	// FlagTrouble: the rollout flag cannot be believed.
	FlagTrouble = EventKind(keeper.FlagTrouble)
	// FlagWarning: the rollout flag is read, but may not mean what was intended.
	FlagWarning = EventKind(keeper.FlagWarning)
	// CallbackFailed: a function of the configuration has panicked too often and is not called any more.
	CallbackFailed = EventKind(keeper.CallbackFailed)
	// TelemetryFailed: the OpenTelemetry instruments could not be made.
	TelemetryFailed = EventKind(keeper.TelemetryFailed)
)

// hook adapts the application's hook to the keeper's events.
func hook(onEvent func(Event), name string) func(keeper.Event) {
	if onEvent == nil {
		return nil
	}
	return func(e keeper.Event) {
		onEvent(Event{
			Canary: name, Kind: EventKind(e.Kind), At: e.At, Message: e.Message, Actor: e.Actor, Epoch: e.Epoch, Share: e.Share, NotDurable: e.NotDurable,
		})
	}
}

// logger is where events are logged.
func logger[In, Out any](cfg Config[In, Out]) *slog.Logger {
	log := cfg.Logger
	if log == nil {
		log = slog.Default()
	}
	return log.With(slog.String("canary", cfg.Name))
}
