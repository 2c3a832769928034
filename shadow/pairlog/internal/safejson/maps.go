package safejson

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const (
	// MaxText is how many bytes of a name or a label of a record are kept.
	MaxText = 512
	// MaxEntries is how many entries a map of a record may have to be kept.
	MaxEntries = 1024
)

type entry struct {
	key   string
	value reflect.Value
}

// entries tells of a map in the order of its keys. Of keys that become the same text the first is kept.
func (w *walker) entries(v reflect.Value, depth int) bool {
	if v.IsNil() {
		w.b.null()
		return true
	}
	n := v.Len()
	if n > w.limit/5 || !w.room(5*n) { // two quotes, a colon, a value and a comma each
		w.over = max(w.over, n)
		return false
	}
	all, ok, fit := w.collect(v)
	if !fit {
		return false
	}
	if !ok {
		w.b.Omitted(MapKey, 0)
		return true
	}
	w.b.OpenMap()
	for i, e := range all {
		if i > 0 && e.key == all[i-1].key {
			continue
		}
		w.b.Key(e.key)
		if !w.value(e.value, depth+1) {
			return false
		}
	}
	w.b.CloseMap()
	return true
}

// collect returns the entries in order; ok is false if a key is no text and has none, fit if the keys alone are too large.
func (w *walker) collect(v reflect.Value) (all []entry, ok, fit bool) {
	all = make([]entry, 0, v.Len())
	sum := 0
	for it := v.MapRange(); it.Next(); {
		key, ok := keyText(it.Key())
		if !ok {
			return nil, false, true
		}
		if sum += len(key); !w.room(sum) {
			return nil, true, false
		}
		all = append(all, entry{key: UTF8(key), value: it.Value()})
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return all, true, true
}

// UTF8 is s with what is not UTF-8 replaced by U+FFFD.
func UTF8(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// Clip is the beginning of s, at most max bytes and up to a rune, and whether that is less than all.
func Clip(s string, max int) (string, bool) {
	if len(s) <= max {
		return s, false
	}
	end := max
	for end > 0 && end > max-4 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end], true
}

func keyText(k reflect.Value) (string, bool) {
	if k.Kind() == reflect.Interface {
		k = k.Elem()
	}
	switch k.Kind() {
	case reflect.String:
		return k.String(), true
	case reflect.Bool:
		return strconv.FormatBool(k.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(k.Int(), 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(k.Uint(), 10), true
	case reflect.Float32:
		return strconv.FormatFloat(k.Float(), 'g', -1, 32), true
	case reflect.Float64:
		return strconv.FormatFloat(k.Float(), 'g', -1, 64), true
	default:
		return "", false
	}
}
