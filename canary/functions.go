package canary

import "sync/atomic"

// function is what is known of one function of the configuration, beside the function itself.
type function struct {
	kind, name string // "number" and "confidence"; the name is empty where there is only one of the kind
	loss       string // what it means that it is not called any more
	panics
}

// String names it for people.
func (f *function) String() string {
	if f.name == "" {
		return f.kind
	}
	return f.kind + " " + f.name
}

// key names it in metrics and snapshots.
func (f *function) key() string {
	if f.name == "" {
		return f.kind
	}
	return f.kind + ":" + f.name
}

// panics counts the panics of one function of the application and turns it off after three in a row.
type panics struct {
	row   atomic.Int32
	total atomic.Int64
}

const maxPanics = 3

func (p *panics) off() bool { return p.row.Load() >= maxPanics }

func (p *panics) ok() {
	if p.row.Load() != 0 {
		p.row.Store(0)
	}
}

// count notes a panic and reports whether it was the one that turned the function off.
func (p *panics) count() bool {
	p.total.Add(1)
	return p.row.Add(1) == maxPanics
}
