package pairlog

import (
	"bytes"
	"strings"
	"testing"
)

type answerOf struct {
	Language string             `json:"language"`
	Scores   map[string]float64 `json:"scores"`
}

func benchRecord(output bool) *Record {
	r := sample()
	if output {
		r.Stable.Output = answerOf{"de", map[string]float64{"de": 0.93, "nl": 0.05}}
		r.Candidate.Output = answerOf{"nl", map[string]float64{"de": 0.29, "nl": 0.71}}
	}
	return r
}

func BenchmarkAppendRecord(b *testing.B) {
	for name, r := range map[string]*Record{"signals": benchRecord(false), "outputs": benchRecord(true), "text": {Input: strings.Repeat("der die das ", 200)}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = AppendRecord(buf[:0], r)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, r := range map[string]*Record{"signals": benchRecord(false), "outputs": benchRecord(true), "text": {Input: strings.Repeat("der die das ", 200)}} {
		b.Run(name, func(b *testing.B) {
			line := AppendRecord(nil, r)
			b.ReportAllocs()
			b.SetBytes(int64(len(line)))
			var d Decoder
			var got Record
			for b.Loop() {
				if err := d.Decode(line, &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	log := bytes.Repeat(AppendRecord(nil, benchRecord(true)), 10_000)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range Scan(bytes.NewReader(log)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkPut is what a shadow's worker pays, a full queue included.
func BenchmarkPut(b *testing.B) {
	f, err := Open(b.TempDir()+"/log.jsonl", FileConfig{})
	if err != nil {
		b.Fatal(err)
	}
	r := benchRecord(true)
	b.ReportAllocs()
	for b.Loop() {
		f.Put(r)
	}
	b.StopTimer()
	b.ReportMetric(float64(f.Counts().Written)/float64(b.N), "written/op")
	if err := f.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
}
