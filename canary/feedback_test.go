package canary_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/propagation"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

const corrected = "corrected"

// awaiting is a canary that waits for corrections for an hour, with a key.
func awaiting(t testing.TB, percent any) canary.Config[string, string] {
	t.Helper()
	cfg := config(t, percent)
	cfg.Criteria = []criteria.Criterion{criteria.Feedback{Signal: corrected, Want: criteria.Lower, Within: time.Hour}}
	cfg.OperationalOnly = false
	cfg.Tokens.Keys = []canary.TokenKey{tokenKey("k1")}
	return cfg
}

func tokenKey(id string) canary.TokenKey {
	return canary.TokenKey{ID: id, Secret: []byte("0123456789abcdef-" + id + "-0123456789abcdef")}
}

// decide asks for a decision.
func decide(t testing.TB, c *canary.Canary[string, string], in string) canary.Decision {
	t.Helper()
	_, d, err := c.Decide(context.Background(), in)
	require.NoError(t, err)
	return d
}

// requireRefused checks why feedback was refused.
func requireRefused(t testing.TB, err error, why canary.Refusal) {
	t.Helper()
	refused, ok := errors.AsType[*canary.FeedbackError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, why, refused.Reason, "%v", err)
	require.ErrorContains(t, err, "canary: feedback")
}

func TestFeedbackCountsOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, awaiting(t, 50))
		token := decide(t, c, "alice").Token()
		pass(time.Second)
		require.NoError(t, c.Feedback(t.Context(), token, corrected, 1))
		requireRefused(t, c.Feedback(t.Context(), token, corrected, 1), canary.RefusedDuplicate)
		requireRefused(t, c.Feedback(t.Context(), token, corrected, 0), canary.RefusedDuplicate)
		require.NoError(t, c.Feedback(t.Context(), decide(t, c, "alice").Token(), corrected, 1), "another decision on the unit")
		s := c.Snapshot().Feedback
		require.EqualValues(t, 2, s.Counted)
		require.EqualValues(t, 2, s.Refused[canary.RefusedDuplicate])
		require.EqualValues(t, 2, s.Signals[0].Servers[canary.Stable]+s.Signals[0].Servers[canary.Candidate])
		require.Equal(t, 1, s.Windows[0].Open)
		require.Equal(t, time.Hour, s.Windows[0].Within)
		require.Positive(t, s.Windows[0].Bytes)
	})
}

// Feedback may be faster than the keeper.
func TestFeedbackBeforeItsRequestIsSeen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, awaiting(t, 50))
		pass(2 * time.Second) // the keeper rests
		require.NoError(t, c.Feedback(t.Context(), decide(t, c, "alice").Token(), corrected, 1))
		pass(2 * time.Second)
		require.EqualValues(t, 1, c.Snapshot().Feedback.Counted)
	})
}

func TestFeedbackRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := awaiting(t, 50)
		cfg.Feedback.MaxPerUnit = 3
		c := open(t, cfg)
		other := awaiting(t, 50)
		other.Name = "other"
		stranger := open(t, other)
		locals := awaiting(t, 50)
		locals.Tokens = canary.Tokens{}
		elsewhere := open(t, locals)
		purposeful := awaiting(t, 50)
		purposeful.Tokens.Purpose = "staging"
		staging := open(t, purposeful)

		token := decide(t, c, "alice").Token()
		pass(time.Second)
		for name, tt := range map[string]struct {
			token, signal string
			value         float64
			want          canary.Refusal
		}{
			"no token":           {"", corrected, 1, canary.RefusedMalformed},
			"not a token":        {"v1.k1", corrected, 1, canary.RefusedMalformed},
			"a later release":    {"v9" + token[2:], corrected, 1, canary.RefusedVersion},
			"changed":            {strings.Replace(token, "A", "B", 1), corrected, 1, canary.RefusedForged},
			"another key":        {strings.Replace(token, ".k1.", ".k2.", 1), corrected, 1, canary.RefusedUnknownKey},
			"of another process": {decide(t, elsewhere, "alice").Token(), corrected, 1, canary.RefusedUnknownKey},
			"another purpose":    {decide(t, staging, "alice").Token(), corrected, 1, canary.RefusedForged},
			"another canary":     {decide(t, stranger, "alice").Token(), corrected, 1, canary.RefusedOtherCanary},
			"unknown signal":     {token, "clicked", 1, canary.RefusedUnknownSignal},
			"no signal":          {token, "", 1, canary.RefusedUnknownSignal},
			"negative":           {token, corrected, -0.1, canary.RefusedValue},
			"too much":           {token, corrected, 1.1, canary.RefusedValue},
			"no number":          {token, corrected, math.NaN(), canary.RefusedValue},
			"infinite":           {token, corrected, math.Inf(1), canary.RefusedValue},
		} {
			t.Log(name)
			requireRefused(t, c.Feedback(context.Background(), tt.token, tt.signal, tt.value), tt.want)
		}
		require.Zero(t, c.Snapshot().Feedback.Counted)
		require.NoError(t, c.Feedback(t.Context(), token, corrected, 1), "what was refused has used nothing up")
		for range 2 {
			require.NoError(t, c.Feedback(t.Context(), decide(t, c, "alice").Token(), corrected, 0))
		}
		requireRefused(t, c.Feedback(t.Context(), decide(t, c, "alice").Token(), corrected, 0), canary.RefusedCapped)
		require.NoError(t, c.Feedback(t.Context(), decide(t, c, "bob").Token(), corrected, 0))

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.Feedback(gone, token, corrected, 1), context.Canceled)

		late := decide(t, c, "carol").Token()
		pass(time.Hour + 2*time.Minute)
		requireRefused(t, c.Feedback(t.Context(), late, corrected, 1), canary.RefusedLate)
		pass(time.Hour)
		requireRefused(t, c.Feedback(t.Context(), late, corrected, 1), canary.RefusedExpired)

		old := decide(t, c, "dora").Token()
		require.NoError(t, c.Begin(t.Context(), "alice", canary.Model[string, string]{Version: "candidate-3", Predictor: answering("candidate")}))
		requireRefused(t, c.Feedback(t.Context(), old, corrected, 1), canary.RefusedOtherEpoch)
		closing := decide(t, c, "erin").Token()
		require.NoError(t, c.Shutdown(t.Context()))
		requireRefused(t, c.Feedback(t.Context(), closing, corrected, 1), canary.RefusedClosed)
	})
}

// A decision from the future is refused: a clock is wrong, or somebody has the key.
func TestFeedbackFromTheFuture(t *testing.T) {
	var token string
	inBubble(t, func(t *testing.T) {
		pass(time.Hour)
		token = decide(t, open(t, awaiting(t, 50)), "alice").Token()
	})
	inBubble(t, func(t *testing.T) { // it is the same midnight again
		requireRefused(t, open(t, awaiting(t, 50)).Feedback(t.Context(), token, corrected, 1), canary.RefusedFuture)
	})
}

func TestFeedbackBatch(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, awaiting(t, 50))
		var reports []canary.Report
		for i := range 3 {
			reports = append(reports, canary.Report{Token: decide(t, c, fmt.Sprint(i)).Token(), Signal: corrected, Value: 1})
		}
		require.Nil(t, c.FeedbackBatch(t.Context(), reports))
		require.Nil(t, c.FeedbackBatch(t.Context(), nil))
		reports[1].Token = decide(t, c, "other").Token()
		failed := c.FeedbackBatch(t.Context(), reports)
		require.Len(t, failed, 3)
		require.NoError(t, failed[1])
		requireRefused(t, failed[0], canary.RefusedDuplicate)
		requireRefused(t, failed[2], canary.RefusedDuplicate)
	})
}

// Feedback that comes a day later, after the process was ended and started again, counts once.
func TestFeedbackSurvivesRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "canary.state")
	const users = 40
	var tokens []string
	life := func(f func(c *canary.Canary[string, string])) {
		store, err := rollback.OpenFile(path)
		require.NoError(t, err)
		defer func() { require.NoError(t, store.Close()) }()
		cfg := awaiting(t, 50)
		cfg.Criteria = []criteria.Criterion{criteria.Feedback{Signal: corrected, Want: criteria.Lower}} // a day
		cfg.Store = store
		c, err := canary.New(cfg)
		require.NoError(t, err)
		f(c)
		require.NoError(t, c.Shutdown(context.Background()))
	}
	life(func(c *canary.Canary[string, string]) {
		for i := range users {
			tokens = append(tokens, decide(t, c, fmt.Sprint(i)).Token())
		}
		waitUntil(t, func() bool { return c.Snapshot().Feedback.Windows[0].Open == users })
		require.NoError(t, c.Feedback(t.Context(), tokens[0], corrected, 1))
	})
	for range 2 {
		life(func(c *canary.Canary[string, string]) {
			require.Equal(t, users, c.Snapshot().Feedback.Windows[0].Open)
			requireRefused(t, c.Feedback(t.Context(), tokens[0], corrected, 1), canary.RefusedDuplicate)
		})
	}
	life(func(c *canary.Canary[string, string]) {
		require.NoError(t, c.Feedback(t.Context(), tokens[1], corrected, 1))
		require.EqualValues(t, 1, c.Snapshot().Feedback.Counted, "it is known whose it is")
	})
	life(func(c *canary.Canary[string, string]) {
		requireRefused(t, c.Feedback(t.Context(), tokens[1], corrected, 1), canary.RefusedDuplicate)
	})
}

// waitUntil lets real time pass until something is so.
func waitUntil(t testing.TB, so func() bool) {
	t.Helper()
	require.Eventually(t, so, 10*time.Second, time.Millisecond)
}

// Keys are changed without refusing anybody.
func TestTokenKeysAreRotated(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		of := func(ids ...string) *canary.Canary[string, string] {
			cfg := awaiting(t, 50)
			cfg.Tokens.Keys = nil
			for _, id := range ids {
				cfg.Tokens.Keys = append(cfg.Tokens.Keys, tokenKey(id))
			}
			return open(t, cfg)
		}
		old, both, young := of("k1"), of("k2", "k1"), of("k2")
		require.NoError(t, both.Feedback(t.Context(), decide(t, old, "a").Token(), corrected, 1))
		require.NoError(t, young.Feedback(t.Context(), decide(t, both, "a").Token(), corrected, 1))
		requireRefused(t, young.Feedback(t.Context(), decide(t, old, "a").Token(), corrected, 1), canary.RefusedUnknownKey)
	})
}

// Sealed tokens of both arms look alike.
func TestSealedTokens(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := awaiting(t, 50)
		cfg.Tokens.Sealed = true
		c := open(t, cfg)
		stable, candidate := decide(t, c, keyOf(t, c, canary.Stable)), decide(t, c, keyOf(t, c, canary.Candidate))
		require.NotEqual(t, stable.Arm, candidate.Arm)
		require.Len(t, candidate.Token(), len(stable.Token()))
		require.True(t, strings.HasPrefix(stable.Token(), "v1s.k1."))
		require.NoError(t, c.Feedback(t.Context(), stable.Token(), corrected, 1))
		require.NoError(t, c.Feedback(t.Context(), candidate.Token(), corrected, 1))
	})
}

func TestTokensWithoutKeysSaySo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var events journal
		cfg := awaiting(t, 50)
		cfg.Tokens, cfg.OnEvent = canary.Tokens{}, events.note
		c := open(t, cfg)
		pass(time.Second)
		require.Contains(t, events.only(t, canary.TokensLocal).Message, "Config.Tokens")
		token := decide(t, c, "a").Token()
		require.NoError(t, c.Feedback(t.Context(), token, corrected, 1), "in the process they work")
		require.Empty(t, canary.Decision{}.Token(), "nobody's decision has none")
		canary.Decision{}.Downstream("index", nil)
	})
}

func TestTokenKeyDoesNotPrintItsSecret(t *testing.T) {
	cfg := canary.Tokens{Keys: []canary.TokenKey{tokenKey("k1")}}
	var log bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		fmt.Fprintf(&log, verb+" "+verb+"\n", cfg, cfg.Keys[0])
	}
	text, err := json.Marshal(cfg)
	require.NoError(t, err)
	log.Write(text)
	require.NotContains(t, log.String(), "0123456789abcdef")
	require.NotContains(t, log.String(), "30313233")
	require.NotContains(t, log.String(), "48 49 50")
	require.Contains(t, log.String(), "TokenKey(k1)")
}

func TestFeedbackConfig(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*canary.Config[string, string])
		want  []string
	}{
		"limits": {func(c *canary.Config[string, string]) {
			c.Feedback = canary.FeedbackLimits{MaxOpen: -1, MaxPerUnit: 256, MaxReports: 1 << 30}
		}, []string{"Feedback.MaxOpen: -1", "Feedback.MaxPerUnit: 256", "Feedback.MaxReports: 1073741824"}},
		"keys": {func(c *canary.Config[string, string]) {
			c.Tokens = canary.Tokens{Purpose: strings.Repeat("x", 65), Keys: []canary.TokenKey{{ID: "local", Secret: make([]byte, 64)}, {ID: "a", Secret: []byte("short")}}}
		}, []string{"local", "32", "64"}},
		"valid": {func(c *canary.Config[string, string]) { c.Tokens.Valid = time.Minute }, []string{"Tokens.Valid", "1h"}},
		"names": {func(c *canary.Config[string, string]) {
			c.Criteria = []criteria.Criterion{criteria.Feedback{Signal: "Thumbs up!"}}
		}, []string{`"Thumbs up!"`, "want"}},
		"observing only": {func(c *canary.Config[string, string]) {
			c.Criteria = []criteria.Criterion{criteria.Feedback{Signal: "a", Want: criteria.Lower, Role: criteria.Observe}}
		}, []string{"OperationalOnly"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := awaiting(t, 50)
			tt.spoil(&cfg)
			_, err := canary.New(cfg)
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
			if _, is := errors.AsType[*canary.ConfigError](err); !is {
				t.Errorf("%v", err)
			}
		})
	}
}

// A consumer that fails on the candidate's answers.
func TestDownstream(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := awaiting(t, 50)
		cfg.Criteria = []criteria.Criterion{criteria.Feedback{Signal: canary.DownstreamSignal("index"), Want: criteria.Lower, Within: time.Minute}}
		c := open(t, cfg)
		decide(t, c, "a").Downstream("index", nil)
		decide(t, c, "b").Downstream("index", errModel)
		decide(t, c, "c").Downstream("index", fmt.Errorf("left: %w", context.Canceled))
		decide(t, c, "d").Downstream("nobody", errModel)
		pass(time.Second)
		s := c.Snapshot().Feedback
		require.EqualValues(t, 2, s.Counted)
		require.EqualValues(t, 1, s.Refused[canary.RefusedUnknownSignal])
	})
}

// Tokens travel in contexts, headers and baggage.
func TestTokensTravel(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := open(t, awaiting(t, 50))
		token := func() string { return decide(t, c, "alice").Token() }
		report := func(ctx context.Context) { require.NoError(t, c.Feedback(ctx, "", corrected, 0)) }

		report(canary.ContextWithToken(t.Context(), token()))

		header := http.Header{}
		canary.InjectToken(t.Context(), header)
		require.Empty(t, header)
		canary.InjectToken(canary.ContextWithToken(t.Context(), token()), header)
		report(canary.ExtractToken(t.Context(), header))
		require.Empty(t, canary.TokenFromContext(canary.ExtractToken(t.Context(), http.Header{})))

		ctx, err := canary.BaggageWithToken(t.Context(), token())
		require.NoError(t, err)
		header = http.Header{}
		propagation.Baggage{}.Inject(ctx, propagation.HeaderCarrier(header))
		far := propagation.Baggage{}.Extract(context.Background(), propagation.HeaderCarrier(header))
		report(far)
		requireRefused(t, c.Feedback(far, "", corrected, 0), canary.RefusedDuplicate)

		_, err = canary.BaggageWithToken(t.Context(), strings.Repeat("x", 9000))
		require.ErrorContains(t, err, "canary: token in baggage")
		requireRefused(t, c.Feedback(t.Context(), "", corrected, 0), canary.RefusedMalformed)
	})
}

// Clients report by HTTP; what they say is marked as theirs.
func TestFeedbackHandler(t *testing.T) {
	c := open(t, awaiting(t, 50))
	h, err := canary.FeedbackHandler(c, canary.FeedbackHandlerConfig{})
	require.NoError(t, err)
	server := httptest.NewServer(h)
	defer server.Close()
	post := func(body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		r, err := server.Client().Do(request)
		require.NoError(t, err)
		defer func() { _ = r.Body.Close() }()
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		return r.StatusCode, b.String()
	}
	token := decide(t, c, "alice").Token()
	status, body := post(fmt.Sprintf(`{"token": %q, "signal": "corrected", "value": 1}`, token))
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"taken": 1, "refused": []}`, body)
	status, body = post(fmt.Sprintf(`{"reports": [{"token": %q, "signal": "corrected", "value": 1}, {"token": "x", "signal": "corrected", "value": 1}]}`, token))
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"taken": 0, "refused": [{"index": 0, "reason": "duplicate"}, {"index": 1, "reason": "token"}]}`, body)
	s := c.Snapshot().Feedback.Signals[0]
	require.EqualValues(t, 1, s.Clients[0]+s.Clients[1])
	require.Zero(t, s.Servers)
	require.NoError(t, c.Feedback(t.Context(), token, corrected, 1), "what a client has said does not keep a server from saying it")

	_, err = canary.FeedbackHandler(nil, canary.FeedbackHandlerConfig{Trusted: true, MaxReports: -1})
	for _, want := range []string{"without anybody", "Trusted", "-1"} {
		require.ErrorContains(t, err, want)
	}
}

func TestFeedbackConcurrentSafe(t *testing.T) {
	cfg := awaiting(t, 50)
	cfg.Key = nil
	cfg.Criteria = append(cfg.Criteria, criteria.Feedback{Signal: "b", Want: criteria.Higher, Within: time.Second})
	c := open(t, cfg)
	const each = 500
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range each {
				d := decide(t, c, "x")
				_ = c.Feedback(context.Background(), d.Token(), corrected, 1)
				_ = c.Feedback(context.Background(), d.Token(), "b", 1)
				_ = c.FeedbackBatch(context.Background(), []canary.Report{{Token: d.Token(), Signal: corrected, Value: 1, Client: true}})
				_ = c.Snapshot()
			}
		})
	}
	all.Wait()
	s := c.Snapshot().Feedback
	require.EqualValues(t, 4*each, s.Signals[1].Servers[0]+s.Signals[1].Servers[1])
	require.EqualValues(t, 4*each, s.Signals[1].Clients[0]+s.Signals[1].Clients[1])
	require.Empty(t, s.Refused)
}

// Replicas that all read the same feedback count each report once: the one whose decision it is does, also after all were started again.
func TestFeedbackOfAFleet(t *testing.T) {
	dir := t.TempDir()
	const replicas, users = 3, 30
	var tokens []string
	life := func(f func(i int, c *canary.Canary[string, string])) {
		for i := range replicas {
			store, err := rollback.OpenFile(filepath.Join(dir, fmt.Sprint(i)))
			require.NoError(t, err)
			cfg := awaiting(t, 50)
			cfg.Store = store
			c, err := canary.New(cfg)
			require.NoError(t, err)
			f(i, c)
			require.NoError(t, c.Shutdown(context.Background()))
			require.NoError(t, store.Close())
		}
	}
	life(func(i int, c *canary.Canary[string, string]) {
		for u := range users {
			tokens = append(tokens, decide(t, c, fmt.Sprint(i, "/", u)).Token())
		}
		waitUntil(t, func() bool { return c.Snapshot().Feedback.Windows[0].Open == users })
	})
	counted := make([]int64, replicas)
	for range 2 { // delivered twice, to all, in different lives
		life(func(i int, c *canary.Canary[string, string]) {
			for _, token := range tokens {
				_ = c.Feedback(t.Context(), token, corrected, 1)
			}
			counted[i] += c.Snapshot().Feedback.Counted
		})
	}
	require.Equal(t, []int64{users, users, users}, counted)
}

// What comes back is counted by arm and source, and what is refused by reason.
func TestFeedbackInstruments(t *testing.T) {
	reader := measured(t)
	inBubble(t, func(t *testing.T) {
		c := open(t, awaiting(t, 50))
		token := decide(t, c, keyOf(t, c, canary.Candidate)).Token()
		require.NoError(t, c.Feedback(t.Context(), token, corrected, 1))
		require.Nil(t, c.FeedbackBatch(t.Context(), []canary.Report{{Token: token, Signal: corrected, Value: 1, Client: true}}))
		requireRefused(t, c.Feedback(t.Context(), token, corrected, 1), canary.RefusedDuplicate)
		values, units := collect(t, reader)
		for name, want := range map[string]float64{
			"model_canary.feedback{model_canary.arm=candidate model_canary.signal=corrected model_canary.source=server}": 1,
			"model_canary.feedback{model_canary.arm=candidate model_canary.signal=corrected model_canary.source=client}": 1,
			"model_canary.feedback.refused{model_canary.reason=duplicate}":                                               1,
		} {
			require.Contains(t, values, name)
			require.InDelta(t, want, values[name], 0, name)
		}
		require.Equal(t, "counter {report}", units["model_canary.feedback"])
	})
}

// Feedback is no matter of a preflight: nobody reports on what stable answers in its own place.
func TestPreflightWithFeedback(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := awaiting(t, 50)
		cfg.Criteria = append(cfg.Criteria, criteria.ErrorRate{})
		cfg.Preflight = 1000
		c := open(t, cfg)
		for i := range 1500 {
			d := decide(t, c, fmt.Sprint(i))
			if d.Reason == canary.ReasonPreflight {
				require.NoError(t, c.Feedback(t.Context(), d.Token(), corrected, 1), "it is taken, and no evidence")
			}
			if i%100 == 0 {
				pass(20 * time.Millisecond)
			}
		}
		pass(2 * time.Second)
		s := c.Snapshot()
		require.Equal(t, canary.PreflightDone, s.Preflight.Stage)
		require.Zero(t, s.Feedback.Counted)
	})
}

// A unit that is moved to the candidate by a growing share has a window in each step, and what is reported goes to the one of its decision.
func TestFeedbackOfTwoSteps(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client, provider := flagAt(t, 20)
		cfg := awaiting(t, 20)
		cfg.Flags.Client = client
		c := open(t, cfg)
		var moved []canary.Decision
		for i := range 200 {
			moved = append(moved, decide(t, c, fmt.Sprint(i)))
		}
		pass(time.Second)
		require.NoError(t, provider.Set(rollout, 60.0))
		pass(3 * time.Second)
		n := 0
		for i, before := range moved {
			after := decide(t, c, fmt.Sprint(i))
			pass(10 * time.Millisecond)
			if before.Arm == canary.Stable && after.Arm == canary.Candidate {
				n++
				require.NoError(t, c.Feedback(t.Context(), before.Token(), corrected, 1))
				require.NoError(t, c.Feedback(t.Context(), after.Token(), corrected, 1))
			}
		}
		require.Greater(t, n, 50)
		s := c.Snapshot().Feedback
		require.EqualValues(t, 2*n, s.Counted)
		require.EqualValues(t, [2]int64{int64(n), int64(n)}, s.Signals[0].Servers, "each to the arm of its decision")
	})
}

func BenchmarkToken(b *testing.B) {
	for name, sealed := range map[string]bool{"signed": false, "sealed": true} {
		b.Run(name, func(b *testing.B) {
			cfg := awaiting(b, 50)
			cfg.Tokens.Sealed = sealed
			d := decide(b, open(b, cfg), "alice")
			b.ReportAllocs()
			for b.Loop() {
				_ = d.Token()
			}
		})
	}
}

// BenchmarkDownstream is a report on a unit that is not waited for, or on one that is, from the goroutine of the request.
func BenchmarkDownstream(b *testing.B) {
	cfg := awaiting(b, 50)
	cfg.Criteria = []criteria.Criterion{criteria.Feedback{Signal: canary.DownstreamSignal("index"), Want: criteria.Lower, Within: time.Minute}}
	cfg.Feedback = canary.FeedbackLimits{MaxPerUnit: 255, MaxReports: 10_000_000}
	c := open(b, cfg)
	decisions := make([]canary.Decision, 10_000)
	b.ReportAllocs()
	for i := range b.N {
		if i%len(decisions) == 0 {
			b.StopTimer()
			for j := range decisions {
				decisions[j] = decide(b, c, fmt.Sprint(j))
			}
			b.StartTimer()
		}
		decisions[i%len(decisions)].Downstream("index", nil)
	}
}

// BenchmarkFeedback is a report with a new token, on a unit that is waited for.
func BenchmarkFeedback(b *testing.B) {
	cfg := awaiting(b, 50)
	cfg.Feedback = canary.FeedbackLimits{MaxOpen: 1 << 23, MaxPerUnit: 255, MaxReports: 10_000_000}
	c := open(b, cfg)
	const units = 10_000
	for i := range units {
		decide(b, c, fmt.Sprint(i))
	}
	waitUntil(b, func() bool { return c.Snapshot().Feedback.Windows[0].Open == units })
	tokens := make([]string, 0, units)
	b.ReportAllocs()
	for i := range b.N {
		if i%units == 0 {
			b.StopTimer()
			tokens = tokens[:0]
			for i := range units {
				tokens = append(tokens, decide(b, c, fmt.Sprint(i)).Token())
			}
			b.StartTimer()
		}
		_ = c.Feedback(context.Background(), tokens[i%units], corrected, 1)
	}
	b.StopTimer()
	if n := c.Snapshot().Feedback.Counted; b.N <= 200*units && n < int64(b.N)*9/10 {
		b.Errorf("%d of %d were counted", n, b.N)
	}
}
