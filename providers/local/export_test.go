package local

import (
	"errors"
	"io"

	"github.com/open-feature/go-sdk/openfeature"
)

// Parse reads a document into a provider that is not followed, as OpenFile does.
func Parse(data []byte) (*Provider, error) {
	flags, err := parse(data)
	if err != nil {
		return nil, err
	}
	p := &Provider{file: &file{err: errors.New("not a file")}}
	p.table.Store(&flags)
	return p, nil
}

// Keys returns the keys of all flags, in no order.
func (p *Provider) Keys() (keys []string) {
	for key := range p.flags() {
		keys = append(keys, key)
	}
	return keys
}

// HoldReload makes the next reading of the file hang, as a slow file system would, until release is called.
func (p *Provider) HoldReload() (release func()) {
	p.mu.Lock()
	return p.mu.Unlock
}

// At returns the index of the bucket that a hash falls into, among buckets of these weights.
func At(hash uint32, weights ...uint64) int {
	s := &split{}
	index := map[*variant]int{nil: -1}
	for i, w := range weights {
		s.total += w
		v := &variant{}
		index[v] = i
		s.buckets = append(s.buckets, bucket{end: s.total, variant: v})
	}
	return index[s.at(hash)]
}

// Pending takes all events that wait.
func (p *Provider) Pending() (events []openfeature.Event) {
	for {
		select {
		case e := <-p.EventChannel():
			events = append(events, e)
		default:
			return events
		}
	}
}

// MaxChangedKeys is the bound of keys that wait unread.
const MaxChangedKeys = maxChangedKeys

// PostChange posts a change of these sorted keys.
func (p *Provider) PostChange(keys []string) { p.events.changed(keys) }

// Alike reports whether two providers have deeply equal flags.
func Alike(p, q *Provider) bool { return len(differing(p.flags(), q.flags())) == 0 }

// ReloadOnce reads the file as the watcher does.
func (p *Provider) ReloadOnce() { p.reload(false) }

// ReadAll reads the content of the file from r.
func (p *Provider) ReadAll(r io.Reader) ([]byte, error) { return p.file.readAll(r) }

// Running reports whether the file is being followed.
func (p *Provider) Running() bool {
	p.life.Lock()
	defer p.life.Unlock()
	return p.run != nil && !p.run.isOver()
}

// AwaitEnd waits until the goroutine of the latest run is gone.
func (p *Provider) AwaitEnd() {
	p.life.Lock()
	r := p.run
	p.life.Unlock()
	<-r.ended
}
