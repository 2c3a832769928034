package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/examples/internal/digits"
)

const (
	perSecond = 1500
	patience  = 0.6        // of wrong answers so many are corrected
	typically = 5 * minute // after the answer, half of them; lognormal
)

// users send digits to a service and correct its answers.
type users struct {
	live    []digits.Row
	client  *http.Client
	url     string
	traffic *digits.Traffic

	mu      sync.Mutex
	rng     *rand.Rand
	waiting sync.WaitGroup // for those that correct
	asked   atomic.Int64
	wrong   atomic.Int64
	sent    atomic.Int64 // corrections
	failed  atomic.Int64 // requests that went wrong
}

func newUsers(seed uint64, live []digits.Row, url string) *users {
	return &users{
		live: live, url: url, traffic: digits.NewTraffic(seed, live), rng: rand.New(rand.NewPCG(seed, 7)),
		client: &http.Client{Timeout: 10 * time.Second},
	}
}

// send sends requests until there were n, or enough says so; who got a wrong
// answer corrects it later.
func (u *users) send(ctx context.Context, n int, enough func() bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	u.traffic.Replay(ctx, n, perSecond, func(r digits.Request) {
		a, err := u.ask(ctx, r)
		switch {
		case err != nil && ctx.Err() == nil:
			u.failed.Add(1)
		case err == nil && a.Digit != u.live[r.Row].Truth:
			u.wrong.Add(1)
			u.correctLater(a.Token)
		}
		if enough() {
			cancel()
		}
	})
}

func (u *users) ask(ctx context.Context, r digits.Request) (a answer, err error) {
	u.asked.Add(1)
	status, body, err := u.post(ctx, "/read", question{User: r.Image.User, Pixels: r.Image.Pixels})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("feedback: the service answers %d", status)
	}
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	return a, err
}

// correctLater corrects an answer some minutes later, if the user can be bothered.
func (u *users) correctLater(token string) {
	u.mu.Lock()
	bothered, after := u.rng.Float64() < patience, time.Duration(float64(typically)*math.Exp(u.rng.NormFloat64()))
	u.mu.Unlock()
	if !bothered {
		return
	}
	u.waiting.Add(1)
	time.AfterFunc(after, func() {
		defer u.waiting.Done()
		u.sent.Add(1)
		if _, err := u.correct(context.Background(), token); err != nil {
			u.failed.Add(1)
		}
	})
}

// correct says that an answer was wrong. It returns why that is not taken, "" if it is.
func (u *users) correct(ctx context.Context, token string) (refused string, err error) {
	status, body, err := u.post(ctx, "/feedback", map[string]any{"token": token, "signal": corrected, "value": 1})
	if err != nil {
		return "", err
	}
	var a struct {
		Taken   int
		Refused []struct{ Reason string }
	}
	if err := json.Unmarshal(body, &a); err != nil || status != http.StatusOK || a.Taken+len(a.Refused) != 1 {
		return "", fmt.Errorf("feedback: the service answers %d: %s", status, body)
	}
	if a.Taken == 1 {
		return "", nil
	}
	return a.Refused[0].Reason, nil
}

func (u *users) post(ctx context.Context, path string, value any) (status int, body []byte, err error) {
	b, err := json.Marshal(value)
	if err != nil {
		return 0, nil, fmt.Errorf("feedback: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.url+path, bytes.NewReader(b))
	if err != nil {
		return 0, nil, fmt.Errorf("feedback: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := u.client.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("feedback: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return 0, nil, fmt.Errorf("feedback: %w", err)
	}
	return response.StatusCode, body, nil
}

// end waits until everybody has corrected what they wanted to.
func (u *users) end() {
	u.waiting.Wait()
	u.client.CloseIdleConnections()
}
