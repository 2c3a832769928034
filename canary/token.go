package canary

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/canary/internal/route"
	"github.com/modelcanary/go-sdk/canary/internal/token"
	"github.com/modelcanary/go-sdk/criteria"
)

// Tokens say how the tokens of decisions are made. The zero value makes tokens with a random key of this process: they work in it and nowhere else, and not after a
// restart. An event, [TokensLocal], says so where a criterion waits for feedback.
type Tokens struct {
	// Keys authenticate the tokens. The first one makes them, all are accepted. To change keys without refusing anybody's feedback: add the new key behind the old
	// one everywhere, then put it first, and drop the old one when tokens made with it have expired. Replicas of a service must have the same keys.
	Keys []TokenKey

	// Sealed tokens are encrypted (AES-256-GCM) and cannot be told apart by arm. Seal the tokens that are given to browsers, apps or anybody who would like to know
	// which model has answered, or to speak for one of them. Otherwise the arm can be read, and only authenticity is protected (HMAC-SHA256); the unit is hidden in any
	// case. A key should seal less than 2^32 tokens.
	Sealed bool

	// Purpose is part of what is authenticated, at most 64 bytes: tokens of one purpose ("staging") are refused for another, though the keys be the same.
	Purpose string

	// Valid is how long after its decision a token is taken; 0 means twice the longest [criteria.Feedback] Within, and at least an hour. Less than the longest
	// window is refused; what comes after its window is refused as late and tells that feedback of that kind comes late.
	Valid time.Duration
}

// TokenKey is a secret with a name. It does not print its secret.
type TokenKey struct {
	// ID names the key in the tokens: 1 to 16 of A-Z, a-z, 0-9, underscore and dash; "local" is taken.
	ID string
	// Secret is at least 32 random bytes, for example of crypto/rand, from where the service keeps its secrets.
	Secret []byte
}

// String is the name of the key, without its secret.
func (k TokenKey) String() string { return "TokenKey(" + k.ID + ")" }

// Format writes String, whatever the verb.
func (k TokenKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is String.
func (k TokenKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String, for JSON and the like.
func (k TokenKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Token returns what names the decision when something comes back about it, see [Canary.Feedback]: some 130 characters of A-Z, a-z, 0-9, dash, underscore and dot, which
// may travel in a URL, a header, W3C baggage or a form. It is made when it is asked for, in about a microsecond (BenchmarkToken), and only decisions of [Canary.Decide] have
// one: the token of any other Decision is empty. It holds the canary, epoch, step and arm, a random number and the unit, encrypted; neither input, output nor key.
func (d Decision) Token() string {
	if d.desk == nil {
		return ""
	}
	return d.desk.token(d.ticket)
}

// Downstream reports how a consumer of the answer fared: an index that was built from it, a parser, the next model. err is how its work has ended, nil if well. It is feedback on the
// signal "consumer.error", 1 if there is an error and 0 if not, for a
//
//	criteria.Feedback{Signal: "index.error", Want: criteria.Lower, Within: time.Minute}
//
// so that a model whose answers break others is found out though it returns no errors itself. A consumer in another process takes the token along, see [ContextWithToken] and
// [InjectToken], and reports the same signal. An err that wraps [context.Canceled] is not reported: somebody has left. It never waits, costs a third of a
// microsecond (BenchmarkDownstream) and says nothing: a report that is refused is counted.
func (d Decision) Downstream(consumer string, err error) {
	if d.desk != nil {
		d.desk.downstream(d.ticket, consumer, err)
	}
}

// DownstreamSignal is the signal that [Decision.Downstream] reports for a consumer.
func DownstreamSignal(consumer string) string { return consumer + ".error" }

// desk makes tokens and takes what comes back.
type desk interface {
	token(of ticket) string
	downstream(of ticket, consumer string, err error)
}

// ticket is what a token says.
type ticket struct {
	canary, epoch, cohort, id, unit uint64
	arm                             Arm // of the unit's own coin
	at                              time.Time
}

// ticketOf is the ticket of a request.
func (c *Canary[In, Out]) ticketOf(e *epoch[In, Out], v *visit) ticket {
	t := ticket{canary: c.tokens.canary, epoch: v.plan.Epoch, cohort: e.keeper.Cohort(v.plan.Step), id: rand.Uint64(), unit: v.unit}
	if v.unit == 0 { // nobody's, or the request is recorded elsewhere
		t.unit = t.id
	}
	if v.mark&(ledger.Candidate|ledger.Sentinel) != 0 {
		t.arm = Candidate
	}
	if t.at = e.gate.base.Add(time.Duration(v.start)); v.start == 0 || c.settings.now != nil {
		t.at = c.now()
	}
	return t
}

func (c *Canary[In, Out]) token(of ticket) string { return c.tokens.issue(&of) }

func (c *Canary[In, Out]) downstream(of ticket, consumer string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	r := Report{Signal: DownstreamSignal(consumer)}
	if err != nil {
		r.Value = 1
	}
	k := c.current.Load().keeper
	if refused := c.check(&of, &r, k); refused != nil {
		_ = c.reception.refuse(refused)
		return
	}
	k.ReportSoon(of.report(&r, c.now()))
	c.reception.signals[r.Signal].count(of.arm, false)
}

// tokens makes and reads the tokens of a canary.
type tokens struct {
	canary uint64 // hash of the name
	codec  *token.Codec
}

// valid is how long a token is taken.
func (t *Tokens) valid(windows []criteria.FeedbackWindow) time.Duration {
	if t.Valid != 0 {
		return t.Valid
	}
	longest := time.Hour / 2
	for _, w := range windows {
		longest = max(longest, w.Within)
	}
	return 2 * longest
}

func (t *Tokens) codec(windows []criteria.FeedbackWindow) (*token.Codec, error) {
	cfg := token.Config{Sealed: t.Sealed, Purpose: t.Purpose, Valid: t.valid(windows)}
	for _, k := range t.Keys {
		cfg.Keys = append(cfg.Keys, token.Key{ID: k.ID, Secret: k.Secret})
	}
	return token.New(cfg) //nolint:wrapcheck // the caller says which field
}

// newTokens makes the tokens of a canary.
func newTokens[In, Out any](cfg *Config[In, Out]) (tokens, error) {
	codec, err := cfg.Tokens.codec(criteria.FeedbackWindows(cfg.Criteria))
	return tokens{canary: route.Unit(cfg.Name), codec: codec}, err
}

func (t *tokens) issue(of *ticket) string {
	var room [token.MaxLen]byte
	b := t.codec.Append(room[:0], &token.Claims{
		Canary: of.canary, Epoch: of.epoch, Cohort: of.cohort, ID: of.id, Unit: of.unit, Candidate: of.arm == Candidate, Issued: of.at,
	})
	return string(b)
}

// parse reads a token.
func (t *tokens) parse(text string, now time.Time) (ticket, *FeedbackError) {
	x, err := t.codec.Parse(text, now)
	if err != nil {
		why := &FeedbackError{Reason: RefusedMalformed, Err: err, Problem: err.Error()}
		if bad, ok := errors.AsType[*token.Error](err); ok {
			why.Reason = Refusal(bad.Kind.String())
		}
		return ticket{}, why
	}
	of := ticket{canary: x.Canary, epoch: x.Epoch, cohort: x.Cohort, id: x.ID, unit: x.Unit, at: x.Issued}
	if x.Candidate {
		of.arm = Candidate
	}
	return of, nil
}
