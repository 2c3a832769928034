package canary_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

type typedError struct{ inner error }

func (e *typedError) Error() string { return "typed" }
func (e *typedError) Unwrap() error { return e.inner }

type code int

func (c code) Error() string { return "quota exceeded " + strconv.Itoa(int(c)) }

// speechless is an error whose text cannot be had.
type speechless struct{}

func (speechless) Error() string { panic("no text") }

// sly is an error that cannot be looked into.
type sly struct{}

func (sly) Error() string   { return "sly" }
func (sly) Unwrap() []error { panic("no errors") }

// classOf is the class that an error of stable gets.
func classOf(t *testing.T, cfg canary.Config[string, string], err error) string {
	t.Helper()
	cfg.Stable.Predictor = failing(err)
	c, seen := openObserved(t, cfg)
	for _, w := range ways[string, string]() {
		_, got := w.call(c, t.Context(), "x")
		require.True(t, got == err, "the error is the caller's, untouched") //nolint:errorlint // the very same
	}
	pass(time.Second)
	all := seen.take()
	require.Len(t, all, 2)
	require.Equal(t, all[0].Class, all[1].Class)
	return canary.ClassText(c, all[0].Class)
}

func TestDefaultClasses(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"plain":            {errors.New("the model has failed"), "the model has failed"},
		"digits":           {errors.New("replica 17 of 20: 503"), "replica # of #: #"},
		"quotes":           {fmt.Errorf("no user %q in %q", "alice \"a\"", "db"), `no user "#" in "#"`},
		"open quote":       {errors.New(`no "alice`), `no "#"`},
		"wrapped plain":    {fmt.Errorf("call 7: %w", errors.New("no quota")), "no quota"},
		"joined":           {errors.Join(errors.New("first"), errors.New("second")), "first"},
		"several":          {fmt.Errorf("%w and %w", refused, errModel), "*net.OpError"},
		"typed":            {refused, "*net.OpError"},
		"wrapped typed":    {fmt.Errorf("embed: %w", refused), "*net.OpError"},
		"typed in typed":   {&typedError{refused}, "*net.OpError"},
		"nil in typed":     {&typedError{}, "*canary_test.typedError"},
		"nil pointer":      {(*typedError)(nil), "*canary_test.typedError"},
		"code":             {fmt.Errorf("model: %w", code(42)), "canary_test.code: quota exceeded #"},
		"errno":            {&fs.PathError{Op: "open", Path: "weights", Err: syscall.ENOENT}, "syscall.Errno: no such file or directory"},
		"long":             {errors.New(strings.Repeat("é", 1000)), strings.Repeat("é", 32)},
		"cut in a rune":    {errors.New("x" + strings.Repeat("é", 1000)), "x" + strings.Repeat("é", 31)},
		"no text":          {errors.New(""), "*errors.errorString"},
		"no UTF-8":         {errors.New("a\xffb"), "a\uFFFDb"},
		"lines":            {errors.New("a\nb\x00c\u2028d"), "a b c d"},
		"text panics":      {speechless{}, "canary_test.speechless"},
		"unwrap panics":    {sly{}, "canary_test.sly"},
		"timeout":          {fmt.Errorf("call: %w", context.DeadlineExceeded), "timeout"},
		"cancelled itself": {context.Canceled, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) { require.Equal(t, tc.want, classOf(t, config(t, 0), tc.err)) })
		})
	}
}

// Calls that end without an error are in classes of their own, in both arms.
func TestClassesOfEndings(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		for _, ending := range []string{"panic", "goexit", "timeout", "overdue"} {
			cfg := config(t, 100)
			cfg.CandidateTimeout = timeout
			if ending == "timeout" && timeout < 0 {
				continue
			}
			cfg.FailureClass = func(error) string { return "an error" }
			release := make(chan struct{})
			cfg.Candidate.Predictor = canary.Func(func(context.Context, string) (string, error) {
				switch ending {
				case "panic":
					panic(nasty{})
				case "goexit":
					runtime.Goexit()
				default:
					<-release
				}
				return "", nil
			})
			if ending == "overdue" {
				cfg.Stable.Predictor, cfg.Candidate.Predictor = cfg.Candidate.Predictor, cfg.Stable.Predictor
			}
			var seen observed
			c, err := canary.NewObserved(cfg, 0, seen.note)
			require.NoError(t, err)
			var wait sync.WaitGroup
			for i := range 60 {
				wait.Go(func() { _, _ = w.call(c, context.Background(), fmt.Sprint("user-", i)) })
			}
			pass(5 * time.Second)
			close(release)
			wait.Wait()
			failed := 0
			for _, o := range seen.take() {
				if o.Outcome == criteria.Fine {
					require.GreaterOrEqual(t, o.Class, uint16(criteria.MaxLabels))
					continue
				}
				failed++
				require.Equal(t, ending, canary.ClassText(c, o.Class), "%v", o.Outcome)
				require.Equal(t, ending == "timeout", o.Outcome == criteria.TimedOut)
			}
			require.Positive(t, failed)
			require.NoError(t, c.Shutdown(t.Context()))
		}
	})
}

// A stable model that panics is the caller's trouble as before, in the class "panic".
func TestClassOfStablePanic(t *testing.T) {
	for _, w := range ways[string, string]() {
		t.Run(w.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cfg := config(t, 0)
				cfg.Stable.Predictor = canary.Func(func(context.Context, string) (string, error) { panic("stable") })
				c, seen := openObserved(t, cfg)
				require.PanicsWithValue(t, "stable", func() { _, _ = w.call(c, t.Context(), "x") })
				pass(time.Second)
				require.Equal(t, "panic", canary.ClassText(c, seen.take()[0].Class))
			})
		})
	}
}

// FailureClass names what it likes, and leaves the rest to us.
func TestFailureClass(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 0)
		cfg.FailureClass = func(err error) string {
			if errors.Is(err, context.DeadlineExceeded) {
				return "slow\n\xff" + strings.Repeat("x", 100)
			}
			return ""
		}
		require.Equal(t, "slow \uFFFD"+strings.Repeat("x", 56), classOf(t, cfg, context.DeadlineExceeded))
		require.Equal(t, "the model has failed", classOf(t, cfg, errModel))
	})
}

// A FailureClass that fails leaves its error in the default class, is turned off after three in a row, and changes nothing for the caller.
func TestFailureClassThatPanics(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		calls := 0
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Criteria = []criteria.Criterion{criteria.Backstop{Limit: 0.9}}
		cfg.FailureClass = func(error) string { calls++; panic(nasty{}) }
		cfg.Candidate.Predictor = failing(errModel)
		cfg.Key = nil
		var j journal
		cfg.OnEvent = j.note
		c, seen := openObserved(t, cfg)
		for range 20 {
			out, err := w.call(c, t.Context(), "x")
			require.NoError(t, err)
			require.Equal(t, "stable: x", out)
		}
		pass(time.Second)
		require.Equal(t, 3, calls)
		require.Equal(t, map[string]int64{"failure_class": 3}, c.Snapshot().CallbackPanics)
		require.Contains(t, j.only(t, canary.CallbackFailed).Message, "failure_class")
		failed := seen.of(canary.Candidate)
		require.Greater(t, len(failed), 3)
		for _, o := range failed {
			require.Equal(t, "the model has failed", canary.ClassText(c, o.Class))
			require.True(t, o.Answered)
		}
	})
}

// A FailureClass that ends the goroutine ends its caller, and leaves no slot behind.
func TestFailureClassThatExits(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Key = nil
		cfg.Criteria = []criteria.Criterion{criteria.Backstop{Limit: 0.9}}
		cfg.FailureClass = func(error) string { runtime.Goexit(); return "" }
		cfg.Stable.Predictor, cfg.Candidate.Predictor = failing(errModel), failing(errModel)
		c, seen := openObserved(t, cfg)
		answers := 0
		for range 20 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = w.call(c, context.Background(), "x")
				answers++
			}()
			<-done
		}
		require.Equal(t, 17, answers)
		pass(time.Second)
		require.Zero(t, c.Snapshot().UnderWay)
		all := seen.take()
		require.Len(t, all, 20)
		for _, o := range all {
			require.Equal(t, criteria.Failed, o.Outcome)
			require.Less(t, o.Class, uint16(criteria.MaxLabels))
		}
	})
}

// leaving is an error whose methods end the goroutine.
type leaving struct{}

func (leaving) Error() string { return "leaving" }
func (leaving) Unwrap() error { runtime.Goexit(); return nil }

// An error that ends the goroutine of who looks into it ends its caller, and leaves no slot behind.
func TestErrorsThatExit(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		cfg := config(t, 50)
		cfg.CandidateTimeout = timeout
		cfg.Key = nil
		cfg.Stable.Predictor, cfg.Candidate.Predictor = failing(leaving{}), failing(leaving{})
		c, seen := openObserved(t, cfg)
		for range 20 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = w.call(c, context.Background(), "x")
				t.Error("the caller goes on")
			}()
			<-done
		}
		pass(time.Second)
		require.Zero(t, c.Snapshot().UnderWay)
		all := seen.take()
		require.Len(t, all, 20)
		for _, o := range all {
			require.Equal(t, criteria.Failed, o.Outcome)
		}
	})
}

// Without Redact no example is kept; with it the first one is, redacted, short, on one line, with its version.
func TestExamples(t *testing.T) {
	everyWay(t, func(t *testing.T, w way[string, string], timeout time.Duration) {
		n := 0
		cfg := config(t, 100)
		cfg.CandidateTimeout = timeout
		cfg.Criteria = []criteria.Criterion{criteria.Backstop{Limit: 0.9}}
		cfg.Stable.Predictor = answering("stable")
		cfg.Candidate.Predictor = canary.Func(func(context.Context, string) (string, error) {
			n++
			return "", &net.AddrError{Err: fmt.Sprintf("secret-%d\n\xff", n), Addr: strings.Repeat("é", 1000)}
		})
		texts := func(cfg canary.Config[string, string]) (text, example string) {
			cfg.Store = rollback.NewMemory()
			c, seen := openObserved(t, cfg)
			for i := range 40 {
				_, err := w.call(c, t.Context(), fmt.Sprint("user-", i))
				require.NoError(t, err)
			}
			pass(time.Second)
			for _, o := range seen.of(canary.Candidate) {
				text, example = canary.ClassText(c, o.Class), canary.ClassExample(c, o.Class)
			}
			return text, example
		}
		none := func(want string) {
			text, example := texts(cfg)
			require.Equal(t, want, text)
			require.Empty(t, example)
		}
		none("*net.AddrError")

		n = 0
		asked := 0
		cfg.Redact = func(text string) string { asked++; return strings.ReplaceAll(text, "secret", "***") }
		name, got := texts(cfg)
		require.Equal(t, "*net.AddrError", name, "an example is not part of the name")
		require.True(t, strings.HasPrefix(got, `"address éé`), "%q", got)
		require.True(t, strings.HasSuffix(got, `" of `+candidate), "%q", got)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, len(got), 250)
		require.Equal(t, 1, asked, "the first is enough")

		cfg.Redact = func(string) string { panic(nasty{}) }
		none("*net.AddrError")
		cfg.Redact = func(string) string { return "" }
		none("*net.AddrError")
		cfg.Candidate.Predictor = failing(speechless{})
		none("canary_test.speechless")
	})
}

// Redact also stands before the texts that become classes.
func TestRedactBeforeClasses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cfg := config(t, 0)
		cfg.Redact = func(text string) string { return strings.ReplaceAll(text, "alice", "somebody") }
		require.Equal(t, "no quota for somebody", classOf(t, cfg, errors.New("no quota for alice")))
		cfg.Redact = func(string) string { panic("no") }
		require.Equal(t, "*errors.errorString", classOf(t, cfg, errors.New("no quota for alice")))
	})
}

// Errors of any number and kind, from many goroutines, in bounded memory.
func TestClassesAreBounded(t *testing.T) {
	cfg := config(t, 0)
	cfg.Redact = func(text string) string { return text }
	cfg.Stable.Predictor = canary.Func(func(_ context.Context, in string) (string, error) { return "", errors.New(in) })
	c := open(t, cfg)
	before := heap()
	var wait sync.WaitGroup
	const goroutines, each = 4, 250_000
	for g := range goroutines {
		wait.Go(func() {
			text := []byte("error ...... of a kind, " + strings.Repeat("x", 300))
			for i := range each {
				for j, n := 6, g*each+i; j < 12; j, n = j+1, n/26 {
					text[j] = 'a' + byte(n%26)
				}
				_, _ = c.Predict(context.Background(), string(text))
			}
		})
	}
	wait.Wait()
	require.Less(t, heap()-before, int64(32<<20))
	require.EqualValues(t, 0, c.Snapshot().CallbackPanics["redact"])
}
