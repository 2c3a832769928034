package report

import "slices"

// A registry has one T for each of the names met, up to a number of them. Names that come at once are taken in their alphabetical order, so that which of them
// find room does not depend on the order of a map.
type registry[T any] struct {
	most   int
	byName map[string]*T
	names  []string
	left   bool // there were more
}

func newRegistry[T any](most int) registry[T] {
	return registry[T]{most: most, byName: map[string]*T{}}
}

// of returns the T of a name, nil if there is no room for it.
func (r *registry[T]) of(name string) *T {
	name = clip(name, maxName)
	if t := r.byName[name]; t != nil {
		return t
	}
	if len(r.names) == r.most {
		r.left = true
		return nil
	}
	t := new(T)
	r.byName[name] = t
	r.names = append(r.names, name)
	return t
}

func (r *registry[T]) sorted() []string {
	names := slices.Clone(r.names)
	slices.Sort(names)
	return names
}

// admit makes room for the names of maps.
func admit[T, V any](r *registry[T], maps ...map[string]V) {
	var news []string
	for _, m := range maps {
		for name := range m {
			if r.byName[name] == nil && len(r.names) < r.most {
				news = append(news, name)
			}
		}
	}
	slices.Sort(news)
	for _, name := range news {
		r.of(name)
	}
}
