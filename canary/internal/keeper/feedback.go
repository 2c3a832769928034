package keeper

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcanary/go-sdk/canary/internal/attribution"
	"github.com/modelcanary/go-sdk/canary/internal/ledger"
	"github.com/modelcanary/go-sdk/criteria"
)

// Feedback is what a keeper needs to know of what comes back later. Without windows nothing does.
type Feedback struct {
	Windows []criteria.FeedbackWindow
	// Trusting are the windows, by their place, in which what clients report decides as well.
	Trusting []bool
	// MaxOpen is how many units of a window may be waited for at once, MaxPerUnit how much feedback is taken on one of them.
	MaxOpen, MaxPerUnit int
	// MaxReports is how many reports can be told apart.
	MaxReports int
	// Remember is how long feedback on a decision can come: for so long it is known whether it has.
	Remember time.Duration
}

// Report is feedback on a decision that was found to be one of this epoch.
type Report struct {
	Unit, Cohort, ID uint64
	Arm              criteria.Arm // of the unit's coin
	Signal           string       // one that is waited for
	Value            float64      // in the range of the signal
	Client           bool         // it comes from somebody who may lie
	Age              time.Duration
}

// Refusal is why a keeper does not take feedback; Taken: it does.
type Refusal uint8

// The refusals.
const (
	Taken     Refusal = iota
	Duplicate         // of this decision, signal and source there is one already
	Late              // every window of the signal has ended
	Capped            // the unit has given as much as it may
	Full              // what was heard cannot be remembered, so it might be heard twice
)

const (
	// judgeFeedbackEvery is the awake time between two looks at windows that may have ended.
	judgeFeedbackEvery = time.Second
	// foldedAfter is the age beyond which a decision has been seen by the keeper, if it ever is.
	foldedAfter = time.Minute
	// maxHurried is how many reports wait for the mutex without their caller.
	maxHurried = 4096
	// windowSlack is how much longer than its length, as a fraction, a window is taken to be open by clocks on the wall.
	windowSlack = 64
)

// feedback is what comes back, until it is judged. Reports come on any goroutine, all else is the fold's. A nil feedback waits for nothing.
type feedback struct {
	fold    *fold
	cfg     Feedback
	process uint64             // in the upper half: what cohorts of this process begin with
	places  map[string][]place // of each signal

	hurried chan Report // of callers that do not wait for the mutex
	lost    atomic.Int64

	mu      sync.Mutex // everything below; held for a pass of the fold, and while windows that have ended are judged
	windows []*attribution.Windows
	once    *attribution.Once
	caps    *attribution.Caps
	waiting *attribution.Waiting
	prompt  []promptness       // by window: what was in time
	arrived *criteria.Evidence // and late
	counted int64

	looked   time.Duration // awake time of the last look at the windows
	current  int           // the window whose ended units are handed over
	evidence *criteria.Evidence
	seen     criteria.Response
	cells    [criteria.MaxDimensions]uint8
	ruling   criteria.Ruling
	judged   bool // something was folded in this look
}

// place is where a signal is looked for.
type place struct {
	window, signal int
	within         time.Duration
	most           float64
}

// FeedbackWindow is how much a window waits for.
type FeedbackWindow struct {
	Within  time.Duration
	Open    int
	Thinned uint64
	Bytes   int
}

func newFeedback(f *fold, cfg Feedback) *feedback {
	if len(cfg.Windows) == 0 {
		return nil
	}
	b := &feedback{
		fold: f, cfg: cfg, process: uint64(rand.Uint32()) << 32, places: map[string][]place{},
		once: attribution.NewOnce(attribution.OnceConfig{Remember: cfg.Remember, Bytes: onceBytes(cfg.MaxReports)}), caps: new(attribution.Caps), waiting: new(attribution.Waiting),
		arrived: f.judge.NewEvidence(), evidence: f.judge.NewEvidence(), hurried: make(chan Report, maxHurried),
	}
	for i, w := range cfg.Windows {
		b.windows = append(b.windows, attribution.New(b.window(i)))
		b.prompt = append(b.prompt, promptness{width: max(1, w.Within/promptParts)})
		for j, s := range w.Signals {
			b.places[s.Name] = append(b.places[s.Name], place{window: i, signal: j, within: w.Within, most: s.Max})
		}
	}
	return b
}

func (b *feedback) window(i int) attribution.Config {
	w := b.cfg.Windows[i]
	return attribution.Config{Within: w.Within, Signals: len(w.Signals), Dimensions: b.fold.k.cfg.Dimensions, MaxOpen: b.cfg.MaxOpen, Seed: rand.Uint64()}
}

// onceBytes is the size of a filter that has room for so many ids.
func onceBytes(ids int) int {
	const mib, perMiB = 1 << 20, 600_000
	size := mib
	for room := perMiB; room < ids; room *= 2 {
		size *= 2
	}
	return size
}

// now is the time of the windows: awake time.
func (b *feedback) now() time.Duration { return time.Duration(b.fold.k.awake.Load()) }

// Cohort names the decisions of one step of this process, unlike those of any other.
func (k *Keeper) Cohort(step uint32) uint64 {
	if k.fold.feedback == nil {
		return uint64(step)
	}
	return k.fold.feedback.process | uint64(step)
}

// Report takes feedback. It waits for a pass of the keeper to end, never for I/O or the application's code. Safe for concurrent use.
func (k *Keeper) Report(r *Report) Refusal {
	b := k.fold.feedback
	if b == nil {
		return Taken // of an epoch that waits for nothing
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.take(r)
}

// ReportSoon is Report for who must not wait, and does not ask what became of it.
func (k *Keeper) ReportSoon(r *Report) {
	b := k.fold.feedback
	switch {
	case b == nil:
	case b.mu.TryLock():
		b.take(r)
		b.mu.Unlock()
	default:
		select {
		case b.hurried <- *r:
		default:
			b.lost.Add(1)
		}
	}
}

// catchUp takes what came while the mutex was held. It is called under the mutex.
func (b *feedback) catchUp() {
	for {
		select {
		case r := <-b.hurried:
			b.take(&r)
		default:
			return
		}
	}
}

func (b *feedback) take(r *Report) Refusal {
	fresh, room := b.once.Add(r.fingerprint(), b.now())
	switch {
	case !room:
		return Full
	case !fresh:
		return Duplicate
	case !b.caps.Take(r.Unit, b.cfg.MaxPerUnit):
		return Capped
	}
	inTime := false
	for _, p := range b.places[r.Signal] {
		inTime = b.place(r, p) || inTime
	}
	if !inTime {
		return Late
	}
	return Taken
}

// place counts feedback in one window of its signal, and reports whether it is in time.
func (b *feedback) place(r *Report, p place) (inTime bool) {
	value := min(r.Value/p.most, 1)
	inTime = b.windows[p.window].Report(r.Unit, r.Cohort, r.Arm, p.signal, value, r.Client)
	switch {
	case inTime:
		b.counted++
	case r.Age <= p.within+p.within/windowSlack:
		inTime = true
		if r.Age < foldedAfter && r.Cohort>>32 == b.process>>32 { // its request may not have been seen yet
			b.wait(r, p, value)
		}
	}
	switch {
	case r.Client && !b.cfg.Trusting[p.window]:
	case inTime:
		b.prompt[p.window].add(r.Arm, b.now()-r.Age)
	default:
		b.arrived.ObserveArrivals(p.window, r.Arm, 0, 1)
	}
	return inTime
}

func (b *feedback) wait(r *Report, p place, value float64) {
	kept := b.waiting.Put(attribution.Report{
		Unit: r.Unit, Cohort: r.Cohort, Arm: r.Arm, Signal: p.window*attribution.MaxSignals + p.signal, Value: value, Client: r.Client,
	}, b.now())
	if !kept {
		b.lost.Add(1)
	}
}

func sourceOf(client bool) int {
	if client {
		return 1
	}
	return 0
}

// fingerprint is what makes two reports the same: decision, signal and source.
func (r *Report) fingerprint() uint64 {
	h := uint64(14695981039346656037) // FNV-1a over words, and a finalizer
	for _, x := range [...]uint64{r.ID, r.Unit, r.Cohort, textHash(r.Signal), uint64(sourceOf(r.Client))} {
		h = (h ^ x) * 1099511628211
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 32
	}
	return h
}

func textHash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// beginPass and endPass enclose the visits of a pass.
func (b *feedback) beginPass() {
	if b != nil {
		b.mu.Lock()
	}
}

func (b *feedback) endPass() {
	if b == nil {
		return
	}
	defer b.mu.Unlock()
	b.catchUp()
	b.waiting.Retry(b.now(), func(r attribution.Report, _ bool) bool {
		window, signal := r.Signal/attribution.MaxSignals, r.Signal%attribution.MaxSignals
		done := b.windows[window].Report(r.Unit, r.Cohort, r.Arm, signal, r.Value, r.Client)
		if done {
			b.counted++
		}
		return done
	})
}

// beginStep says that windows are opened in another step from now on. It is called within a pass.
func (b *feedback) beginStep(splits [criteria.NumStrata]float64) {
	if b == nil {
		return
	}
	splits[criteria.Sentinel] = 0
	for _, w := range b.windows {
		w.BeginStep(splits)
	}
}

// assigned opens the windows of a unit whose coin counts. It is called within a pass.
func (b *feedback) assigned(e ledger.Entry, stratum criteria.Stratum) {
	if b == nil || stratum == criteria.Uncounted || b.fold.over {
		return
	}
	now := b.now()
	for _, w := range b.windows {
		w.Open(e.Unit, b.process|uint64(e.Step), stratum, coinOf(e.Mark), uint64(e.Cells), now)
	}
}

// judge hands the ended windows to the judge, now and then. It reports whether there were any.
func (b *feedback) judge() (criteria.Ruling, bool) {
	if b == nil {
		return criteria.Ruling{}, false
	}
	awake := time.Duration(b.fold.k.awake.Load())
	if awake-b.looked < judgeFeedbackEvery {
		return criteria.Ruling{}, false
	}
	b.looked, b.judged = awake, false
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.windows {
		b.current = i
		for arm, n := range b.prompt[i].ended(b.now()) {
			b.arrived.ObserveArrivals(i, criteria.Arm(arm), n, 0)
		}
		w.Fold(b.now(), b)
		b.evidence.Merge(b.arrived)
		b.arrived.Reset()
		b.flush()
	}
	return b.ruling, b.judged
}

// BeginFeedback implements [attribution.Sink].
func (b *feedback) BeginFeedback(shares [criteria.NumStrata]float64) {
	b.flush()
	b.fold.judge.BeginFeedback(b.current, shares)
}

// FoldFeedback implements [attribution.Sink].
func (b *feedback) FoldFeedback(u *attribution.Window) {
	r := &b.seen
	r.Arm, r.Servers, r.All, r.Heard, r.HeardServers = u.Arm, u.Servers, u.All, u.Heard, u.HeardServers
	r.Slices = b.cells[:b.fold.k.cfg.Dimensions]
	for d := range r.Slices {
		r.Slices[d] = ledger.Cells(u.Cells).At(d)
	}
	b.evidence.ObserveFeedback(b.current, u.Stratum, r)
}

// flush folds what was handed over since the last time, all of one window and step. The judge hears nothing once it is over.
func (b *feedback) flush() {
	if !b.evidence.Empty() && !b.fold.over {
		b.ruling = b.fold.judgeOn(b.evidence)
		b.judged = true
	}
	b.evidence.Reset()
}

// look fills in what is waited for.
func (b *feedback) look(s *Snapshot) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Feedback.Counted, s.Feedback.Lost = b.counted, b.lost.Load()
	for i, w := range b.windows {
		s.Feedback.Windows = append(s.Feedback.Windows, FeedbackWindow{Within: b.cfg.Windows[i].Within, Open: w.Waiting(), Thinned: w.Thinned(), Bytes: w.Bytes()})
	}
}

// AppendBinary writes all that is waited for, and what was heard. It is called by the fold.
func (b *feedback) AppendBinary(to []byte) []byte {
	if b == nil {
		return to
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	to = b.once.AppendBinary(to, now)
	to = b.caps.AppendBinary(to)
	for _, w := range b.windows {
		to = w.AppendBinary(to, now)
	}
	return to
}

// restoreFeedback reads what AppendBinary wrote, for a keeper that declares the same windows. Ages go on where they were.
func restoreFeedback(k *Keeper, data []byte) (*feedback, error) {
	b := newFeedback(&k.fold, k.cfg.Feedback)
	if b == nil {
		return nil, nil
	}
	now := b.now()
	rest, err := b.once.Restore(data, now)
	if err == nil {
		rest, err = b.caps.Restore(rest)
	}
	for _, w := range b.windows {
		if err == nil {
			rest, err = w.Restore(rest, now)
		}
	}
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes too many", len(rest))
	}
	if err != nil {
		return nil, fmt.Errorf("feedback: %w", err)
	}
	return b, nil
}

// goOn takes over what an earlier process has waited for. Reports that came meanwhile, before anything was exposed, are of nobody who is waited for.
func (b *feedback) goOn(r *feedback) {
	if b == nil || r == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.windows, b.once, b.caps = r.windows, r.once, r.caps
	b.arrived, b.evidence = b.fold.judge.NewEvidence(), b.fold.judge.NewEvidence()
}
