package main

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// player sends traffic to a server in another process and keeps the book.
type player struct {
	listener net.Listener
	folder   string
	control  net.Conn
	lines    [lines]net.Conn
	orders   *gob.Encoder
	outcomes *gob.Decoder
	precise  bool // the generator has a process of its own, and may keep a thread to itself
}

// newPlayer listens, has the server started, and waits until it has dialled.
func newPlayer(ctx context.Context, start func(address string) error) (p *player, err error) {
	p = &player{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if p.folder, err = os.MkdirTemp("", "shadow"); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	if p.listener, err = config.Listen(ctx, network, filepath.Join(p.folder, "s")); err != nil {
		return nil, err
	}
	if err := start(p.listener.Addr().String()); err != nil {
		return nil, err
	}
	if p.control, err = p.listener.Accept(); err != nil {
		return nil, err
	}
	for i := range p.lines {
		if p.lines[i], err = p.listener.Accept(); err != nil {
			return nil, err
		}
	}
	p.orders, p.outcomes = gob.NewEncoder(p.control), gob.NewDecoder(p.control)
	return p, nil
}

// Close hangs up, which ends the server.
func (p *player) Close() error {
	var problems []error
	for _, line := range p.lines {
		if line != nil {
			problems = append(problems, line.Close())
		}
	}
	if p.control != nil {
		problems = append(problems, p.control.Close())
	}
	if p.listener != nil {
		problems = append(problems, p.listener.Close())
	}
	return errors.Join(append(problems, os.RemoveAll(p.folder))...)
}

// order has the server do something and returns what it says.
func (p *player) order(o order) (found outcome, err error) {
	if err := p.orders.Encode(&o); err != nil {
		return found, err
	}
	if err := p.outcomes.Decode(&found); err != nil {
		return found, err
	}
	if found.Problem != "" {
		return found, fmt.Errorf("server: %s", found.Problem)
	}
	return found, nil
}

// calibrate returns how many layers take the server that long.
func (p *player) calibrate(d time.Duration) (layers int, err error) {
	found, err := p.order(order{Calibrate: d})
	return found.Layers, err
}

// lead is how long before the first arrival a block begins.
const lead = 20 * time.Millisecond

// play has the server open a block, sends its traffic and returns what came of it.
func (p *player) play(b block) (*played, error) {
	arrivals := slices.Collect(poisson(b.Seed, b.Rate, b.Length))
	if len(arrivals) == 0 {
		return nil, fmt.Errorf("no request arrives within %v at %.2g a second", b.Length, b.Rate)
	}
	b.Most = len(arrivals)
	runtime.GC()
	start := time.Now().Add(lead)
	b.Start = start.Round(0)
	if _, err := p.order(order{Block: &b}); err != nil {
		return nil, err
	}
	before := readMachine()
	sent, overslept, err := p.send(start, arrivals)
	if err != nil {
		return nil, err
	}
	after := readMachine()
	found, err := p.order(order{Sent: sent})
	if err != nil {
		return nil, err
	}
	return &played{block: b, outcome: found, arrivals: arrivals, Overslept: overslept, Machine: after.since(&before, found.Gauges.CPU)}, nil
}

// send sends the arrivals, each at its time.
func (p *player) send(start time.Time, arrivals []time.Duration) (sent int, overslept time.Duration, err error) {
	c := wall{start: start, sleep: time.Sleep}
	if p.precise {
		defer precisely()()
		c.sleep = sleep
	}
	return generate(c, slices.Values(arrivals), func(number uint64, at time.Duration) error {
		f := newFrame(number, at)
		_, err := p.lines[number%lines].Write(f[:])
		return err
	})
}

// wall is the clock on the wall, since a moment.
type wall struct {
	start time.Time
	sleep func(time.Duration)
}

func (w wall) Now() time.Duration { return time.Since(w.start) }

func (w wall) Until(at time.Duration) {
	for rest := at - w.Now(); rest > 0; rest = at - w.Now() {
		w.sleep(rest)
	}
}
