package local

import "github.com/open-feature/go-sdk/openfeature"

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
