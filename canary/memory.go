package canary

import (
	"errors"
	"fmt"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
)

// memory is what the keeper needs to go on with the evidence of an earlier process.
func (e *epoch[In, Out]) memory() *keeper.Memory {
	return &keeper.Memory{
		Declared: fmt.Sprintf("stable %q, numbers %q, labels %q, checks %q, slices %q",
			e.versions[Stable], e.judged.Numbers, e.judged.Labels, e.judged.Checks, e.judged.Slices),
		Texts: e.texts, Put: e.putTexts,
		Restore: func(data []byte) (*criteria.Judge, error) { return criteria.RestoreJudge(e.judged, data) },
	}
}

// texts are what all ids stand for.
func (e *epoch[In, Out]) texts() (d criteria.Dictionary) {
	for i := range e.signals.labels {
		d.Labels = append(d.Labels, e.signals.labels[i].table.Entries())
	}
	d.Classes = e.classes.table.Entries()
	for i := range e.slices {
		d.Slices = append(d.Slices, e.slices[i].cells.Entries())
	}
	return d
}

// putTexts gives texts the ids that they had in an earlier process.
func (e *epoch[In, Out]) putTexts(d criteria.Dictionary) error {
	if len(d.Labels) != len(e.signals.labels) || len(d.Slices) != len(e.slices) {
		return fmt.Errorf("canary: texts of %d labels and %d slices, want %d and %d", len(d.Labels), len(d.Slices), len(e.signals.labels), len(e.slices))
	}
	var problems []error
	for i, entries := range d.Labels {
		problems = append(problems, e.signals.labels[i].table.Put(entries))
	}
	problems = append(problems, e.classes.table.Put(d.Classes))
	for i, entries := range d.Slices {
		problems = append(problems, e.slices[i].cells.Put(entries))
	}
	return errors.Join(problems...)
}
