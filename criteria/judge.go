package criteria

import "time"

// A Judge turns evidence into rulings for one epoch. Not safe for concurrent use.
type Judge struct{}

func NewJudge(c Config) (*Judge, error)                     { return &Judge{}, nil }
func (j *Judge) NewEvidence() *Evidence                     { return &Evidence{} }
func (j *Judge) Seed(o *Observation)                        {}
func (j *Judge) BeginStep(shares [NumStrata]float64)        {}
func (j *Judge) Fold(e *Evidence, now time.Duration) Ruling { return Ruling{} }
func (j *Judge) Verdicts() []Verdict                        { return nil }
func (e *Evidence) Observe(s Stratum, o *Observation)       {}
func (e *Evidence) Merge(o *Evidence)                       {}
func (e *Evidence) Reset()                                  {}
func (e *Evidence) Empty() bool                             { return true }

type form struct{}
type side int

const (
	above side = iota
	below
)

type line struct{ m, d float64 }
type book interface{}
type thresholds struct {
	cells, first  int
	levels        []float64
	twoSided, nan bool
	line          line
	shift         int
	phrase        func(side, int) string
}

func newThresholdBook(thresholds) book                 { return nil }
func newRateBook(string, line, float64) book           { return nil }
func newLabelBook(line, func(int) string, string) book { return nil }

const ratePrior = 0.002
