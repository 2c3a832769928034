package canary

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
	"github.com/modelcanary/go-sdk/shadow"
)

const (
	// maxCandidateTimeout keeps the ledger's deadline, twice the timeout, within reason.
	maxCandidateTimeout = 10 * time.Minute
	// maxSentinel leaves the candidate at least half of the requests of its units.
	maxSentinel = 0.5
	// minPreflight is enough for every criterion to have bets, maxPreflight a day at a hundred requests a second.
	minPreflight, maxPreflight = 1000, 10_000_000
	// minReassign keeps a step long enough to bring evidence.
	minReassign = time.Hour
)

var namePattern = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)

// problems collects what is wrong with a configuration.
type problems []error

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, &ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// validate returns every problem of the configuration, joined.
func (cfg *Config[In, Out]) validate() error {
	var p problems
	if !namePattern.MatchString(cfg.Name) {
		p.add("Name", "%q is not 1 to 64 of a-z, 0-9, '.', '_', '-'", cfg.Name)
	}
	cfg.checkModels(&p)
	if isNil(cfg.Flags.Client) {
		p.add("Flags.Client", "is nil; give an OpenFeature client, for example of an API with a providers/local provider")
	}
	if cfg.Flags.Rollout == "" || !utf8.ValidString(cfg.Flags.Rollout) {
		p.add("Flags.Rollout", "%q is not a flag key; name the number flag that sets the share in percent", cfg.Flags.Rollout)
	}
	if cfg.CandidateTimeout > maxCandidateTimeout {
		p.add("CandidateTimeout", "%v is above %v", cfg.CandidateTimeout, maxCandidateTimeout)
	}
	validateRamp(&p, cfg.Ramp)
	cfg.validateCoins(&p)
	cfg.validateSessions(&p)
	cfg.validateShadow(&p)
	cfg.validateFeedback(&p)
	cfg.validateAnswers(&p)
	if cfg.Preflight != 0 && (cfg.Preflight < minPreflight || cfg.Preflight > maxPreflight) {
		p.add("Preflight", "%d is neither 0 nor %d to %d", cfg.Preflight, minPreflight, maxPreflight)
	}
	cfg.Signals.validate(&p)
	switch {
	case cfg.SliceAction > criteria.CarveOut:
		p.add("SliceAction", "%d is neither criteria.RollBackAll nor criteria.CarveOut", uint8(cfg.SliceAction))
	case cfg.SliceAction == criteria.CarveOut && len(cfg.Signals.Slices) == 0:
		p.add("SliceAction", "is to carve out, but Signals.Slices is empty")
	}
	cfg.validateCriteria(&p)
	return errors.Join(p...)
}

// validateModels returns every problem of the models, joined.
func (cfg *Config[In, Out]) validateModels() error {
	var p problems
	if cfg.checkModels(&p); cfg.Candidate.isZero() {
		p.add("Candidate", "is empty; give the model to begin with")
	}
	return errors.Join(p...)
}

func (cfg *Config[In, Out]) checkModels(p *problems) {
	cfg.Stable.validate(p, "Stable")
	cfg.Stable.validateStable(p)
	if !cfg.Candidate.isZero() {
		cfg.Candidate.validate(p, "Candidate")
	}
	if cfg.Stable.Version == cfg.Candidate.Version && cfg.Stable.Version != "" {
		p.add("Candidate.Version", "%q is stable's version too; the versions must differ", cfg.Candidate.Version)
	}
}

// validateRamp checks a ramp by itself.
func validateRamp(p *problems, r rollback.Ramp) {
	last := 0.0
	for i, share := range r.Steps {
		if !(share > last && share <= 1) {
			p.add(fmt.Sprintf("Ramp.Steps[%d]", i), "%v is not above %v and at most 1; the steps are shares, not percent, and rise", share, last)
		}
		last = max(last, share)
	}
	if r.Soak < 0 {
		p.add("Ramp.Soak", "%v is negative", r.Soak)
	}
	if r.Bake < 0 {
		p.add("Ramp.Bake", "%v is negative", r.Bake)
	}
	if r.Auto && len(r.Steps) == 0 {
		p.add("Ramp.Auto", "without Steps; declare the shares that the ramp takes")
	}
}

// validateCoins checks what makes coins beyond those of units. Without a key every request has a fresh coin already.
func (cfg *Config[In, Out]) validateCoins(p *problems) {
	if !(cfg.Sentinel >= 0 && cfg.Sentinel <= maxSentinel) {
		p.add("Sentinel", "%v is outside [0, %v]", cfg.Sentinel, maxSentinel)
	} else if cfg.Sentinel > 0 && cfg.Key == nil {
		p.add("Sentinel", "%v without a Key; every request is assigned by a coin of its own already", cfg.Sentinel)
	}
	if cfg.Reassign != 0 && cfg.Reassign < minReassign {
		p.add("Reassign", "%v is below %v; 0 means never", cfg.Reassign, minReassign)
	} else if cfg.Reassign > 0 && cfg.Key == nil {
		p.add("Reassign", "%v without a Key; every request is assigned anew already", cfg.Reassign)
	}
}

func (m *Model[In, Out]) validate(p *problems, field string) {
	switch {
	case m.Version == "":
		p.add(field+".Version", "is empty; name the model's version")
	case len(m.Version) > rollback.MaxVersion || !utf8.ValidString(m.Version):
		p.add(field+".Version", "%.40q... is not at most %d bytes of UTF-8", m.Version, rollback.MaxVersion)
	}
	switch {
	case m.Load != nil && !isNil(m.Predictor):
		p.add(field+".Load", "is given beside Predictor; give one of the two")
	case m.Load == nil && isNil(m.Predictor):
		p.add(field+".Predictor", "is nil; give the model call")
	case m.Load == nil && (len(m.Warm) > 0 || m.Cooldown != 0):
		p.add(field+".Warm", "and Cooldown are for a model with Load")
	case m.Cooldown < 0:
		p.add(field+".Cooldown", "%v is negative", m.Cooldown)
	}
}

// isZero reports whether nothing is declared.
func (m *Model[In, Out]) isZero() bool {
	return m.Version == "" && isNil(m.Predictor) && m.Load == nil && m.Warm == nil && m.Cooldown == 0
}

// validateStable checks what stable cannot be.
func (m *Model[In, Out]) validateStable(p *problems) {
	if m.Load != nil {
		p.add("Stable.Load", "is given; stable answers from the first request on, so give its Predictor")
	}
}

func (cfg *Config[In, Out]) validateCriteria(p *problems) {
	if len(cfg.Criteria) == 0 {
		p.add("Criteria", "is empty; declare before the rollout what the candidate must not be worse in")
		return
	}
	if !cfg.OperationalOnly && !slices.ContainsFunc(cfg.Criteria, judgesAnswers) {
		p.add("Criteria", "judge by errors and latency only, so a model that is wrong quickly passes; add one that looks at answers, or at what comes of them and does more than observe, such as criteria.Distribution, Categories, Mean, Rate, InvalidRate, Disagreement or Feedback, or set OperationalOnly")
	}
}

// judgesAnswers reports whether a criterion looks at the answers, and does something about what it sees.
func judgesAnswers(c criteria.Criterion) bool {
	switch c := c.(type) {
	case criteria.Distribution:
		return c.Role != criteria.Observe
	case criteria.Categories:
		return c.Role != criteria.Observe
	case criteria.Mean:
		return c.Role != criteria.Observe
	case criteria.Rate:
		return c.Role != criteria.Observe
	case criteria.InvalidRate:
		return c.Role != criteria.Observe
	case criteria.Disagreement:
		return c.Role != criteria.Observe
	case criteria.Difference:
		return c.Role != criteria.Observe
	case criteria.Feedback:
		return c.Role != criteria.Observe
	}
	return false
}

// judgesPairs reports whether a criterion looks at inputs that both models have answered.
func judgesPairs(c criteria.Criterion) bool {
	switch c.(type) {
	case criteria.Disagreement, criteria.Difference:
		return true
	}
	return false
}

// validateShadow checks the shadow, and refuses criteria that nothing would ever feed.
func (cfg *Config[In, Out]) validateShadow(p *problems) {
	if !utf8.ValidString(cfg.Flags.Shadow) {
		p.add("Flags.Shadow", "%q is not a flag key; name the number flag that sets the rate of the shadow in percent", cfg.Flags.Shadow)
	}
	if cfg.wantsShadow() {
		for _, err := range unjoin(cfg.Shadow.Validate()) {
			if c, ok := errors.AsType[*shadow.ConfigError](err); ok {
				p.add("Shadow."+c.Field, "%s", c.Problem)
			} else if err != nil {
				p.add("Shadow", "%v", err)
			}
		}
	} else if cfg.declaresShadow() {
		p.add("Shadow", "is declared, but nobody asks for it; set Shadow.Rate, or Flags.Shadow to the key of a flag")
	}
	for _, c := range cfg.Criteria {
		_, reruns := c.(criteria.Disagreement)
		switch {
		case judgesPairs(c) && !cfg.wantsShadow():
			p.add("Criteria", "%s is judged on inputs that both models have answered, and without a Shadow every request is answered by one", c.Name())
		case reruns && cfg.Shadow.Rerun < 0:
			p.add("Criteria", "%s is judged on inputs that stable was asked twice, and Shadow.Rerun is negative", c.Name())
		}
	}
}

// declaresShadow says whether anything of the shadow is set.
func (cfg *Config[In, Out]) declaresShadow() bool {
	return !reflect.ValueOf(cfg.Shadow).IsZero()
}

// validateAnswers refuses to judge validity without a validator.
func (cfg *Config[In, Out]) validateAnswers(p *problems) {
	for _, c := range cfg.Criteria {
		if _, ok := c.(criteria.InvalidRate); ok && cfg.Signals.Validate == nil {
			p.add("Criteria", "%s without Signals.Validate: every answer is valid", c.Name())
		}
	}
}

// ofCriteria turns what [criteria.NewJudge] found into problems of the configuration. What it says of the signals, Signals.validate has said.
func ofCriteria(err error) error {
	var p problems
	for _, e := range unjoin(err) {
		var c *criteria.ConfigError
		switch {
		case !errors.As(e, &c):
			p.add("Criteria", "%v", e)
		case !slices.Contains([]string{"numbers", "labels", "checks", "slices"}, c.Field):
			p.add("Criteria", "%s: %s", c.Field, c.Problem)
		}
	}
	return errors.Join(p...)
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// isNil reports whether x is nil or holds a nil pointer, function, map, channel, slice or interface.
func isNil(x any) bool {
	if x == nil {
		return true
	}
	switch v := reflect.ValueOf(x); v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice, reflect.Interface:
		return v.IsNil()
	default:
		return false
	}
}
