package token_test

import (
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/token"
)

func ExampleCodec() {
	codec, err := token.New(token.Config{
		Keys:    []token.Key{{ID: "2026-11", Secret: token.Secret("of a random source in real life, please")}},
		Purpose: "feedback",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	text := string(codec.Append(nil, &token.Claims{Canary: 1, Epoch: 2, Cohort: 3, ID: 4, Unit: 5, Candidate: true, Issued: now}))

	claims, err := codec.Parse(text, now.Add(time.Hour))
	fmt.Println(len(text), claims.Epoch, claims.Candidate, err)

	_, err = codec.Parse(text[:len(text)-1]+"A", now.Add(time.Hour))
	fmt.Println(err)
	_, err = codec.Parse(text, now.Add(25*time.Hour))
	fmt.Println(err)
	// Output:
	// 118 2 true <nil>
	// token: forged, altered or made for another purpose
	// token: expired: issued 25h0m0s ago, valid for 24h0m0s
}
