package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/examples/internal/screen"
	"github.com/modelcanary/go-sdk/rollback"
)

const (
	aLook   = 2_400   // requests before and after what a person does
	longest = 120_000 // requests until a promotion has to be proven, 10 s; it takes 3 s
)

// climb is part 4: in one process that goes on, with the state that the others
// have left, a person begins a mended candidate, which climbs with proof, is
// promoted, and is taken back.
func (s *stage) climb(ctx context.Context) (err error) {
	s.timeline.Heading("4. A mended model, in a process that goes on")
	p, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	mended, err := readModel(s.dir, mendedVersion)
	if err != nil {
		return err
	}
	if err := s.expect(p.serve(ctx, aLook), digits.StableVersion); err != nil {
		return err
	}

	if err := s.beginUntilPromoted(ctx, p, mended); err != nil {
		return err
	}
	if err := s.expect(p.serve(ctx, aLook), mended.Version); err != nil {
		return err
	}

	s.timeline.Say("person", "wants the old one back")
	start := time.Now()
	trip := p.canary.Rollback(ctx, "alice", "users complain")
	s.timeline.Say("canary", "applied %v, durable %v, after %s", trip.Applied, trip.Durable, screen.Microseconds(time.Since(start)))
	if !trip.Applied || !trip.Durable {
		return broken("the rollback of a promotion: %v", trip.Err)
	}
	return s.expect(p.serve(ctx, aLook), digits.StableVersion)
}

// beginUntilPromoted begins an epoch, and once more should the canary stop it:
// it may be wrong about a good model, one time in a hundred.
func (s *stage) beginUntilPromoted(ctx context.Context, p *service, candidate model) error {
	for range 3 {
		s.timeline.Say("person", "begins an epoch with %s, the flag still at 100 %%", candidate.Version)
		if err := p.canary.Begin(ctx, "alice", candidate); err != nil {
			return err
		}
		if promoted, err := s.climbAndPromote(ctx, p); promoted || err != nil {
			return err
		}
		s.timeline.Say("canary", "does not let it climb: %s", p.canary.Snapshot().Reason)
	}
	return broken("the mended model was not promoted: %s", p.canary.Snapshot().Promotion.Reason)
}

// open starts to serve in this process.
func (s *stage) open(ctx context.Context) (*service, error) {
	stable, err := readModel(s.dir, digits.StableVersion)
	if err != nil {
		return nil, err
	}
	worse, err := readModel(s.dir, worseVersion)
	if err != nil {
		return nil, err
	}
	return openService(ctx, s.path(storyFile), stable, worse, digits.NewTraffic(s.seed, s.live), s.tell)
}

// tell prints what the canary has to say.
func (s *stage) tell(e canary.Event) {
	switch e.Kind {
	case canary.Begun, canary.Stepped, canary.Promoted:
		s.timeline.Say("canary", "%s", e.Message)
	case canary.RolledBack:
		s.timeline.Say("canary", "rolls back: %s", e.Message)
	}
}

// climbAndPromote serves while the ramp climbs, and says who answered at each
// step. On the last one a person asks for the promotion, again and again until
// it is proven. It gives up when the candidate has no share any more.
func (s *stage) climbAndPromote(ctx context.Context, p *service) (promoted bool, err error) {
	share, before := p.canary.Snapshot().Share, p.total()
	for asked, start := false, before.Requests; p.total().Requests < start+longest; {
		p.serve(ctx, glance)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		now := p.canary.Snapshot()
		if now.Share != share {
			s.timeline.Say("users", "%s", shares(p.total().since(before)))
			share, before = now.Share, p.total()
		}
		if share == 0 {
			return false, nil
		}
		if now.State.Stage != rollback.Promoted {
			continue
		}
		refusal, err := s.askForPromotion(ctx, p, asked)
		if err != nil {
			return false, err
		}
		if refusal == nil {
			s.timeline.Say("users", "%s", shares(p.total().since(before)))
			return true, nil
		}
		asked = true
	}
	return false, nil
}

// askForPromotion is a person who does, and what the canary refuses that with.
func (s *stage) askForPromotion(ctx context.Context, p *service, again bool) (refusal, err error) {
	if !again {
		s.timeline.Say("person", "asks for its promotion")
	}
	err = p.canary.Promote(ctx, "alice")
	if !errors.Is(err, canary.ErrRefused) {
		return nil, err
	}
	if !again {
		s.timeline.Say("canary", "%v", err)
	}
	return err, nil
}

// expect says who answered, and it must have been one version alone.
func (s *stage) expect(t tally, version string) error {
	s.timeline.Say("users", "%s", shares(t))
	if t.By[version] != t.Requests || t.Errors > 0 {
		return broken("%s answered %d of %d requests, want all of them", version, t.By[version], t.Requests)
	}
	return nil
}

// shares says which part of the requests each version has answered.
func shares(t tally) string {
	versions := slices.Sorted(maps.Keys(t.By))
	parts := make([]string, 0, len(versions))
	for _, version := range versions {
		if t.By[version] > 0 {
			parts = append(parts, version+" "+screen.Percent(float64(t.By[version])/float64(t.Requests)))
		}
	}
	return screen.Plural(t.Requests, "request") + ": " + strings.Join(parts, ", ")
}
