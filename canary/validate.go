package canary

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/modelcanary/go-sdk/criteria"
	"github.com/modelcanary/go-sdk/rollback"
)

// maxCandidateTimeout keeps the ledger's deadline, twice the timeout, within reason.
const maxCandidateTimeout = 10 * time.Minute

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
	cfg.Stable.validate(&p, "Stable")
	cfg.Candidate.validate(&p, "Candidate")
	if cfg.Stable.Version == cfg.Candidate.Version && cfg.Stable.Version != "" {
		p.add("Candidate.Version", "%q is stable's version too; the versions must differ", cfg.Candidate.Version)
	}
	if isNil(cfg.Flags.Client) {
		p.add("Flags.Client", "is nil; give an OpenFeature client, for example of an API with a providers/local provider")
	}
	if cfg.Flags.Rollout == "" || !utf8.ValidString(cfg.Flags.Rollout) {
		p.add("Flags.Rollout", "%q is not a flag key; name the number flag that sets the share in percent", cfg.Flags.Rollout)
	}
	if cfg.CandidateTimeout > maxCandidateTimeout {
		p.add("CandidateTimeout", "%v is above %v", cfg.CandidateTimeout, maxCandidateTimeout)
	}
	cfg.Signals.validate(&p)
	cfg.validateCriteria(&p)
	return errors.Join(p...)
}

func (m *Model[In, Out]) validate(p *problems, field string) {
	switch {
	case m.Version == "":
		p.add(field+".Version", "is empty; name the model's version")
	case len(m.Version) > rollback.MaxVersion || !utf8.ValidString(m.Version):
		p.add(field+".Version", "%.40q... is not at most %d bytes of UTF-8", m.Version, rollback.MaxVersion)
	}
	if isNil(m.Predictor) {
		p.add(field+".Predictor", "is nil; give the model call")
	}
}

func (cfg *Config[In, Out]) validateCriteria(p *problems) {
	if len(cfg.Criteria) == 0 {
		p.add("Criteria", "is empty; declare before the rollout what the candidate must not be worse in")
		return
	}
	looks := cfg.OperationalOnly
	for i, c := range cfg.Criteria {
		if isNil(c) {
			p.add(fmt.Sprintf("Criteria[%d]", i), "is nil")
			return
		}
		switch c.(type) {
		case criteria.Distribution, criteria.Categories:
			looks = true
		}
	}
	if !looks {
		p.add("Criteria", "look at errors and latency only, so a model that is wrong quickly passes; add a criteria.Distribution or criteria.Categories of a signal, or set OperationalOnly")
	}
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
