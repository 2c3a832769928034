package intake_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

func TestReportsAreTaken(t *testing.T) {
	for name, v := range map[string]struct {
		body string
		want []intake.Report
	}{
		"one":                {`{"token":"a.b","signal":"corrected","value":1}`, []intake.Report{{Token: "a.b", Signal: "corrected", Value: 1}}},
		"any order":          {"\n{ \"value\" : -2.5e-3 ,\t\"signal\":\"s\",\"token\":\"t\"}\r\n", []intake.Report{{Token: "t", Signal: "s", Value: -0.0025}}},
		"zero is a value":    {`{"token":"t","signal":"s","value":0}`, []intake.Report{{Token: "t", Signal: "s"}}},
		"escapes":            {`{"to\u006ben":"t","signal":"\u00e9\n","value":1}`, []intake.Report{{Token: "t", Signal: "é\n", Value: 1}}},
		"list of one":        {`{"reports":[{"token":"t","signal":"s","value":1}]}`, []intake.Report{{Token: "t", Signal: "s", Value: 1}}},
		"list of two":        {`{"reports":[{"token":"t","signal":"s","value":1},{"token":"u","signal":"v","value":2}]}`, []intake.Report{{Token: "t", Signal: "s", Value: 1}, {Token: "u", Signal: "v", Value: 2}}},
		"underflow is a 0":   {`{"token":"t","signal":"s","value":1e-999}`, []intake.Report{{Token: "t", Signal: "s"}}},
		"the largest number": {`{"token":"t","signal":"s","value":1.7976931348623157e308}`, []intake.Report{{Token: "t", Signal: "s", Value: 1.7976931348623157e308}}},
	} {
		t.Run(name, func(t *testing.T) {
			var b book
			w := post(handler(t, intake.Config{Sink: b.take}), v.body)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.Equal(t, map[string]any{"taken": float64(len(v.want)), "refused": []any{}}, sound(t, w))
			require.Equal(t, v.want, b.reports)
		})
	}
}

func TestRefusals(t *testing.T) {
	var b book
	h := handler(t, intake.Config{Sink: b.take})
	reasons := []string{"", "duplicate", "expired", "forged", "malformed", "version", "unknown_key", "Candidate arm!", strings.Repeat("x", 33), "é", ""}
	var list []string
	for _, reason := range reasons {
		signal := "s"
		if reason != "" {
			signal = "refuse:" + reason
		}
		list = append(list, `{"token":"t","signal":"`+signal+`","value":1}`)
	}
	w := post(h, `{"reports":[`+strings.Join(list, ",")+`]}`)
	require.Equal(t, http.StatusOK, w.Code)
	sound(t, w)
	require.Equal(t, `{"taken":2,"refused":[{"index":1,"reason":"duplicate"},{"index":2,"reason":"expired"},{"index":3,"reason":"token"},{"index":4,"reason":"token"},`+
		`{"index":5,"reason":"token"},{"index":6,"reason":"token"},{"index":7,"reason":"refused"},{"index":8,"reason":"refused"},{"index":9,"reason":"refused"}]}`+"\n", w.Body.String())
	require.Len(t, b.reports, 2)
}

func TestHeads(t *testing.T) {
	var b book
	h := handler(t, intake.Config{Sink: b.take})
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "X"} {
		r := request(one)
		r.Method = method
		w := serve(h, r)
		problem(t, w, http.StatusMethodNotAllowed, "POST")
		require.Equal(t, "POST", w.Header().Get("Allow"))
	}
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1",
		"application/jsonx", "application/problem+json", "json", "application/json; charset=utf-8; charset=utf-16", "application/json, text/plain", "*/*"} {
		r := request(one)
		r.Header.Set("Content-Type", media)
		problem(t, serve(h, r), http.StatusUnsupportedMediaType, "application/json")
	}
	r := request(one)
	r.Header.Set("Content-Encoding", "gzip")
	problem(t, serve(h, r), http.StatusUnsupportedMediaType, "compressed")
	require.Empty(t, b.reports)

	for _, media := range []string{"application/json", "application/json;", `Application/JSON; charset="UTF-8"`, "application/json; v=1"} {
		r := request(one)
		r.Header.Set("Content-Type", media)
		r.Header.Set("Content-Encoding", "identity")
		require.Equal(t, http.StatusOK, serve(h, r).Code, media)
	}
}

func TestBounds(t *testing.T) {
	var b book
	h := handler(t, intake.Config{Sink: b.take, MaxBytes: 400, MaxReports: 3})
	pad := strings.Repeat(" ", 400-len(one))
	require.Equal(t, http.StatusOK, post(h, one+pad).Code)
	require.Equal(t, http.StatusOK, post(h, many(3)).Code)
	problem(t, post(h, many(4)), http.StatusRequestEntityTooLarge, "more than 3 reports")
	problem(t, post(h, one+pad+" "), http.StatusRequestEntityTooLarge, "more than 400 bytes")
	unmeasured := request(one + pad + " ")
	unmeasured.ContentLength = -1
	problem(t, serve(h, unmeasured), http.StatusRequestEntityTooLarge, "more than 400 bytes")
	require.Len(t, b.reports, 4)

	byDefault := handler(t, intake.Config{Sink: b.take})
	require.Equal(t, http.StatusOK, post(byDefault, many(100)).Code)
	problem(t, post(byDefault, many(101)), http.StatusRequestEntityTooLarge, "more than 100 reports")
	problem(t, post(byDefault, strings.Repeat(" ", 64<<10+1)), http.StatusRequestEntityTooLarge, "more than 65536 bytes")
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenBody) Close() error             { return nil }

func TestBodyThatBreaksOff(t *testing.T) {
	var b book
	r := request("")
	r.Body = brokenBody{}
	problem(t, serve(handler(t, intake.Config{Sink: b.take}), r), http.StatusBadRequest, "could not be read")
}

// unread fails the test when the body is touched.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) { u.t.Error("the body was read"); return 0, io.EOF }
func (unread) Close() error               { return nil }

func TestAuthorize(t *testing.T) {
	var b book
	h := handler(t, intake.Config{Sink: b.take, Authorize: func(r *http.Request) error {
		if r.Header.Get("Authorization") != "let me in" {
			return errors.New("the word is: let me in")
		}
		return nil
	}})
	r := request(one)
	r.Body = unread{t}
	w := serve(h, r)
	problem(t, w, http.StatusForbidden, "not allowed")
	require.NotContains(t, w.Body.String(), "let me in")
	require.Empty(t, b.reports)
	r = request(one)
	r.Header.Set("Authorization", "let me in")
	require.Equal(t, http.StatusOK, serve(h, r).Code)
}

func TestPanics(t *testing.T) {
	var who []string
	var values []any
	told := func(w string, v any) { who, values = append(who, w), append(values, v) }
	var b book
	for _, cfg := range []intake.Config{
		{Sink: b.take, Authorize: func(*http.Request) error { panic("secret") }, Panicked: told},
		{Sink: func(context.Context, intake.Report) string { panic(errors.New("secret")) }, Panicked: told},
		{Sink: b.take, Authorize: func(*http.Request) error { panic(nil) }},
	} {
		w := post(handler(t, cfg), one)
		problem(t, w, http.StatusInternalServerError, "internal error")
		require.NotContains(t, w.Body.String(), "secret")
	}
	require.Equal(t, []string{"authorize", "sink"}, who)
	require.Equal(t, []any{"secret", errors.New("secret")}, values)
	require.Empty(t, b.reports)
	abort := handler(t, intake.Config{Sink: b.take, Authorize: func(*http.Request) error { panic(http.ErrAbortHandler) }, Panicked: told})
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { post(abort, one) })
	require.Len(t, who, 2)
}

type key struct{}

func TestSinkGetsTheContextOfTheRequest(t *testing.T) {
	var got any
	h := handler(t, intake.Config{Sink: func(ctx context.Context, _ intake.Report) string { got = ctx.Value(key{}); return "" }})
	serve(h, request(one).WithContext(context.WithValue(t.Context(), key{}, 7)))
	require.Equal(t, 7, got)
}

// Over a real connection, by many clients at once.
func TestConcurrentClients(t *testing.T) {
	var b book
	server := httptest.NewServer(handler(t, intake.Config{Sink: b.take, Rate: -1}))
	defer server.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(many(5)))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				answer, err := server.Client().Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(answer.Body)
				if cerr := answer.Body.Close(); err != nil || cerr != nil || string(body) != `{"taken":5,"refused":[]}`+"\n" {
					t.Errorf("%q, %v, %v", body, err, cerr)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, b.reports, 8*20*5)
}
