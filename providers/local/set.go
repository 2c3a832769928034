package local

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"unicode/utf8"
)

// ErrReadOnly is returned by [Provider.Set] and [Provider.Delete] when the flags come from a file: the file is then
// the only place to change them.
var ErrReadOnly = errors.New("local: the flags come from a file and cannot be set")

// Set gives the flag key a value, adding the flag if it is new, and emits PROVIDER_CONFIGURATION_CHANGED if that
// changes anything. It takes effect for evaluations that begin after Set returns.
//
// A value is a bool, a string, a finite number of any Go integer or float type, or an object: anything else but nil,
// a channel, a function or a complex number. Maps of type map[string]any and slices of type []any are copied; other objects must
// not be changed afterwards. The flag resolves with reason STATIC and no variant.
//
// Set returns a [*FlagError] for an empty or non-UTF-8 key and for a value outside that domain, and [ErrReadOnly] for a
// provider from [OpenFile]; the flag then stays as it was. It copies the table of flags: it is meant for hundreds of
// flags that people change, not for a database.
func (p *Provider) Set(key string, v any) error {
	val, err := newFlagValue(key, v)
	if err != nil {
		return fmt.Errorf("local: set: %w", err)
	}
	return p.edit(key, &flag{fallback: &variant{value: val}})
}

// Delete removes the flag key and emits PROVIDER_CONFIGURATION_CHANGED if it was there; deleting a flag that does not
// exist is no error. It returns [ErrReadOnly] for a provider from [OpenFile].
func (p *Provider) Delete(key string) error {
	return p.edit(key, nil)
}

// edit puts f in the place of the flag key, or removes the flag when f is nil. The event is posted under the lock, so
// events and tables have the same order.
func (p *Provider) edit(key string, f *flag) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		return ErrReadOnly
	}
	old := p.flags()
	if reflect.DeepEqual(old[key], f) {
		return nil
	}
	next := make(table, len(old)+1)
	maps.Copy(next, old)
	if f == nil {
		delete(next, key)
	} else {
		next[key] = f
	}
	p.table.Store(&next)
	p.events.changed([]string{key})
	return nil
}

func newFlagValue(key string, v any) (value, error) {
	if key == "" || !utf8.ValidString(key) {
		return value{}, &FlagError{Flag: key, Problem: "the key is empty or not UTF-8"}
	}
	val, problem := newValue(v)
	if problem != "" {
		return value{}, &FlagError{Flag: key, Problem: problem}
	}
	return val, nil
}
