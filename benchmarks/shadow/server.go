package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"time"
)

// network is what a server and its generator talk over: requests enter by Go's poller of the network, as they do in a server.
const network = "unix"

// lines are the connections that requests come by. Each is read by one goroutine, which starts another for each request, as servers of multiplexed protocols do.
const lines = 8

// answerTimeout is how long a server may take for the requests that are still open when the last has been sent.
const answerTimeout = 2 * time.Minute

// server answers requests, a block at a time.
type server struct {
	block atomic.Pointer[session]
}

// session is a block under way.
type session struct {
	mode     mode
	base     time.Time // a reading of the clock
	offset   time.Duration
	took     []time.Duration
	answered atomic.Int64
}

// serve dials the generator and does as it is told until it hangs up.
func serve(ctx context.Context, address string) (err error) {
	var s server
	var d net.Dialer
	control, err := d.DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, control.Close()) }()
	for range lines {
		line, err := d.DialContext(ctx, network, address)
		if err != nil {
			return err
		}
		defer func() { _ = line.Close() }()
		go s.read(line)
	}
	return s.obey(gob.NewDecoder(control), gob.NewEncoder(control))
}

// obey carries out orders.
func (s *server) obey(orders *gob.Decoder, outcomes *gob.Encoder) error {
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		found := outcome{}
		switch {
		case o.Calibrate > 0:
			found.Layers = layersFor(o.Calibrate)
		case o.Limits > 0:
			found.measure(o.Limits)
		case o.Block != nil:
			if err := s.play(o.Block, orders, outcomes, &found); err != nil {
				found.Problem = err.Error()
			}
		}
		if err := outcomes.Encode(&found); err != nil {
			return err
		}
	}
}

// measure finds out what does not depend on load.
func (o *outcome) measure(layers int) {
	var err error
	if o.Limits, err = limits(layers); err != nil {
		o.Problem = err.Error()
	}
}

// play opens a block, says so, answers requests until it is told how many were sent and all are answered, and waits for the shadows.
func (s *server) play(b *block, orders *gob.Decoder, outcomes *gob.Encoder, found *outcome) error {
	open, known := modes[b.Mode]
	if !known {
		return fmt.Errorf("no mode %q", b.Mode)
	}
	m, err := open(newModel(b.Layers, b.Garbage), newModel(b.Layers, b.Garbage), b.Shadow)
	if err != nil {
		return err
	}
	runtime.GC()
	r := &session{mode: m, base: time.Now(), took: make([]time.Duration, b.Most)}
	r.offset = r.base.Sub(b.Start)
	for i := range r.took {
		r.took[i] = -1
	}
	s.block.Store(r)
	var last order
	if err := outcomes.Encode(&outcome{}); err != nil {
		return err
	}
	before := readGauges()
	if err := orders.Decode(&last); err != nil {
		return err
	}
	for late := time.Now().Add(answerTimeout); r.answered.Load() < int64(last.Sent); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			return fmt.Errorf("%d of %d requests answered", r.answered.Load(), last.Sent)
		}
	}
	after := readGauges()
	found.Gauges = after.since(&before)
	s.block.Store(nil)
	found.Tally = m.Settle()
	found.Took = r.took[:last.Sent]
	return nil
}

// read starts a goroutine for each request of a connection.
func (s *server) read(line net.Conn) {
	frames := bufio.NewReader(line)
	for {
		var f frame
		if _, err := io.ReadFull(frames, f[:]); err != nil {
			return
		}
		go s.block.Load().answer(f)
	}
}

// answer has the mode answer a request, and notes how long after its time that was.
func (r *session) answer(f frame) {
	_, _ = r.mode.Predict(context.Background(), features(f.number()))
	r.took[f.number()] = r.offset + time.Since(r.base) - f.at()
	r.answered.Add(1)
}
