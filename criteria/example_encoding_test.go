package criteria_test

import (
	"fmt"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// A table gives texts ids in the order in which it meets them.
type table struct{ texts []string }

func (t *table) id(_ int, text string) uint16 {
	for id, known := range t.texts {
		if known == text {
			return uint16(id)
		}
	}
	t.texts = append(t.texts, text)
	return uint16(len(t.texts) - 1)
}

func (t *table) text(_ int, id uint16) string { return t.texts[id] }

// Replicas send their counts to the one that judges. Each numbers labels for
// itself, so the counts travel with the texts.
func ExampleEvidence_AppendBinary() {
	replica := func() (*criteria.Judge, *table) {
		labels := &table{}
		judge, err := criteria.NewJudge(criteria.Config{
			Labels:    []string{"language"},
			LabelText: labels.text, LabelID: labels.id,
			Criteria: []criteria.Criterion{criteria.Categories{Signal: "language"}},
		})
		if err != nil {
			panic(err)
		}
		return judge, labels
	}

	there, labels := replica()
	e := there.NewEvidence()
	for _, language := range []string{"is", "de", "is"} {
		e.Observe(criteria.Fresh, &criteria.Observation{Labels: []uint16{labels.id(0, language)}})
	}
	message, err := e.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	here, labels := replica()
	labels.id(0, "en") // 0 is "is" there and "en" here
	arrived := here.NewEvidence()
	err = arrived.UnmarshalBinary(message)
	fmt.Println(len(message), "bytes,", err, labels.texts)
	// Output: 47 bytes, <nil> [en is de]
}

// A judge outlives its process: saved at every clean cut, restored at the start.
func ExampleRestoreJudge() {
	config := criteria.Config{Criteria: []criteria.Criterion{criteria.ErrorRate{}}}
	judge, err := criteria.NewJudge(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	judge.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.05})
	e := judge.NewEvidence()
	observe(e, 38, criteria.Observation{Arm: criteria.Stable})
	observe(e, 1, criteria.Observation{Arm: criteria.Candidate, Outcome: criteria.Failed})
	fmt.Println("roll back:", judge.Fold(e, time.Hour).RollBack)
	saved, _ := judge.AppendBinary(nil)

	// In the next process, whose awake time begins at 0 again:
	judge, err = criteria.RestoreJudge(config, saved)
	if err != nil {
		fmt.Println(err)
		return
	}
	e = judge.NewEvidence()
	observe(e, 1, criteria.Observation{Arm: criteria.Candidate, Outcome: criteria.Failed})
	fmt.Println("roll back:", judge.Fold(e, time.Second).RollBack)
	// Output:
	// roll back: false
	// roll back: true
}

// What labels were numbered with before the restart is known before the first
// request is numbered.
func ExampleReadDictionary() {
	before := &table{}
	config := criteria.Config{
		Labels:    []string{"language"},
		LabelText: before.text,
		Criteria:  []criteria.Criterion{criteria.Categories{Signal: "language"}},
	}
	judge, err := criteria.NewJudge(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	judge.Seed(&criteria.Observation{Labels: []uint16{before.id(0, "is")}})
	judge.Seed(&criteria.Observation{Labels: []uint16{before.id(0, "de")}})
	saved, _ := judge.AppendBinary(nil)

	dictionary, err := criteria.ReadDictionary(saved)
	if err != nil {
		fmt.Println(err)
		return
	}
	after := &table{texts: make([]string, 2)}
	for _, entry := range dictionary.Labels[0] {
		after.texts[entry.ID] = entry.Text
	}
	config.LabelText = after.text
	_, err = criteria.RestoreJudge(config, saved)
	fmt.Println(after.texts, err)
	// Output: [is de] <nil>
}

// The check of the coin goes on after a restart, beside the judge.
func ExampleRouting_AppendBinary() {
	var before criteria.Routing
	before.BeginStep([criteria.NumStrata]float64{criteria.Fresh: 0.05})
	for range 3 {
		before.Assign(criteria.Fresh, criteria.Candidate)
	}
	saved, _ := before.AppendBinary(nil)

	var after criteria.Routing
	err := after.UnmarshalBinary(saved)
	fmt.Println(err, after.Broken())
	after.Assign(criteria.Fresh, criteria.Candidate)
	after.Assign(criteria.Fresh, criteria.Candidate)
	fmt.Printf("%.2f nats against a share of 5 %%\n", after.LogE())
	// Output:
	// <nil> false
	// 1.48 nats against a share of 5 %
}
