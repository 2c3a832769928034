package intake

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// New returns a handler that is safe for concurrent use, or all that is wrong with its configuration. It starts no goroutine.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	return &handler{Config: cfg, bucket: newBucket(cfg.Rate, cfg.Burst, cfg.Now)}, nil
}

type handler struct {
	Config
	bucket *bucket // nil: no limit
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if p := h.serve(w, r); p != nil {
		p.write(w)
	}
}

// serve answers a request that was taken; a problem is left to the caller.
func (h *handler) serve(w http.ResponseWriter, r *http.Request) *problem {
	if p := acceptable(r); p != nil {
		return p
	}
	if p := h.authorize(r); p != nil {
		return p
	}
	// One report is paid for before the body is read: a flood must not be decoded first.
	if wait, ok := h.bucket.take(1); !ok {
		return tooMany(wait)
	}
	body, p := h.read(w, r)
	if p != nil {
		return p
	}
	reports, p := parse(body, h.MaxReports)
	if p != nil {
		return p
	}
	if wait, ok := h.bucket.take(len(reports) - 1); !ok {
		h.bucket.giveBack(1)
		return tooMany(wait)
	}
	a, p := h.deliver(r, reports)
	if p != nil {
		return p
	}
	writeJSON(w, http.StatusOK, a)
	return nil
}

// acceptable looks at the head of a request.
func acceptable(r *http.Request) *problem {
	if r.Method != http.MethodPost {
		return &problem{status: http.StatusMethodNotAllowed, text: "only POST is allowed", header: "Allow", value: http.MethodPost}
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, ok := params["charset"]
	if err != nil || media != "application/json" || ok && !strings.EqualFold(charset, "utf-8") {
		return &problem{status: http.StatusUnsupportedMediaType, text: "the content type must be application/json, in UTF-8"}
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return &problem{status: http.StatusUnsupportedMediaType, text: "the body must not be compressed"}
	}
	return nil
}

func (h *handler) authorize(r *http.Request) (p *problem) {
	if h.Authorize == nil {
		return nil
	}
	defer h.contain("authorize", &p)
	if err := h.Authorize(r); err != nil {
		return &problem{status: http.StatusForbidden, text: "not allowed"}
	}
	return nil
}

// contain turns a panic of what the application gave us into a problem. Deferred.
func (h *handler) contain(who string, p **problem) {
	v := recover()
	switch err, _ := v.(error); {
	case v == nil:
	case errors.Is(err, http.ErrAbortHandler):
		panic(http.ErrAbortHandler)
	default:
		*p = &problem{status: http.StatusInternalServerError, text: "internal error"}
		h.Panicked(who, v)
	}
}

func (h *handler) read(w http.ResponseWriter, r *http.Request) ([]byte, *problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.MaxBytes))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, problemf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", h.MaxBytes)
	case err != nil:
		return nil, problemf(http.StatusBadRequest, "the body could not be read")
	}
	return body, nil
}

// deliver hands the reports to the sink. What was taken before a panic stays taken.
func (h *handler) deliver(r *http.Request, reports []Report) (a answer, p *problem) {
	defer h.contain("sink", &p)
	a.Refused = []refusal{}
	for i, report := range reports {
		if reason := h.Sink(r.Context(), report); reason != "" {
			a.Refused = append(a.Refused, refusal{Index: i, Reason: public(reason)})
		} else {
			a.Taken++
		}
	}
	return a, nil
}
