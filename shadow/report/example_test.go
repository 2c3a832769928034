package report_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/shadow/pairlog"
	"github.com/modelcanary/go-sdk/shadow/report"
)

// exampleLog is a log in which the candidate differs on every tenth input, and stable never from itself.
func exampleLog() (path string, remove func()) {
	dir, err := os.MkdirTemp("", "pairs")
	if err != nil {
		panic(err)
	}
	var lines []byte
	for i := range 2000 {
		r := pair(i)
		again := r.Stable
		r.Rerun, r.Differs = &again, i%10 == 0
		lines = pairlog.AppendRecord(lines, &r)
	}
	path = filepath.Join(dir, "pairs.jsonl")
	if err := os.WriteFile(path, lines, 0o600); err != nil {
		panic(err)
	}
	return path, func() { _ = os.RemoveAll(dir) }
}

func ExampleRead() {
	path, remove := exampleLog()
	defer remove()
	summary, err := report.Read(context.Background(), []string{path}, report.Config{Criteria: []criteria.Criterion{criteria.Disagreement{}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Headline.Result, summary.Headline.Title)
	fmt.Printf("differs on %.0f %% more than stable from itself\n", 100*summary.Excess.Excess)
	fmt.Println("rolled back at pair", summary.Judgement.RolledBack.Pair)
	// Output:
	// fail Not ready: it is proven not to answer as stable does
	// differs on 10 % more than stable from itself
	// rolled back at pair 325
}

func ExampleSummary_WriteText() {
	path, remove := exampleLog()
	defer remove()
	summary, err := report.Read(context.Background(), []string{path}, report.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var text strings.Builder
	_ = summary.WriteText(&text)
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "Numbers") {
			break
		}
		fmt.Println(strings.TrimRight(line, " \n"))
	}
	// Output:
	// NOT READY  it is proven not to answer as stable does
	// c · epoch 1 · 1 → 2
	// 2,000 pairs from 2026-11-02 12:00:00 to 2026-11-02 12:33:19 UTC (33.3 min), 25.0 % of the requests
	// drawn
	//
	//   ✗ It differs on 10.0 % more of the inputs than stable differs from itself, at least 8.75 %; 5.00 %
	//     is allowed.
	//   ✓ It failed where stable answered on 0 of 2,000 inputs, and the reverse on 0: at most 0.19 % more,
	//     0.50 % is allowed.
	//
	// Agreement
	//   candidate with stable      90.0 %  [88.6 %, 91.24 %]  ███████████████████████████···
	//   stable with itself          100 %  [99.81 %, 100 %]  ██████████████████████████████
	//   difference beyond noise    10.0 %  [8.75 %, 11.4 %] on 2,000 reruns
	//   answered                 both 2,000 · only stable 0 · only the candidate 0 · neither 0
}

func ExampleSummary_WriteHTML() {
	path, remove := exampleLog()
	defer remove()
	summary, err := report.Read(context.Background(), []string{path}, report.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var page strings.Builder
	if err := summary.WriteHTML(&page); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(page.String(), "<h1>c</h1>"), page.Len() < 2_000_000)
	// Output: true true
}

func ExampleReadCriteria() {
	list, err := report.ReadCriteria(strings.NewReader(`[
		{"kind": "disagreement", "limit": 0.02},
		{"kind": "distribution", "signal": "confidence", "role": "hold"}
	]`))
	fmt.Println(err)
	for _, c := range list {
		fmt.Println(c)
	}
	// Output:
	// <nil>
	// disagreement: on at most 2 % more of the inputs than stable with itself
	// distribution(confidence) above and below every quantile at most 1.1 x stable's
}
