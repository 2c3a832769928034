package criteria

import (
	"fmt"
	"strings"
)

// names is what a configuration calls things, for people. The texts come from
// models and requests, so they are quoted.
type names struct{ *Config }

func (n names) label(signal, id int) string {
	if n.LabelText == nil {
		return fmt.Sprintf("label %d", id)
	}
	return fmt.Sprintf("%q", n.LabelText(signal, uint16(id)))
}

// class names a failure class, with an example if there is one.
func (n names) class(id int) string {
	switch {
	case id >= MaxLabels:
		return "an unclassified failure"
	case n.ClassText == nil:
		return fmt.Sprintf("class %d", id)
	}
	text := quoted(n.ClassText(uint16(id)))
	if n.ClassExample != nil {
		if example := n.ClassExample(uint16(id)); example != "" {
			text += " (for example " + example + ")"
		}
	}
	return text
}

// quoted is a text in quotes; in backquotes if it has quotes itself, and they will do.
func quoted(text string) string {
	if strings.ContainsRune(text, '"') {
		return fmt.Sprintf("%#q", text)
	}
	return fmt.Sprintf("%q", text)
}

// slice names a cell of a dimension, as in `country="is"`.
func (n names) slice(dimension int, cell uint8) string {
	if n.SliceText == nil {
		return fmt.Sprintf("%s=%d", n.Slices[dimension], cell)
	}
	return fmt.Sprintf("%s=%q", n.Slices[dimension], n.SliceText(dimension, cell))
}
