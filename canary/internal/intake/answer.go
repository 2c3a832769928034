package intake

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// answer is the body of a 200.
type answer struct {
	Taken   int       `json:"taken"`
	Refused []refusal `json:"refused"`
}

type refusal struct {
	Index  int    `json:"index"`
	Reason string `json:"reason"`
}

// problem is any other answer. Its text is ours, with nothing of the request in it.
type problem struct {
	status        int
	text          string
	header, value string // of one header to add, if not empty
}

func problemf(status int, format string, args ...any) *problem {
	return &problem{status: status, text: fmt.Sprintf(format, args...)}
}

// maxWait is the longest wait that is told to a client.
const maxWait = time.Hour

func tooMany(wait time.Duration) *problem {
	seconds := int(math.Ceil(min(max(wait, time.Second), maxWait).Seconds()))
	return &problem{status: http.StatusTooManyRequests, text: "too many reports", header: "Retry-After", value: strconv.Itoa(seconds)}
}

func (p *problem) write(w http.ResponseWriter) {
	if p.header != "" {
		w.Header().Set(p.header, p.value)
	}
	writeJSON(w, p.status, struct {
		Error string `json:"error"`
	}{p.text})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil { // numbers and texts of our own
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a client that has gone
}

const maxReason = 32

// public is what a client may know of a sink's reason.
func public(reason string) string {
	switch reason {
	case "malformed", "version", "unknown_key", "forged":
		return "token"
	}
	if len(reason) > maxReason {
		return "refused"
	}
	for i := range len(reason) {
		if c := reason[i]; c != '_' && (c < 'a' || c > 'z') {
			return "refused"
		}
	}
	return reason
}
