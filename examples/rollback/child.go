package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/rollback"
)

const (
	glance = 200    // requests between two looks at whether the candidate is out
	most   = 60_000 // requests after which a verdict is not waited for any longer
)

// child is a serving process: it does what its order says, and tells.
type child struct {
	order   order
	service *service
	killer  *killer

	mu  sync.Mutex
	out *json.Encoder
}

// serve is the whole life of a child process.
func serve(ctx context.Context, argument string, out io.Writer) (err error) {
	c := &child{out: json.NewEncoder(out)}
	if err := json.Unmarshal([]byte(argument), &c.order); err != nil {
		return fmt.Errorf("rollback: order: %w", err)
	}
	c.killer = newKiller(c.order, c.report)
	if err := c.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.service.close()) }()
	state := c.service.canary.Snapshot().State
	c.report(report{Kind: started, State: &state})
	if c.order.Insist {
		if err := c.insist(ctx); err != nil {
			return err
		}
	}
	c.work(ctx)
	last := c.service.canary.Snapshot()
	for last.State.Stage == rollback.RolledBack && c.order.Kill.Moment != "" && ctx.Err() == nil {
		c.service.serve(ctx, glance) // the kill will come
	}
	total := c.service.total()
	c.report(report{Kind: ended, Text: string(last.Reason), Tally: &total})
	return ctx.Err()
}

// open reads the models and starts to serve.
func (c *child) open(ctx context.Context) error {
	data, err := digits.Load()
	if err != nil {
		return err
	}
	stable, err := readModel(c.order.Models, digits.StableVersion)
	if err != nil {
		return err
	}
	candidate, err := readModel(c.order.Models, c.order.Candidate)
	if err != nil {
		return err
	}
	c.service, err = openService(ctx, c.order.State, stable, candidate, digits.NewTraffic(c.order.Seed, data.Live), c.tell)
	if err != nil {
		return err
	}
	c.service.seen = func(d canary.Decision) { c.killer.request(ctx, d) }
	return nil
}

// work serves what was ordered. Where the split is found broken no verdict can
// come; that is a false alarm here, of which there may be one in a hundred.
func (c *child) work(ctx context.Context) {
	served := c.service.serve(ctx, c.order.Requests).Requests
	for c.order.Verdict && served < most && ctx.Err() == nil {
		if now := c.service.canary.Snapshot(); now.State.Stage == rollback.RolledBack || now.Reason == canary.ReasonRoutingBroken {
			return
		}
		served += c.service.serve(ctx, glance).Requests
	}
}

// insist is a person who wants the candidate back.
func (c *child) insist(ctx context.Context) error {
	if err := c.service.flags.Set(100); err != nil {
		return err
	}
	for _, try := range []struct {
		what string
		err  error
	}{
		{"Jump", c.service.canary.Jump(ctx, "bob", "it was good in the lab", 1)},
		{"Approve", c.service.canary.Approve(ctx, "bob")},
		{"Promote", c.service.canary.Promote(ctx, "bob")},
	} {
		switch {
		case errors.Is(try.err, canary.ErrRefused):
			c.report(report{Kind: refused, Text: try.err.Error()})
		default:
			c.report(report{Kind: accepted, Text: fmt.Sprintf("%s: %v", try.what, try.err)})
		}
	}
	return nil
}

// tell passes on what the canary has to say about a rollback.
func (c *child) tell(e canary.Event) {
	if e.Kind != canary.RolledBack {
		return
	}
	acked := e.NotDurable == nil
	c.report(report{Kind: tripped, Text: e.Message, Acked: acked})
	if acked {
		c.killer.said()
	}
}

// report tells the parent. A parent that is gone is not waited for.
func (c *child) report(r report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.out.Encode(r)
}
