package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/examples/internal/digits"
	"github.com/modelcanary/go-sdk/rollback"
)

// question and answer are what travels.
type question struct {
	User   string                 `json:"user"`
	Pixels [digits.Pixels]float64 `json:"pixels"`
}

type answer struct {
	Digit int    `json:"digit"`
	Token string `json:"token"` // for who has something to say about it
}

// service reads digits over HTTP.
type service struct {
	reader *reader
	url    string
	server *http.Server
	ended  chan error
	store  *rollback.File // of the canary
}

// serve starts a service on a port of this machine.
func serve(reader *reader, store *rollback.File) (*service, error) {
	feedback, err := canary.FeedbackHandler(reader, canary.FeedbackHandlerConfig{Rate: 10_000})
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it is
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /read", read(reader))
	mux.Handle("/feedback", feedback)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("feedback: %w", err)
	}
	s := &service{
		reader: reader, store: store, url: "http://" + listener.Addr().String(), ended: make(chan error, 1),
		server: &http.Server{Handler: mux, ReadTimeout: 10 * time.Second},
	}
	go func() { s.ended <- s.server.Serve(listener) }()
	return s, nil
}

// read answers with a digit and the token of the decision.
func read(reader *reader) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q question
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<14)).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		digit, decision, err := reader.Decide(r.Context(), digits.Image{User: q.User, Pixels: q.Pixels})
		if err != nil {
			http.Error(w, "no answer", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer{Digit: digit.Value, Token: decision.Token()})
	}
}

// close ends the service, then the canary, then its store.
func (s *service) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, s.reader.Shutdown(ctx), s.store.Close())
}
