package pairlog_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/shadow/pairlog"
)

func pair(epoch uint64, language string) *pairlog.Record {
	return &pairlog.Record{
		Time: time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC), Canary: "langdetect", Epoch: epoch,
		Stable:    pairlog.Answer{Version: "1", Outcome: "ok", Duration: 210 * time.Microsecond, Labels: map[string]string{"language": "de"}},
		Candidate: pairlog.Answer{Version: "2", Outcome: "ok", Duration: 190 * time.Microsecond, Labels: map[string]string{"language": language}},
		Differs:   language != "de", Distance: math.NaN(), RerunDistance: math.NaN(),
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "pairs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "langdetect.jsonl")

	log, err := pairlog.Open(path, pairlog.FileConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	log.Put(pair(1, "de"))
	log.Put(pair(1, "nl"))
	if err := log.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println("written:", log.Counts().Written)

	file, err := os.Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = file.Close() }()
	for r, err := range pairlog.Scan(file) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(r.Stable.Labels["language"], r.Candidate.Labels["language"], r.Differs)
	}
	// Output:
	// written: 2
	// de de false
	// de nl true
}

func ExampleAppendRecord() {
	r := &pairlog.Record{
		Time: time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC), Canary: "summary", Epoch: 2,
		Stable:    pairlog.Answer{Version: "1", Outcome: "ok", Duration: time.Second, Output: "<b>fine</b>"},
		Candidate: pairlog.Answer{Version: "2", Outcome: "ok", Duration: time.Second, Output: math.NaN()},
		Differs:   true, Distance: math.Inf(1), RerunDistance: math.NaN(),
	}
	line := string(pairlog.AppendRecord(nil, r))
	fmt.Print(strings.ReplaceAll(line, `,"`, ",\n\""))
	// Output:
	// {"schema":"modelcanary.pair/1",
	// "time":"2026-11-23T06:00:00Z",
	// "canary":"summary",
	// "epoch":2,
	// "stable":{"version":"1",
	// "outcome":"ok",
	// "duration_s":1,
	// "output":"\u003cb\u003efine\u003c/b\u003e"},
	// "candidate":{"version":"2",
	// "outcome":"ok",
	// "duration_s":1,
	// "output":"NaN"},
	// "differs":true,
	// "distance":"Infinity"}
}

func ExampleDecoder_Decode() {
	var d pairlog.Decoder
	var r pairlog.Record // used again for each line
	for _, line := range []string{
		`{"schema":"modelcanary.pair/1","epoch":3,"stable":{"version":"1"},"candidate":{"version":"2"},"differs":true}`,
		`{"schema":"modelcanary.pair/9"}`,
		`{"schema":"modelcanary.pair/1","epoch":true}`,
	} {
		err := d.Decode([]byte(line), &r)
		switch {
		case errors.Is(err, pairlog.ErrSchema):
			fmt.Println("not for this version")
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println(r.Epoch, r.Stable.Version, r.Candidate.Version, r.Differs)
		}
	}
	// Output:
	// 3 1 2 true
	// not for this version
	// pairlog: byte 39, in "epoch": 't', want a digit
}

func ExampleScan() {
	log := pairlog.AppendRecord(nil, pair(1, "de"))
	log = append(log, "what a crash left\n"...)
	log = pairlog.AppendRecord(log, pair(2, "nl"))
	for r, err := range pairlog.Scan(strings.NewReader(string(log))) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("epoch", r.Epoch)
	}
	// Output:
	// epoch 1
	// pairlog: line 2, byte 0: 'w', want an object
	// epoch 2
}
