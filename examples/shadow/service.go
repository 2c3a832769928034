package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/shadow/pairlog"

	"github.com/modelcanary/go-sdk/examples/internal/screen"
)

const (
	// shutdownTime bounds the end of the service; it takes milliseconds.
	shutdownTime = 5 * time.Second
	// startTime bounds its start: the canary reads its flags.
	startTime = 5 * time.Second
	// heldRequests are to be answered while a shadow hangs: fewer than come within the second after which one is given up.
	heldRequests = 200
	// progressEvery is how often the line of progress is drawn.
	progressEvery = 50
)

// service serves requests with the canary, as an application would.
type service struct {
	canary   *canary.Canary[Text, Label]
	log      *pairlog.File
	witness  *witness
	timeline *screen.Timeline
}

// openService puts the candidate into the shadow of stable and writes the pairs
// to a log.
func openService(stable, candidate predictor, flags canary.FlagClient, path string, t *screen.Timeline) (*service, error) {
	log, err := pairlog.Open(path, pairlog.FileConfig{})
	if err != nil {
		return nil, fmt.Errorf("shadow: %w", err)
	}
	s := &service{log: log, witness: new(witness), timeline: t}
	s.canary, err = newCanary(s.witness.stable(stable), s.witness.candidate(candidate), flags, log, s.tell)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("shadow: %w", err), s.close())
	}
	return s, nil
}

// tell passes on what the canary has to say.
func (s *service) tell(e canary.Event) {
	if e.Kind != canary.StateMissing {
		s.timeline.Say("canary", "%s", e.Message)
	}
}

// ready waits until the flag has been read.
func (s *service) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for s.canary.Snapshot().Shadow.Rate == 0 {
		if err := pause(ctx, time.Millisecond); err != nil {
			return fmt.Errorf("shadow: the flag asks for no shadow: %w", err)
		}
	}
	return nil
}

// serve makes the requests at their moments, and says what came of promises.
// In the middle of them the candidate hangs.
func (s *service) serve(ctx context.Context, requests []request) (promises, error) {
	var p promises
	defer s.witness.hold.end()
	due := time.Now()
	for i, r := range requests {
		due = due.Add(r.After)
		if err := pause(ctx, time.Until(due)); err != nil {
			return p, err
		}
		if i == len(requests)/2 {
			s.timeline.Say("model", "the candidate hangs from now on")
			s.witness.hold.begin()
		}
		s.ask(ctx, r.Text, &p)
		if s.witness.hold.held() && (p.beside == heldRequests || s.witness.hold.givenUp()) {
			s.witness.hold.end()
			s.timeline.Say("model", "the candidate is well again; %s answered while it hung", were(p.beside))
		}
		if i%progressEvery == 0 {
			s.timeline.Progress(i, len(requests), screen.Plural(i, "request"))
		}
	}
	s.timeline.Progress(len(requests), len(requests), screen.Plural(len(requests), "request"))
	p.candidate, p.waited = s.witness.served.Load(), p.beside == 0 && s.witness.hold.givenUp()
	return p, nil
}

// ask is one request.
func (s *service) ask(ctx context.Context, in Text, p *promises) {
	hung := s.witness.hold.hangs()
	attended, said := s.witness.attend(ctx)
	got, err := s.canary.Predict(attended, in)
	p.requests++
	if got != said.answer || !errors.Is(err, said.err) || said.calls != 1 {
		p.changed++
	}
	if hung && s.witness.hold.hangs() {
		p.beside++
	}
}

// settle waits until nothing that was drawn is left with the models.
func (s *service) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownTime)
	defer cancel()
	for {
		if now := s.canary.Snapshot().Shadow; now.Waiting+now.Running == 0 {
			return nil
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return fmt.Errorf("shadow: requests still wait for their shadow: %w", err)
		}
	}
}

// close ends the service as a deployment would, in order: the canary, which
// hands its last pairs to the log, then the log.
func (s *service) close() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if s.canary != nil {
		err = s.canary.Shutdown(ctx)
	}
	err = errors.Join(err, s.log.Close(ctx))
	if err != nil {
		return fmt.Errorf("shadow: shut down: %w", err)
	}
	return nil
}

// pause waits, or returns why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
