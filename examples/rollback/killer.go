package main

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/rollback"
)

// killer kills its own process when the moment of its order has come. Safe
// for concurrent use.
type killer struct {
	plan   kill
	state  string // path of the state file
	report func(report)
	die    func()

	acked    atomic.Bool
	calls    atomic.Int64
	watching sync.Once
	killing  sync.Once
}

func newKiller(o order, report func(report)) *killer {
	return &killer{plan: o.Kill, state: o.State, report: report, die: killSelf}
}

// request is told of each request.
func (k *killer) request(ctx context.Context, d canary.Decision) {
	switch {
	case d.Reason == canary.ReasonRolledBack && k.plan.Moment == beforeVerdict: // it came earlier than was thought
		k.kill(afterVerdict)
	case d.Reason == canary.ReasonRolledBack:
		k.at(afterVerdict)
	case d.Arm == canary.Candidate && k.plan.Moment == afterFirstSlot:
		k.watching.Do(func() { go k.watch(ctx) })
	case d.Arm == canary.Candidate && k.calls.Add(1) == int64(k.plan.Calls):
		k.at(beforeVerdict)
	}
}

// said is told when the canary has acknowledged the rollback.
func (k *killer) said() {
	k.acked.Store(true)
	k.at(afterSaid)
}

// watch looks at the state file as another process would, again and again,
// until the first of its two slots says that the candidate is out. The file is
// in use, but can be read.
func (k *killer) watch(ctx context.Context) {
	eye, err := rollback.OpenFile(k.state)
	if err != nil {
		return
	}
	defer func() { _ = eye.Close() }()
	for ctx.Err() == nil {
		if state, _ := eye.Load(ctx); state.Stage == rollback.RolledBack {
			k.at(afterFirstSlot)
		}
	}
}

// at kills the process if this is the moment.
func (k *killer) at(m moment) {
	if m == k.plan.Moment {
		k.kill(m)
	}
}

// kill kills the process, the first time that it is called.
func (k *killer) kill(m moment) {
	k.killing.Do(func() {
		if k.plan.Delay > 0 {
			time.Sleep(k.plan.Delay)
		}
		k.report(report{Kind: killing, Text: string(m), Acked: k.acked.Load()})
		k.die()
	})
}

// killSelf is the end: SIGKILL, where there are signals. Nothing is flushed,
// closed or said after it.
func killSelf() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // it takes a moment
}
