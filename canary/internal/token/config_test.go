package token_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/token"
)

func TestConfig(t *testing.T) {
	good := func() token.Secret { return keys(1)[0].Secret }
	for _, v := range []struct {
		cfg  token.Config
		want string // "" is none
	}{
		{token.Config{}, ""},
		{token.Config{Keys: keys(4), Purpose: strings.Repeat("p", 64), Valid: 366 * 24 * time.Hour, Skew: 24 * time.Hour}, ""},
		{token.Config{Keys: []token.Key{{ID: "", Secret: good()}}}, `token: Keys[0].ID "" is empty`},
		{token.Config{Keys: []token.Key{{ID: strings.Repeat("k", 17), Secret: good()}}}, `token: Keys[0].ID "kkkkkkkkkkkkkkkkk" has 17 bytes, at most 16 are allowed`},
		{token.Config{Keys: []token.Key{{ID: "a.b", Secret: good()}}}, `token: Keys[0].ID "a.b" has characters other than A-Z, a-z, 0-9, '-' and '_'`},
		{token.Config{Keys: []token.Key{{ID: "é", Secret: good()}}}, `token: Keys[0].ID "é" has characters other than A-Z, a-z, 0-9, '-' and '_'`},
		{token.Config{Keys: []token.Key{{ID: "local", Secret: good()}}}, `token: Keys[0].ID "local" is the id of keys that a process makes for itself`},
		{token.Config{Keys: []token.Key{{ID: "k", Secret: good()[:31]}}}, "token: Keys[0].Secret has 31 bytes, at least 32 are needed"},
		{token.Config{Keys: []token.Key{{ID: "k"}}}, "token: Keys[0].Secret has 0 bytes, at least 32 are needed"},
		{token.Config{Keys: []token.Key{{ID: "k", Secret: make([]byte, 32)}}}, "token: Keys[0].Secret has one byte repeated"},
		{token.Config{Keys: []token.Key{{ID: "k", Secret: bytes.Repeat([]byte{7}, 64)}}}, "token: Keys[0].Secret has one byte repeated"},
		{token.Config{Keys: []token.Key{{ID: "k", Secret: good()}, {ID: "k", Secret: good()}}}, `token: Keys[1].ID "k" is the id of Keys[0], too`},
		{token.Config{Purpose: strings.Repeat("p", 65)}, "token: Purpose has 65 bytes, at most 64 are allowed"},
		{token.Config{Valid: -1}, "token: Valid -1ns outside [0, 8784h0m0s]"},
		{token.Config{Valid: 366*24*time.Hour + 1}, "token: Valid 8784h0m0.000000001s outside [0, 8784h0m0s]"},
		{token.Config{Skew: -time.Second}, "token: Skew -1s outside [0, 24h0m0s]"},
		{token.Config{Skew: 25 * time.Hour}, "token: Skew 25h0m0s outside [0, 24h0m0s]"},
		{token.Config{Keys: []token.Key{{ID: "k"}, {ID: "?", Secret: good()}}, Valid: -1, Skew: -1}, strings.Join([]string{
			"token: Keys[0].Secret has 0 bytes, at least 32 are needed",
			`token: Keys[1].ID "?" has characters other than A-Z, a-z, 0-9, '-' and '_'`,
			"token: Valid -1ns outside [0, 8784h0m0s]",
			"token: Skew -1ns outside [0, 24h0m0s]",
		}, "\n")},
	} {
		c, err := token.New(v.cfg)
		if v.want == "" {
			require.NoError(t, err)
			require.NotNil(t, c)
			continue
		}
		require.EqualError(t, err, v.want)
		require.Nil(t, c)
	}
	many := keys(2)
	for i := range 16 {
		many = append(many, token.Key{ID: fmt.Sprint(i), Secret: good()})
	}
	_, err := token.New(token.Config{Keys: many})
	require.EqualError(t, err, "token: 18 Keys, at most 16 are allowed")
}

// Neither a configuration nor a codec shows the bytes of a secret, in any of the usual ways of printing.
func TestSecretsDoNotShow(t *testing.T) {
	secret := token.Secret("correct horse battery staple, twice over")
	cfg := token.Config{Keys: []token.Key{{ID: "k", Secret: secret}}}
	c := codec(t, cfg)
	var shown []string
	for _, v := range []any{secret, cfg, &cfg, cfg.Keys, cfg.Keys[0], &cfg.Keys[0], c, *c, map[string]token.Secret{"s": secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U"} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
		text, err := json.Marshal(v)
		require.NoError(t, err)
		shown = append(shown, string(text))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("", "v", v)
		shown = append(shown, log.String())
	}
	for _, form := range []string{"%s", "%d", "%x", "%X", "%#v"} {
		for _, text := range shown {
			raw := strings.Trim(fmt.Sprintf(form, []byte(secret)[:8]), "[]{}byte")
			require.NotContains(t, text, raw)
		}
	}
	require.Equal(t, "[redacted] [redacted]", fmt.Sprint(secret.String(), " ", secret.GoString()))
	require.Contains(t, fmt.Sprintf("%+v", cfg), "[redacted]")
	text, err := secret.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "[redacted]", string(text))
}

// A configuration can be read from JSON all the same.
func TestSecretFromJSON(t *testing.T) {
	var k token.Key
	require.NoError(t, json.Unmarshal([]byte(`{"ID":"k","Secret":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}`), &k))
	require.Equal(t, keys(1)[0].Secret, k.Secret)
}

// The codec does not look at a secret after New.
func TestSecretMayBeWiped(t *testing.T) {
	ks := keys(1)
	c := codec(t, token.Config{Keys: ks})
	x := sample()
	before := issue(c, x)
	clear(ks[0].Secret)
	require.Equal(t, before, issue(c, x))
}

func TestErrors(t *testing.T) {
	seen := map[string]bool{}
	for k := range token.Kind(token.Kinds) {
		e := &token.Error{Kind: k, Key: "k", Age: time.Hour, Limit: time.Minute}
		require.Regexp(t, "^[a-z_]+$", k.String())
		require.Equal(t, k.String(), e.ErrorType())
		require.Regexp(t, "^token: ", e.Error())
		seen[k.String()], seen[e.Error()] = true, true
	}
	require.Len(t, seen, 2*token.Kinds)
	require.Equal(t, "Kind(99)", token.Kind(99).String())
	require.Equal(t, "token: refused: Kind(99)", (&token.Error{Kind: 99}).Error())
	require.Equal(t, "token: expired: issued 2h0m0s ago, valid for 1h0m0s", (&token.Error{Kind: token.Expired, Age: 2 * time.Hour, Limit: time.Hour}).Error())
	require.Equal(t, "token: issued 2m0s in the future, at most 1m0s are allowed", (&token.Error{Kind: token.Future, Age: -2 * time.Minute, Limit: time.Minute}).Error())
}
