package report

import (
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/modelcanary/go-sdk/criteria"
)

// replayTexts numbers texts for a judge: labels by signal, failure classes, and slices by dimension.
type replayTexts struct {
	labels  []idTable
	classes *idTable
	slices  []idTable
}

func newReplayTexts(labels, dimensions int) replayTexts {
	t := replayTexts{classes: newIDTable(criteria.LabelSlots, criteria.MaxLabels)}
	for range labels {
		t.labels = append(t.labels, *newIDTable(criteria.LabelSlots, criteria.MaxLabels))
	}
	for range dimensions {
		t.slices = append(t.slices, *newIDTable(criteria.SliceSlots, criteria.SliceCells))
	}
	return t
}

func (t replayTexts) label(signal int, id uint16) string { return t.labels[signal].text(id) }
func (t replayTexts) class(id uint16) string             { return t.classes.text(id) }
func (t replayTexts) slice(dimension int, cell uint8) string {
	return t.slices[dimension].text(uint16(cell))
}

// An idTable gives the first texts an id each, and the others one by their hash.
type idTable struct {
	own, all int
	ids      map[string]uint16
	texts    []string
}

func newIDTable(own, all int) *idTable { return &idTable{own: own, all: all, ids: map[string]uint16{}} }

func (t *idTable) id(text string) uint16 {
	if id, ok := t.ids[text]; ok {
		return id
	}
	if len(t.texts) < t.own && len(text) <= maxName {
		id := uint16(len(t.texts))
		t.ids[text], t.texts = id, append(t.texts, text)
		return id
	}
	return uint16(t.own) + uint16(xxhash.Sum64String(text)%uint64(t.all-t.own))
}

func (t *idTable) cell(text string) uint8 { return uint8(t.id(text)) }

func (t *idTable) text(id uint16) string {
	if int(id) < len(t.texts) {
		return t.texts[id]
	}
	return fmt.Sprintf("[others %d of %d]", int(id)-t.own+1, t.all-t.own)
}
