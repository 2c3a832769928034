package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// What stands between the markers of a page is replaced.
const (
	pageBegin = "<!-- decisions: begin -->\n"
	pageEnd   = "<!-- decisions: end -->\n"
)

// A page is a file that holds a report among other text. A nil page is nowhere.
type page struct {
	name, before, after string
	mode                os.FileMode
}

// openPage reads a page; no name is no page.
func openPage(name string) (*page, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name) //nolint:gosec // the page is whoever's who runs this
	if err != nil {
		return nil, fmt.Errorf("-o: %w", err)
	}
	info, err := os.Stat(name) //nolint:gosec // as above
	if err != nil {
		return nil, fmt.Errorf("-o: %w", err)
	}
	before, rest, begins := strings.Cut(string(data), pageBegin)
	_, after, ends := strings.Cut(rest, pageEnd)
	if !begins || !ends {
		return nil, fmt.Errorf("-o: %s lacks the lines %q and %q", name, strings.TrimSpace(pageBegin), strings.TrimSpace(pageEnd))
	}
	return &page{name: name, before: before + pageBegin, after: pageEnd + after, mode: info.Mode()}, nil
}

// write puts a report in its place, all of it or nothing.
func (p *page) write(report string) error {
	if p == nil {
		return nil
	}
	whole, next := p.before+"\n"+report+"\n"+p.after, p.name+".next"
	err := os.WriteFile(next, []byte(whole), p.mode) //nolint:gosec // beside the page, as readable as it
	if err == nil {
		err = os.Rename(next, p.name) //nolint:gosec // as above
	}
	if err != nil {
		return errors.Join(fmt.Errorf("-o: %w", err), os.Remove(next)) //nolint:gosec // as above
	}
	return nil
}
