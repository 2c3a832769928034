package canarytest

import (
	"reflect"
	"strconv"

	"github.com/modelcanary/go-sdk/rollback"
)

func checkMemory(t *trial) {
	store := t.open()
	given := rollback.State{}.Next("v1").RollBack(breach)
	before := normal(given)
	saved := t.mustSwap(store, given, "nothing stored")
	if !given.Equal(before) {
		t.failf("CompareAndSwap has changed what it was given:\n\tbefore %+v\n\tafter  %+v", before, given)
	}
	want := normal(saved) // a copy
	scramble(&given)
	t.mustFind(store, want, "after the caller has changed the state that it had given")
	scramble(&saved)
	t.mustFind(store, want, "after the caller has changed the state that CompareAndSwap had returned")
	found := t.mustLoad(store, "once more")
	scramble(&found)
	t.mustFind(store, want, "after the caller has changed the state that Load had returned")
}

// scramble overwrites what s refers to, whatever fields a state has.
func scramble(s *rollback.State) {
	scrambleValue(reflect.ValueOf(s).Elem())
}

func scrambleValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				scrambleValue(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			v.Index(i).SetZero()
		}
	case reflect.Map:
		v.Clear()
	case reflect.Pointer:
		if !v.IsNil() {
			v.Elem().SetZero()
		}
	}
}

func quoted(text string) string { return strconv.QuoteToASCII(text) }

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
