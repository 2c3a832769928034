package report

import (
	"cmp"
	"math"
	"strings"
	"time"

	"github.com/modelcanary/go-sdk/criteria"
)

// A Summary is what the pairs of one trial say. It is plain data, for WriteText and WriteHTML, and for JSON: times are in UTC, durations in seconds, fractions in
// [0, 1]. Texts are as they stand in the logs, so whoever shows them escapes them.
type Summary struct {
	Trial
	// Headline is the answer.
	Headline Headline `json:"headline"`
	// Rate is the fraction of requests that was drawn, and Requests about how many requests the pairs stand for; 0: not known.
	Rate     float64 `json:"rate"`
	Requests float64 `json:"requests"`

	// Quadrants say which of the two answered.
	Quadrants Quadrants `json:"quadrants"`
	// Agreement is how often the candidate's answer was stable's.
	Agreement Rate `json:"agreement"`
	// SelfAgreement is how often stable's second answer was its first: the noise floor. Of 0 without reruns.
	SelfAgreement Rate `json:"self_agreement"`
	// Excess is how much more often the candidate differed than stable from itself, on the pairs with a rerun.
	Excess Excess `json:"excess"`
	// Failing is how much more often the candidate failed to answer than stable, on all pairs.
	Failing Excess `json:"failing"`

	Numbers  []Number  `json:"numbers,omitempty"`
	Labels   []Label   `json:"labels,omitempty"`
	Checks   []Check   `json:"checks,omitempty"`
	Failures []Failure `json:"failures,omitempty"`
	Latency  Latency   `json:"latency"`
	// Slices are the worst first, at most 100 of the SlicesSeen.
	Slices     []Slice `json:"slices,omitempty"`
	SlicesSeen int     `json:"slices_seen"`

	// Examples are pairs to look at: the biggest differences first, then others.
	Examples []Example `json:"examples,omitempty"`
	// Judgement is what the criteria say; nil without any.
	Judgement *Judgement `json:"judgement,omitempty"`
	// Log says what was read.
	Log Facts `json:"log"`
}

// A Headline answers whether the candidate may go live.
type Headline struct {
	// Result is Pass for a candidate that is proven to answer as stable does, Fail for one that is proven not to, NoEvidence in between.
	Result criteria.Result `json:"result"`
	// Title is the answer in a sentence, Reasons say why; the gravest first.
	Title   string   `json:"title"`
	Reasons []Reason `json:"reasons"`
	// Limit and FailureLimit are what was allowed.
	Limit        float64 `json:"limit"`
	FailureLimit float64 `json:"failure_limit"`
}

// A Reason is what one of the questions behind a [Headline] was answered with, as a sentence in which texts from the logs are escaped.
type Reason struct {
	Result criteria.Result `json:"result"`
	Text   string          `json:"text"`
}

// A Trial is a canary, an epoch and two versions, and how many pairs of it were read.
type Trial struct {
	Canary    string    `json:"canary"`
	Epoch     uint64    `json:"epoch"`
	Stable    string    `json:"stable"`
	Candidate string    `json:"candidate"`
	Pairs     int64     `json:"pairs"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// compareTrials puts the larger first.
func compareTrials(a, b Trial) int {
	return cmp.Or(-cmp.Compare(a.Pairs, b.Pairs), strings.Compare(a.Canary, b.Canary), cmp.Compare(a.Epoch, b.Epoch),
		strings.Compare(a.Stable, b.Stable), strings.Compare(a.Candidate, b.Candidate))
}

// Quadrants count the pairs by who answered.
type Quadrants struct {
	Both          int64 `json:"both"`
	OnlyStable    int64 `json:"only_stable"`
	OnlyCandidate int64 `json:"only_candidate"`
	Neither       int64 `json:"neither"`
}

// A Number is a signal that is a number, in both arms. Difference is of the candidate's number minus stable's.
type Number struct {
	Name       string       `json:"name"`
	Stable     Distribution `json:"stable"`
	Candidate  Distribution `json:"candidate"`
	Difference Distribution `json:"difference"`
	// Higher, Lower and Ties count the pairs by whether the candidate's number was the higher one.
	Higher int64 `json:"higher"`
	Lower  int64 `json:"lower"`
	Ties   int64 `json:"ties"`
	// Shape has both arms in the same bins, Differences the differences.
	Shape       Shape `json:"shape"`
	Differences Shape `json:"differences"`
}

// quantileLevels are the levels of [Distribution.Quantiles].
var quantileLevels = []float64{0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99}

// A Distribution is some numbers in short.
type Distribution struct {
	// Count of finite numbers, NaN and Infinite of the others, Missing of answers or pairs without one.
	Count    int64 `json:"count"`
	NaN      int64 `json:"nan,omitempty"`
	Infinite int64 `json:"infinite,omitempty"`
	Missing  int64 `json:"missing,omitempty"`
	// Mean, Min, Max and Quantiles are of the finite ones; quantiles at 1, 5, 10, 25, 50, 75, 90, 95 and 99 %, right to 0.25 %.
	Mean      float64   `json:"mean"`
	Min       float64   `json:"min"`
	Max       float64   `json:"max"`
	Quantiles []float64 `json:"quantiles"`
}

// A Shape is a histogram: the fraction of the numbers of each arm, or of the differences, between each two edges. What lies outside is left out.
type Shape struct {
	// Log says that the edges are even in the logarithm.
	Log       bool      `json:"log,omitempty"`
	Edges     []float64 `json:"edges,omitempty"`
	Stable    []float64 `json:"stable,omitempty"`
	Candidate []float64 `json:"candidate,omitempty"`
}

// A Label is a signal that is a text.
type Label struct {
	Name string `json:"name"`
	// Texts are the most frequent ones, then [OtherLabels] if there are more, then [NoLabel] if an answer had none.
	Texts []string `json:"texts"`
	// Confusion[i][j] is how many pairs had text i on stable and j on the candidate.
	Confusion [][]int64 `json:"confusion"`
	// Shares say of each text how much more often the candidate gave it: First is how often it did and stable did not. The intervals are corrected for the number
	// of texts.
	Shares []Excess `json:"shares"`
	// Changed is how many pairs changed their text.
	Changed Rate `json:"changed"`
	// Distinct is the number of texts, at most 256 of which are told apart.
	Distinct int `json:"distinct"`
}

// What stands among the texts of a Label for others.
const (
	OtherLabels = "(other)"
	NoLabel     = "(none)"
)

// A Check is a signal that says yes or no.
type Check struct {
	Name string `json:"name"`
	// Stable and Candidate are how often each says yes, of the answers for which it says anything.
	Stable    Rate `json:"stable"`
	Candidate Rate `json:"candidate"`
	// Excess is how much more often the candidate's says yes, on the pairs in which both say something.
	Excess Excess `json:"excess"`
}

// A Failure is a way in which answers failed, and how often each arm did.
type Failure struct {
	Outcome   string `json:"outcome"`
	Class     string `json:"class,omitempty"`
	Stable    int64  `json:"stable"`
	Candidate int64  `json:"candidate"`
}

// Latency compares how long answers took, in seconds. It is for reading: shadows run in quiet moments, so the candidate's is too good.
type Latency struct {
	Levels    []float64 `json:"levels"`
	Stable    []float64 `json:"stable"`
	Candidate []float64 `json:"candidate"`
	// StableCalls and CandidateCalls are how many answers were timed.
	StableCalls    int64 `json:"stable_calls"`
	CandidateCalls int64 `json:"candidate_calls"`
}

// A Slice is the pairs of one segment of the traffic.
type Slice struct {
	Dimension string `json:"dimension"`
	Value     string `json:"value"`
	// Disagreement is how often the candidate differs, Floor how often stable differs from itself.
	Disagreement Rate `json:"disagreement"`
	Floor        Rate `json:"floor"`
	// OwnFloor says that the slice has reruns enough of its own for Excess; otherwise that of all traffic stands for it.
	OwnFloor bool `json:"own_floor"`
	// Excess is the disagreement beyond the floor, and Lower its lower bound, corrected for how many slices were looked at. Slices are ranked by Lower.
	Excess float64 `json:"excess"`
	Lower  float64 `json:"lower"`
}

// An Example is one pair to look at.
type Example struct {
	File  string    `json:"file"`
	Line  int64     `json:"line"`
	Time  time.Time `json:"time"`
	Trace string    `json:"trace,omitempty"`
	// Why it was kept.
	Why      []string          `json:"why"`
	Quadrant string            `json:"quadrant"`
	Slices   map[string]string `json:"slices,omitempty"`
	// Differs is the log's; Distance is how far apart the answers are, NaN where that is not known.
	Differs  bool    `json:"differs"`
	Distance float64 `json:"-"`
	// Stable and Candidate are the answers.
	Stable    ExampleAnswer `json:"stable"`
	Candidate ExampleAnswer `json:"candidate"`
	// Input is what the log has of it, as JSON; cut off if it is long.
	Input string `json:"input,omitempty"`
	// Diff has the differences of the outputs line by line, "-" for stable's and "+" for the candidate's; cut off if it is long, empty if there is none.
	Diff string `json:"diff,omitempty"`
}

// An ExampleAnswer is one of the answers of an Example.
type ExampleAnswer struct {
	Outcome string             `json:"outcome"`
	Class   string             `json:"class,omitempty"`
	Numbers map[string]float64 `json:"-"`
	Labels  map[string]string  `json:"labels,omitempty"`
	Checks  map[string]bool    `json:"checks,omitempty"`
	// Output is what the log has of it, as JSON; cut off if it is long.
	Output string `json:"output,omitempty"`
}

// Facts are what was read.
type Facts struct {
	// Files in the order of their first records, and the bytes of them.
	Files []string `json:"files"`
	Bytes int64    `json:"bytes"`
	// Records were read, of whatever trial; Bad is the number of lines that could not be, and BadLines are the first few.
	Records  int64     `json:"records"`
	Bad      int64     `json:"bad"`
	BadLines []BadLine `json:"bad_lines,omitempty"`
	// Cut is the number of records of the trial that were shortened when they were written.
	Cut int64 `json:"cut,omitempty"`
	// ReadErrors are the files that could be read in part only.
	ReadErrors []ReadError `json:"read_errors,omitempty"`
	// Others are other trials in the logs, of which nothing is in the summary; Unlisted pairs are of yet others.
	Others   []Trial `json:"others,omitempty"`
	Unlisted int64   `json:"unlisted,omitempty"`
}

// A BadLine is a line that is no pair.
type BadLine struct {
	File    string `json:"file"`
	Line    int64  `json:"line"`
	Problem string `json:"problem"`
	// Text is how it begins.
	Text string `json:"text"`
}

// A ReadError is a file that could be read up to a line only.
type ReadError struct {
	File    string `json:"file"`
	Line    int64  `json:"line"`
	Problem string `json:"problem"`
}

// Limits of what is kept.
const (
	maxBadLines = 10
	maxQuoted   = 120  // bytes of a bad line
	maxName     = 256  // bytes of a name or a label
	maxOutput   = 4096 // bytes of an output, input or diff
)

// finite is x, or 0 for what JSON cannot hold.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}
