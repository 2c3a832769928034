package report

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

// Read goes over pair logs, plain or compressed with gzip, and sums them up. The files may be in any order and overlap in time, as those of several replicas do.
//
// It goes over them once, decodes on all processors, and holds some tens of megabytes whatever the size of the logs. The summary depends on the logs and their
// order alone.
//
// Bad lines are counted and the first few kept in [Facts.BadLines]; a file that ends before its end, as a compressed one that was cut off, is in
// [Facts.ReadErrors]. The error is for files that cannot be opened, a Config that is wrong, no paths, and for ctx when it ends first.
func Read(ctx context.Context, paths []string, cfg Config) (*Summary, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, errors.New("report: no files")
	}
	m, err := newMerge(paths)
	if err != nil {
		return nil, err
	}
	return newReader(cfg, m).run(ctx)
}

// A reader has one goroutine that reads, some that decode, and the caller's, which sums up.
type reader struct {
	cfg                   Config
	merge                 *merge
	trials                *trials
	free, decode, ordered chan *chunk
	facts                 Facts
}

func newReader(cfg Config, m *merge) *reader {
	chunks := 2*runtime.GOMAXPROCS(0) + 2
	r := &reader{
		cfg: cfg, merge: m, trials: newTrials(cfg),
		free: make(chan *chunk, chunks), decode: make(chan *chunk, chunks), ordered: make(chan *chunk, chunks),
	}
	for range chunks {
		r.free <- newChunk()
	}
	return r
}

func (r *reader) run(ctx context.Context) (*Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(r.decodeAll)
	}
	var failure error
	all.Go(func() {
		failure = r.merge.run(ctx, r.free, r.decode, r.ordered)
		close(r.decode)
		close(r.ordered)
	})
	for c := range r.ordered {
		<-c.decoded
		if ctx.Err() == nil {
			r.take(c)
		}
		r.free <- c
	}
	all.Wait()
	if failure == nil {
		failure = ctx.Err()
	}
	if failure != nil {
		return nil, failure
	}
	return r.finish(), nil
}

func (r *reader) decodeAll() {
	var d pairlog.Decoder
	for c := range r.decode {
		c.decode(&d)
		c.decoded <- struct{}{}
	}
}

func (r *reader) take(c *chunk) {
	for i := range c.used {
		r.trials.add(&c.records[i], place{c.file, c.lines[i]})
	}
	r.facts.Records += int64(c.used)
	r.facts.Bad += c.badSeen
	for _, b := range c.bad {
		if len(r.facts.BadLines) < maxBadLines {
			r.facts.BadLines = append(r.facts.BadLines, b)
		}
	}
	if r.cfg.Progress != nil {
		r.cfg.Progress(c.read, r.merge.total)
	}
}

func (r *reader) finish() *Summary {
	r.facts.Bytes = r.merge.done
	r.facts.Files = r.merge.files
	r.facts.ReadErrors = r.merge.failed
	r.facts.Others, r.facts.Unlisted = r.trials.others()
	return r.trials.chosen.summary(r.trials.trial(), r.facts)
}
