package local

import (
	"reflect"

	"github.com/open-feature/go-sdk/openfeature"
)

// Parse reads a document into a provider.
func Parse(data []byte) (*Provider, error) {
	flags, err := parse(data)
	if err != nil {
		return nil, err
	}
	p := &Provider{}
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

// Alike reports whether two providers have deeply equal flags.
func Alike(p, q *Provider) bool { return reflect.DeepEqual(p.flags(), q.flags()) }
