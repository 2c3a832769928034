package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/rules"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/scenes"
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/worlds"
)

// alpha is the false rollback rate that every rule is run at, where it has one.
const alpha = 0.01

// A contestant is a rule under the name it has in the tables.
type contestant struct {
	name    string
	mine    bool // one of ours: not raced against ours
	make    func(r *row) rules.Rule
	soonest int // requests before which it cannot roll back
}

// from is the contestant whose first rollback takes so many requests.
func (c contestant) from(soonest int) contestant {
	c.soonest = soonest
	return c
}

// A section is the rows that are read in one table: what fits one set of rules.
type section struct {
	title       string
	number      int    // of its bars in the summary
	kind        string // of signal; a rule's validity is judged by kind. None: nobody is raced
	contestants []contestant
	rows        []row
}

// topic is the title without what the cells are.
func (s *section) topic() string {
	topic, _, _ := strings.Cut(s.title, ":")
	return topic
}

// A row is one setting, played many times.
type row struct {
	name     string
	share    float64 // of the candidate; of the last step under a ramp
	shares   worlds.Shares
	ramp     bool
	world    worlds.World
	scene    scenes.Scene // in the place of world: a rule of evidence, kept and broken
	seeds    int          // stable-only requests before exposure
	start    int          // the request from which the candidate is bad
	equal    bool         // it never is: every rollback is false
	limit    float64      // p99 in ms that whoever sets absolute limits would set
	trials   int
	requests int
	bound    float64                      // on the mean number of candidate calls; 0 if not known
	counts   func(r *worlds.Request) bool // which of the candidate's calls count; nil: all
	enters   func(name string) bool       // whom the question makes sense for; nil: everybody
	bars     []bar
}

// id names the row in -rows, in messages and in its seed.
func (s *section) id(r *row) string {
	return fmt.Sprintf("%s / %s at %s", s.title, r.name, r.shareText())
}

func (r *row) shareText() string {
	if r.ramp {
		return "ramp"
	}
	return percent(r.share)
}

// takes reports whether a contestant takes part. With equal arms only those do that
// could roll back within the row: a zero of others would be no merit.
func (r *row) takes(c contestant) bool {
	if r.equal && r.requests < c.soonest {
		return false
	}
	return r.enters == nil || r.enters(c.name)
}

// only says who enters a row.
func only(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

// celled worlds know the probabilities of what they draw.
type celled interface {
	Cells() (stable, candidate []float64)
}

// bounded fills in the information bound.
func (r row) bounded() row {
	if w, ok := r.world.(celled); ok && !r.ramp {
		stable, candidate := w.Cells()
		r.bound = worlds.Bound(stable, candidate, r.share, alpha)
	}
	return r
}
