package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

// The whole story, with fewer requests.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-requests", "6000"}, &out), out.String())
	for _, want := range []string{
		"1. Two equal models", "rolled back after", "error_rate: ", "stable has answered them all",
		"the first correction, again: duplicate", "one of before the restart: taken", "with a changed token: token", "minutes: late",
	} {
		require.Contains(t, out.String(), want)
	}
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, len([]rune(line)), 81, line)
	}
}

// A model that is not worse enough to be found in so few requests is no success.
func TestRunSaysWhatWasNotKept(t *testing.T) {
	err := run(t.Context(), []string{"-requests", "40"}, io.Discard)
	require.ErrorIs(t, err, errPromise)
	require.Equal(t, 1, status(err, io.Discard))
}

func TestStatus(t *testing.T) {
	require.Zero(t, status(nil, io.Discard))
	var out bytes.Buffer
	require.Equal(t, interrupted, status(context.Canceled, &out))
	require.Equal(t, "feedback: interrupted\n", out.String())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ctx, nil, io.Discard), context.Canceled)
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, options{seed: 1, requests: 12_000}, o)
	for _, args := range [][]string{{"-seed", "x"}, {"-requests", "0"}, {"more"}} {
		_, err := parseOptions(args, io.Discard)
		require.ErrorContains(t, err, "feedback: ", args)
	}
	_, err = parseOptions([]string{"-h"}, io.Discard)
	require.ErrorIs(t, err, flag.ErrHelp)
}

// The candidate is what the story says: of the same speed, and wrong more often.
func TestModels(t *testing.T) {
	m, err := train()
	require.NoError(t, err)
	stable, sloppy := m.examine(m.stable), m.examine(m.sloppy)
	require.Greater(t, stable.right, 0.9)
	require.Less(t, sloppy.right, stable.right-0.05)
	require.Greater(t, sloppy.right, 0.8)
	require.Equal(t, len(m.stable.Head), len(m.sloppy.Head))
}

// Six in ten correct a wrong answer, half of them within five minutes, each once.
func TestUsersCorrectLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var within5, all int
		u := newUsers(1, make([]digits.Row, 100), "")
		u.client = &http.Client{Transport: answering(func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "/feedback", r.URL.Path)
			_, _ = io.WriteString(w, `{"taken": 1, "refused": []}`)
		})}
		const n = 2000
		for range n {
			u.correctLater("token")
		}
		<-time.After(typically)
		synctest.Wait()
		within5 = int(u.sent.Load())
		u.end()
		all = int(u.sent.Load())
		require.InDelta(t, patience*n, all, 100)
		require.InDelta(t, all/2, within5, 100)
		require.Zero(t, u.failed.Load())
	})
}

// answering is a transport without a network.
type answering http.HandlerFunc

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f(w, r)
	return w.Result(), nil
}

// What a service should not say is no correction.
func TestUsersHearWhyNot(t *testing.T) {
	for body, want := range map[string]string{
		`{"taken": 1, "refused": []}`:                        "",
		`{"taken": 0, "refused": [{"reason": "duplicate"}]}`: "duplicate",
	} {
		u := newUsers(1, nil, "")
		u.client = &http.Client{Transport: answering(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })}
		got, err := u.correct(t.Context(), "token")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, bad := range []string{"", "{}", `{"taken": 2}`, "<html>"} {
		u := newUsers(1, nil, "")
		u.client = &http.Client{Transport: answering(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, bad) })}
		_, err := u.correct(t.Context(), "token")
		require.Error(t, err, bad)
	}
	u := newUsers(1, nil, "http://127.0.0.1:1")
	_, err := u.correct(t.Context(), "token")
	require.Error(t, err)
	require.False(t, errors.Is(err, errPromise))
}

// What is no question is answered as such.
func TestServiceRefuses(t *testing.T) {
	w := httptest.NewRecorder()
	read(nil)(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/read", strings.NewReader("{")))
	require.Equal(t, http.StatusBadRequest, w.Code)
}
