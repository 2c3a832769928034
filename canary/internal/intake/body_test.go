package intake_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/modelcanary/go-sdk/canary/internal/intake"
)

// bad bodies, each with words of the answer.
var bad = map[string]string{ //nolint:gosec // G101: no credentials, only the word token
	"":                                       "not one JSON value",
	" ":                                      "not one JSON value",
	"{":                                      "not one JSON value",
	"}":                                      "not one JSON value",
	"nul":                                    "not one JSON value",
	"\ufeff" + one:                           "not one JSON value",
	one + one:                                "not one JSON value",
	one + " x":                               "not one JSON value",
	one + ",":                                "not one JSON value",
	one + "\x00":                             "not one JSON value",
	"[" + one:                                "not one JSON value",
	`{"token":"t","signal":"s","value":1,}`:  "not one JSON value",
	`{"token":"t" "signal":"s","value":1}`:   "not one JSON value",
	`{"token":"t","signal":"s","value":}`:    "not one JSON value",
	`{"token":"t","signal":"s","value":NaN}`: "not one JSON value",
	`{"token":"t","signal":"s","value":Infinity}`:             "not one JSON value",
	`{"token":"t","signal":"s","value":-Infinity}`:            "not one JSON value",
	`{"token":"t","signal":"s","value":+1}`:                   "not one JSON value",
	`{"token":"t","signal":"s","value":.5}`:                   "not one JSON value",
	`{"token":"t","signal":"s","value":01}`:                   "not one JSON value",
	`{"token":"t","signal":"s","value":0x1}`:                  "not one JSON value",
	`{"token":"t","signal":"s","value":1_0}`:                  "not one JSON value",
	`{'token':'t','signal':'s','value':1}`:                    "not one JSON value",
	`{token:"t",signal:"s",value:1}`:                          "not one JSON value",
	"{\"token\":\"\xff\",\"signal\":\"s\",\"value\":1}":       "not one JSON value",
	"{\"token\":\"t\",\"signal\":\"\n\",\"value\":1}":         "not one JSON value",
	`{"token":"t","signal":"s","value":1} // done`:            "not one JSON value",
	strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000): "not one JSON value",
	`null`:                       "must be an object",
	`1`:                          "must be an object",
	`"text"`:                     "must be an object",
	`[]`:                         "must be an object",
	"[" + one + "]":              "must be an object",
	`{}`:                         "token: missing",
	`{"signal":"s","value":1}`:   "token: missing",
	`{"token":"t","value":1}`:    "signal: missing",
	`{"token":"t","signal":"s"}`: "value: missing",
	`{"token":"t","signal":"s","value":null}`:                "value: must be a number",
	`{"token":"t","signal":"s","value":"1"}`:                 "value: must be a number",
	`{"token":"t","signal":"s","value":""}`:                  "value: must be a number",
	`{"token":"t","signal":"s","value":"NaN"}`:               "value: must be a number",
	`{"token":"t","signal":"s","value":true}`:                "value: must be a number",
	`{"token":"t","signal":"s","value":[1]}`:                 "value: must be a number",
	`{"token":"t","signal":"s","value":{"value":1}}`:         "value: must be a number",
	`{"token":"t","signal":"s","value":1e309}`:               "value: outside",
	`{"token":"t","signal":"s","value":-1e999}`:              "value: outside",
	`{"token":"","signal":"s","value":1}`:                    "token: must be a text",
	`{"token":null,"signal":"s","value":1}`:                  "token: must be a text",
	`{"token":1,"signal":"s","value":1}`:                     "token: must be a text",
	`{"token":["t"],"signal":"s","value":1}`:                 "token: must be a text",
	`{"token":"t","signal":"","value":1}`:                    "signal: must be a text",
	`{"token":"t","signal":false,"value":1}`:                 "signal: must be a text",
	`{"token":"t","signal":{},"value":1}`:                    "signal: must be a text",
	`{"Token":"t","signal":"s","value":1}`:                   "a field other than",
	`{"token":"t","SIGNAL":"s","value":1}`:                   "a field other than",
	`{"token":"t","signal":"s","value":1,"arm":"candidate"}`: "a field other than",
	`{"token":"t","signal":"s","value":1,"":0}`:              "a field other than",
	`{"token":"t","token":"t","signal":"s","value":1}`:       "token: given twice",
	`{"token":"t","signal":"s","signal":"r","value":1}`:      "signal: given twice",
	`{"token":"t","signal":"s","value":0,"value":1}`:         "value: given twice",
	`{"reports":[]}`:              "reports: must not be empty",
	`{"reports":null}`:            "reports: must be a list",
	`{"reports":{}}`:              "reports: must be a list",
	`{"reports":` + one + `}`:     "reports: must be a list",
	`{"reports":[1]}`:             "reports[0]: must be an object",
	`{"reports":[null]}`:          "reports[0]: must be an object",
	`{"reports":[[` + one + `]]}`: "reports[0]: must be an object",
	`{"reports":[{}]}`:            "reports[0]: token: missing",
	`{"reports":[` + one + `,{"token":"t","signal":"s"}]}`:         "reports[1]: value: missing",
	`{"reports":[{"reports":[` + one + `]}]}`:                      "reports[0]: a field other than",
	`{"reports":[` + one + `],"token":"t"}`:                        "either reports, or",
	`{"token":"t","signal":"s","value":1,"reports":[` + one + `]}`: "either reports, or",
	`{"reports":[` + one + `],"reports":[` + one + `]}`:            "reports: given twice",
	`{"reports":[` + one + `],"more":1}`:                           "a field other than",
	`{"Reports":[` + one + `]}`:                                    "a field other than",
}

// Nothing of a bad body is taken, the good reports in it neither.
func TestBadBodies(t *testing.T) {
	require.GreaterOrEqual(t, len(bad), 50)
	var b book
	h := handler(t, intake.Config{Sink: b.take, Rate: -1})
	for body, words := range bad {
		w := post(h, body)
		require.Equal(t, http.StatusBadRequest, w.Code, "%.200q: %s", body, w.Body)
		problem(t, w, http.StatusBadRequest, words)
	}
	require.Empty(t, b.reports)
}
