// Package check holds the assertions of the tests of this program. They stop the
// test and say what was wanted and what came.
package check

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// fail stops the test. What follows is a format with its arguments, if anything.
func fail(t testing.TB, what string, about []any) {
	t.Helper()
	if len(about) > 0 {
		what = fmt.Sprintf(fmt.Sprint(about[0]), about[1:]...) + ": " + what
	}
	t.Fatal(what)
}

// True wants a condition to hold.
func True(t testing.TB, ok bool, about ...any) {
	t.Helper()
	if !ok {
		fail(t, "is false", about)
	}
}

// False wants a condition not to hold.
func False(t testing.TB, ok bool, about ...any) {
	t.Helper()
	if ok {
		fail(t, "is true", about)
	}
}

// Equal wants two values of one type to be deeply equal.
func Equal[T any](t testing.TB, want, got T, about ...any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		fail(t, fmt.Sprintf("want %+v, got %+v", want, got), about)
	}
}

// NotEqual wants them to differ.
func NotEqual[T any](t testing.TB, unwanted, got T, about ...any) {
	t.Helper()
	if reflect.DeepEqual(unwanted, got) {
		fail(t, fmt.Sprintf("do not want %+v", got), about)
	}
}

// Near wants a number within a distance of another.
func Near(t testing.TB, want, got, distance float64, about ...any) {
	t.Helper()
	if !(math.Abs(want-got) <= distance) {
		fail(t, fmt.Sprintf("want %v within %v, got %v", want, distance, got), about)
	}
}

// AllNear wants as many numbers, each near its own.
func AllNear(t testing.TB, want, got []float64, distance float64, about ...any) {
	t.Helper()
	near := func(a, b float64) bool { return math.Abs(a-b) <= distance }
	if !slices.EqualFunc(want, got, near) {
		fail(t, fmt.Sprintf("want %v within %v, got %v", want, distance, got), about)
	}
}

// AtMost wants a value not above a limit.
func AtMost[T cmp.Ordered](t testing.TB, got, limit T, about ...any) {
	t.Helper()
	if got <= limit {
		return
	}
	fail(t, fmt.Sprintf("want at most %v, got %v", limit, got), about)
}

// Below wants a value below a limit.
func Below[T cmp.Ordered](t testing.TB, got, limit T, about ...any) {
	t.Helper()
	if got < limit {
		return
	}
	fail(t, fmt.Sprintf("want below %v, got %v", limit, got), about)
}

// Contains wants a part in a text.
func Contains(t testing.TB, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		fail(t, fmt.Sprintf("want %q in:\n%s", part, text), nil)
	}
}

// ErrorSays wants an error with this part in its text.
func ErrorSays(t testing.TB, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		fail(t, fmt.Sprintf("want an error with %q, got %v", part, err), nil)
	}
}

// ErrorIs wants an error, or none if target is nil.
func ErrorIs(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		fail(t, fmt.Sprintf("want error %v, got %v", target, err), nil)
	}
}
