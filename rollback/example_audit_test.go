package rollback_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/rollback"
)

var teatime = time.Date(2026, 5, 4, 16, 0, 0, 0, time.UTC)

// readTrail returns the files of a trail, the oldest first, as readers.
func readTrail(path string) []io.Reader {
	files, err := rollback.AuditFiles(path)
	if err != nil {
		panic(err)
	}
	var readers []io.Reader
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		readers = append(readers, strings.NewReader(string(content)))
	}
	return readers
}

// A File is a store and an auditor: a canary that has one records every act beside the state.
func ExampleFile_Record() {
	ctx := context.Background()
	store, err := rollback.OpenFile(inTemp("record.state"))
	if err != nil {
		panic(err)
	}
	for _, e := range []rollback.Entry{
		{At: teatime, Actor: "keeper", Action: "step", From: "ramping 1 %", To: "ramping 5 %", Reason: "proven at this step"},
		{At: teatime, Actor: "alice", Action: "hold", From: "ramping 5 %", To: "ramping 5 %", Reason: "the press\nis asking \x1b[2J"},
	} {
		fmt.Println(store.Record(ctx, e))
	}
	fmt.Println(store.Close())

	for e, err := range rollback.ReadAudit(readTrail(store.AuditPath())...) {
		fmt.Printf("%s %s %s: %s -> %s, %q %v\n", e.At.Format(time.TimeOnly), e.Actor, e.Action, e.From, e.To, e.Reason, err)
	}
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// 16:00:00 keeper step: ramping 1 % -> ramping 5 %, "proven at this step" <nil>
	// 16:00:00 alice hold: ramping 5 % -> ramping 5 %, "the press\nis asking \x1b[2J" <nil>
}

func ExampleOpenAudit() {
	trail, err := rollback.OpenAudit(inTemp("ranking.audit.jsonl"), rollback.AuditOptions{Keep: 24})
	if err != nil {
		panic(err)
	}
	err = trail.Record(context.Background(), rollback.Entry{Canary: "ranking", At: teatime, Actor: "alice", Action: "promote"})
	fmt.Println(err, trail.Close())

	line, _ := os.ReadFile(trail.Path())
	fmt.Print(string(line))
	// Output:
	// <nil> <nil>
	// {"seq":1,"at":"2026-05-04T16:00:00Z","canary":"ranking","actor":"alice","action":"promote","epoch":0,"version":"","from":"","to":"","reason":"","evidence":"","revision":0,"prev":"","sum":"f1fdb8f01b38d0f3"}
}

func ExampleVerifyAudit() {
	trail, err := rollback.OpenAudit(inTemp("verify.audit.jsonl"), rollback.AuditOptions{})
	if err != nil {
		panic(err)
	}
	for _, action := range []string{"begin", "step", "hold", "resume"} {
		if err := trail.Record(context.Background(), rollback.Entry{Actor: "alice", Action: action}); err != nil {
			panic(err)
		}
	}
	_ = trail.Close()
	mark, err := rollback.VerifyAudit(rollback.AuditMark{}, readTrail(trail.Path())...)
	fmt.Println(mark.Seq, err) // keep the mark elsewhere

	lines, _ := os.ReadFile(trail.Path())
	altered := strings.Replace(string(lines), "hold", "hide", 1)
	_, err = rollback.VerifyAudit(rollback.AuditMark{}, strings.NewReader(altered))
	fmt.Println(err)

	shortened := strings.Join(strings.SplitAfter(string(lines), "\n")[:2], "")
	_, err = rollback.VerifyAudit(rollback.AuditMark{}, strings.NewReader(shortened))
	fmt.Println(err) // no chain can tell
	_, err = rollback.VerifyAudit(mark, strings.NewReader(shortened))
	fmt.Println(err)
	// Output:
	// 4 <nil>
	// rollback: audit trail is broken at file 1, line 3: it is not a whole line of the trail, and no entry notes that
	// <nil>
	// rollback: audit trail is broken at file 1, line 3: the trail ends after line 2, line 4 is known
}

func ExampleAuditFiles() {
	path := inTemp("files.audit.jsonl")
	trail, err := rollback.OpenAudit(path, rollback.AuditOptions{MaxBytes: 64 << 10, Keep: 2})
	if err != nil {
		panic(err)
	}
	for range 60 {
		err = trail.Record(context.Background(), rollback.Entry{Action: "step", Evidence: strings.Repeat("e-value 21.5; ", 300)})
		if err != nil {
			panic(err)
		}
	}
	_ = trail.Close()
	files, err := rollback.AuditFiles(path)
	for _, file := range files {
		fmt.Println(strings.TrimPrefix(file, path[:len(path)-len("files.audit.jsonl")]))
	}
	fmt.Println(err)
	// Output:
	// files.audit.jsonl.2
	// files.audit.jsonl.3
	// files.audit.jsonl
	// <nil>
}
