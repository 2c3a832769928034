package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
	"github.com/modelcanary/go-sdk/rollback"
)

// errPromise means that something was not as the story says it is.
var errPromise = errors.New("feedback: a promise was not kept")

// broken is a promise that was not kept.
func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errPromise, fmt.Sprintf(format, args...))
}

// stage has what all acts share.
type stage struct {
	options
	models
	flags    *digits.Flags
	key      canary.TokenKey
	dir      string // of the state files
	timeline *screen.Timeline
	out      io.Writer
}

func play(ctx context.Context, o options, out io.Writer) (err error) {
	s := &stage{options: o, key: newKey(), out: out, timeline: screen.NewTimeline(out, screen.IsTerminal(out))}
	if s.models, err = train(); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "feedback-"); err != nil {
		return fmt.Errorf("feedback: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	if s.flags, err = digits.OpenFlags(ctx); err != nil {
		return err //nolint:wrapcheck // it says what it is
	}
	defer func() { err = errors.Join(err, s.flags.Close(context.WithoutCancel(ctx))) }()
	if err := s.flags.Set(50); err != nil {
		return err //nolint:wrapcheck // it says what it is
	}
	if err := s.introduce(); err != nil {
		return err
	}
	for _, act := range []func(context.Context) error{s.equal, s.sloppier, s.again} {
		if err := act(ctx); err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
	return nil
}

// introduce shows what nobody knows in production: who is right how often.
func (s *stage) introduce() error {
	stable, sloppy := s.examine(s.stable), s.examine(s.sloppy)
	row := func(name string, e exam) []string {
		return []string{name, screen.Percent(e.right), fmt.Sprintf("%.2f", e.confidence), screen.Microseconds(e.took)}
	}
	_, _ = fmt.Fprintf(s.out, "On %s digits that no model was trained on, which here alone is known:\n\n", screen.Grouped(len(s.live)))
	err := screen.WriteTable(s.out, [][]string{{"model", "right", "confidence", "a call"}, row(digits.StableVersion, stable), row("softmax-2", sloppy)})
	if err != nil {
		return err //nolint:wrapcheck // it says what it is
	}
	_, _ = fmt.Fprintf(s.out, "\nA minute lasts %v, and users are waited for %.0f minutes.\n", minute, minutes(within))
	if sloppy.right >= stable.right {
		return broken("the worse model is right on %s", screen.Percent(sloppy.right))
	}
	return nil
}

// open starts a service with a candidate and the state of an earlier one, if there was one.
func (s *stage) open(name, version string, candidate *digits.Softmax) (*service, error) {
	store, err := rollback.OpenFile(filepath.Join(s.dir, name+".state"))
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it is
	}
	reader, err := open(s.flags, s.stable, candidate, version, store, s.key)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	service, err := serve(reader, store)
	if err != nil {
		return nil, errors.Join(err, reader.Shutdown(context.Background()), store.Close())
	}
	return service, nil
}

// equal tries stable against itself.
func (s *stage) equal(ctx context.Context) (err error) {
	s.timeline.Heading("1. Two equal models")
	service, err := s.open("equal", "softmax-1b", s.stable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.close()) }()
	u := newUsers(s.seed, s.live, service.url)
	defer u.end()
	u.send(ctx, s.requests, func() bool { return service.reader.Snapshot().State.Tripped() })
	if ctx.Err() != nil {
		return nil
	}
	u.waiting.Wait()
	v := verdict(service.reader)
	s.timeline.Say("users", "%s requests, %s wrong answers, %s corrections", screen.Grouped(int(u.asked.Load())), screen.Grouped(int(u.wrong.Load())), screen.Grouped(int(u.sent.Load())))
	s.timeline.Say("canary", "%s; evidence %.2f of %.2f", v.Finding, v.LogE, v.Limit)
	switch s := service.reader.Snapshot(); {
	case s.State.Tripped():
		return broken("an equal model was rolled back: %s", s.State.Cause.Reason)
	case u.failed.Load() > 0:
		return broken("%d requests went wrong", u.failed.Load())
	case v.Candidate.Calls < 100:
		return broken("only %d users were judged", v.Candidate.Calls)
	}
	return nil
}

// sloppier tries the worse model.
func (s *stage) sloppier(ctx context.Context) (err error) {
	s.timeline.Heading("2. A model that is wrong more often")
	service, err := s.open("sloppy", "softmax-2", s.sloppy)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.close()) }()
	u := newUsers(s.seed, s.live, service.url)
	defer u.end()
	began := time.Now()
	u.send(ctx, s.requests, func() bool { return service.reader.Snapshot().State.Tripped() })
	if ctx.Err() != nil {
		return nil
	}
	took, state := time.Since(began), service.reader.Snapshot().State
	if !state.Tripped() {
		return broken("the worse model is still there after %d requests", u.asked.Load())
	}
	s.timeline.Say("canary", "rolled back after %s requests and %.0f minutes", screen.Grouped(int(u.asked.Load())), minutes(took))
	for _, v := range service.reader.Snapshot().Verdicts {
		switch v.Name {
		case "feedback(" + corrected + ")":
			s.timeline.Say("", "%s: %s of %s users, stable %s of %s", corrected, screen.Percent(v.Candidate.Rate), screen.Grouped(int(v.Candidate.Calls)), screen.Percent(v.Stable.Rate), screen.Grouped(int(v.Stable.Calls)))
		case "error_rate", "latency":
			s.timeline.Say("", "%s: %v, %s", v.Name, v.Result, v.Finding)
			if v.Result == criteria.Fail {
				return broken("%s was to see nothing", v.Name)
			}
		}
	}
	if !strings.Contains(state.Cause.Reason, corrected) {
		return broken("it was rolled back for something else: %s", state.Cause.Reason)
	}
	return s.after(ctx, service, u)
}

// after the rollback everybody is stable's.
func (s *stage) after(ctx context.Context, service *service, u *users) error {
	const n = 500
	before := service.reader.Snapshot().Requests[canary.Candidate].Calls
	u.send(ctx, n, func() bool { return false })
	if ctx.Err() != nil {
		return nil
	}
	if now := service.reader.Snapshot().Requests[canary.Candidate].Calls; now > before+4 { // under way at the trip
		return broken("%d requests met the candidate after its rollback", now-before)
	}
	s.timeline.Say("users", "%d more requests: stable has answered them all", n)
	return nil
}

// again starts the service again between answers and corrections.
func (s *stage) again(ctx context.Context) error {
	s.timeline.Heading("3. The same, with a restart in between")
	service, err := s.open("again", "softmax-1b", s.stable)
	if err != nil {
		return err
	}
	u := newUsers(s.seed, s.live, service.url)
	tokens := make([]string, 0, 3)
	for range cap(tokens) {
		a, err := u.ask(ctx, u.traffic.Next())
		if err != nil {
			return errors.Join(err, service.close())
		}
		tokens = append(tokens, a.Token)
	}
	first, err := u.correct(ctx, tokens[0])
	if err := errors.Join(err, service.close()); err != nil {
		return err
	}
	u.client.CloseIdleConnections()

	service, err = s.open("again", "softmax-1b", s.stable)
	if err != nil {
		return err
	}
	u.url = service.url
	err = s.corrections(ctx, u, tokens, first)
	u.client.CloseIdleConnections()
	return errors.Join(err, service.close())
}

// tooLate is after the window of a decision, and the second that the canary looks at windows after.
const tooLate = within + 2*time.Second

// corrections are sent to a service that has not answered what they are about.
func (s *stage) corrections(ctx context.Context, u *users, tokens []string, first string) error {
	changed := []byte(tokens[2])
	changed[len(changed)/2] ^= 1
	for _, c := range []struct{ what, token, want string }{
		{"the first correction, again", tokens[0], "duplicate"},
		{"one of before the restart", tokens[1], ""},
		{"that, again", tokens[1], "duplicate"},
		{"with a changed token", string(changed), "token"},
	} {
		got, err := u.correct(ctx, c.token)
		if err != nil {
			return err
		}
		if got != c.want || first != "" {
			return broken("%s: %q, want %q", c.what, got, c.want)
		}
		if got == "" {
			got = "taken"
		}
		s.timeline.Say("user", "%s: %s", c.what, got)
	}
	timer := time.NewTimer(tooLate)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil
	}
	got, err := u.correct(ctx, tokens[2])
	if err != nil {
		return err
	}
	if got != "late" {
		return broken("a correction after its window: %q", got)
	}
	s.timeline.Say("user", "after %.0f minutes: %s", minutes(tooLate), got)
	return nil
}

// verdict is that on the corrections.
func verdict(r *reader) criteria.Verdict {
	for _, v := range r.Snapshot().Verdicts {
		if v.Name == "feedback("+corrected+")" {
			return v
		}
	}
	return criteria.Verdict{}
}
