package canary

import (
	"errors"
	"fmt"

	"github.com/modelcanary/go-sdk/canary/internal/keeper"
	"github.com/modelcanary/go-sdk/criteria"
)

// memory is what the keeper needs to go on with the evidence of an earlier process.
func (c *Canary[In, Out]) memory() *keeper.Memory {
	return &keeper.Memory{
		Declared: fmt.Sprintf("stable %q, numbers %q, labels %q, checks %q, slices %q",
			c.versions[Stable], c.judged.Numbers, c.judged.Labels, c.judged.Checks, c.judged.Slices),
		Texts: c.texts, Put: c.putTexts,
		Restore: func(data []byte) (*criteria.Judge, error) { return criteria.RestoreJudge(c.judged, data) },
	}
}

// texts are what all ids stand for.
func (c *Canary[In, Out]) texts() (d criteria.Dictionary) {
	for i := range c.signals.labels {
		d.Labels = append(d.Labels, c.signals.labels[i].table.Entries())
	}
	d.Classes = c.classes.table.Entries()
	for i := range c.slices {
		d.Slices = append(d.Slices, c.slices[i].cells.Entries())
	}
	return d
}

// putTexts gives texts the ids that they had in an earlier process.
func (c *Canary[In, Out]) putTexts(d criteria.Dictionary) error {
	if len(d.Labels) != len(c.signals.labels) || len(d.Slices) != len(c.slices) {
		return fmt.Errorf("canary: texts of %d labels and %d slices, want %d and %d", len(d.Labels), len(d.Slices), len(c.signals.labels), len(c.slices))
	}
	var problems []error
	for i, entries := range d.Labels {
		problems = append(problems, c.signals.labels[i].table.Put(entries))
	}
	problems = append(problems, c.classes.table.Put(d.Classes))
	for i, entries := range d.Slices {
		problems = append(problems, c.slices[i].cells.Put(entries))
	}
	return errors.Join(problems...)
}
