package main

import (
	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/rules"
	"github.com/modelcanary/go-sdk/criteria"
)

// The names of our own rules: without any tolerance, as the baselines have none,
// and with the default of 10 %.
const (
	ours         = "ours"
	oursTolerant = "ours+10%"
)

// legend explains the names of the tables.
var legend = []struct{ name, text string }{
	{ours, "criteria.Judge, no tolerance, a look after every request"},
	{oursTolerant, "the same with the default tolerance of 10%"},
	{"aCS", "asymptotic confidence sequence, tuned for 5,000; aCS100: from 100 calls per arm on"},
	{"mSPRT", "mixture SPRT with plug-in variance; mSPRT100: from 100 calls per arm on"},
	{"LM10", "Lindon-Malek count test, kappa 10; LM100: kappa 100; over the labels: their product"},
	{"z", "z test of two proportions at every error, one-sided 1%, from 100 calls per arm on"},
	{"OBF50", "group sequential, 50 looks over the horizon, O'Brien-Fleming spending"},
	{"Flagger", "99% success, or p99 <= 1.2 x stable's, in each minute; 5 failed checks"},
	{"Argo", "95% success per 5 minutes, failureLimit 3"},
	{"Kayenta", "NetflixACAJudge on minutes (failure rate or p99), every 10 minutes, lifetime"},
	{"DKW", "time-uniform bands round both distribution functions"},
	{"MW", "Mann-Whitney test at every call, 1%, from 100 calls per arm on"},
}

// judged makes our rule for one criterion.
func judged(name string, harmOnly bool, c criteria.Criterion) contestant {
	config := criteria.Config{
		Criteria: []criteria.Criterion{c}, Alpha: alpha, Numbers: []string{"value"}, Labels: []string{"class"},
	}
	return contestant{name: name, make: func(*row) rules.Rule { return rules.NewOurs(config, harmOnly) }}
}

// pair makes our rule without tolerance and with the default one.
func pair(harmOnly bool, with func(tolerance float64) criteria.Criterion) []contestant {
	return []contestant{
		judged(ours, harmOnly, with(criteria.Strict)),
		judged(oursTolerant, harmOnly, with(criteria.DefaultTolerance)),
	}
}

// rule makes a baseline that is the same in every row.
func rule[R rules.Rule](name string, make func() R) contestant {
	return contestant{name: name, make: func(*row) rules.Rule { return make() }}
}

func errorRate(tolerance float64) criteria.Criterion { return criteria.ErrorRate{Tolerance: tolerance} }

// rateRules judge failed calls. Without a minimum the asymptotic rules break their
// alpha; that is shown once and not raced again.
func rateRules(withoutMinimum bool) []contestant {
	list := pair(true, errorRate)
	if withoutMinimum {
		list = append(list,
			rule("aCS", func() *rules.AsymptoticCS { return rules.NewAsymptoticCS(rules.Harm, alpha, 0) }),
			rule("mSPRT", func() *rules.MSPRT { return rules.NewMSPRT(alpha, 0) }),
		)
	}
	return append(list,
		rule("aCS100", func() *rules.AsymptoticCS { return rules.NewAsymptoticCS(rules.Harm, alpha, 100) }),
		rule("mSPRT100", func() *rules.MSPRT { return rules.NewMSPRT(alpha, 100) }),
		rule("LM10", func() *rules.LindonMalek { return rules.NewLindonMalek(alpha, 10) }),
		rule("LM100", func() *rules.LindonMalek { return rules.NewLindonMalek(alpha, 100) }),
		contestant{name: "OBF50", make: func(r *row) rules.Rule { return rules.NewGroupSequential(alpha, r.requests) }},
		rule("z", func() *rules.NaiveZ { return &rules.NaiveZ{} }),
		rule("Flagger", func() *rules.Flagger { return rules.NewFlagger(0) }).from(rules.FlaggerSoonest),
		rule("Argo", func() *rules.Argo { return &rules.Argo{} }).from(rules.ArgoSoonest),
		rule("Kayenta", func() *rules.Kayenta { return rules.NewKayenta(rules.FailureRate) }).from(rules.KayentaSoonest),
	)
}

// latencyRules judge who is slower.
func latencyRules() []contestant {
	axis := rules.LogAxis(0.01, 1e6)
	return append(pair(false, func(x float64) criteria.Criterion { return criteria.Latency{Tolerance: x} }),
		rule("DKW", func() *rules.DKW { return rules.NewDKW(axis, false, alpha) }),
		rule("MW", func() *rules.MannWhitney { return rules.NewMannWhitney(axis, false) }),
		contestant{name: "Flagger", make: func(r *row) rules.Rule { return rules.NewFlagger(r.limit) }, soonest: rules.FlaggerSoonest},
		rule("Kayenta", func() *rules.Kayenta { return rules.NewKayenta(rules.P99) }).from(rules.KayentaSoonest),
	)
}

// scoreRules judge whether a score is distributed alike.
func scoreRules() []contestant {
	axis := rules.LinearAxis(-0.5, 1.5)
	return append(pair(false, distribution(0, 1)),
		rule("DKW", func() *rules.DKW { return rules.NewDKW(axis, true, alpha) }),
		rule("MW", func() *rules.MannWhitney { return rules.NewMannWhitney(axis, true) }),
	)
}

// mostValue is where a business value is clipped.
const mostValue = 50

// valueRules judge a bounded value of which more is better.
func valueRules() []contestant {
	axis := rules.LinearAxis(0, mostValue)
	return append(pair(false, distribution(0, mostValue)),
		rule("aCS", func() *rules.AsymptoticCS { return rules.NewAsymptoticCS(rules.Loss, alpha, 0) }),
		rule("aCS100", func() *rules.AsymptoticCS { return rules.NewAsymptoticCS(rules.Loss, alpha, 100) }),
		rule("DKW", func() *rules.DKW { return rules.NewDKW(axis, true, alpha) }),
		rule("MW", func() *rules.MannWhitney { return rules.NewMannWhitney(axis, true) }),
	)
}

func distribution(low, high float64) func(float64) criteria.Criterion {
	return func(x float64) criteria.Criterion {
		return criteria.Distribution{Signal: "value", Min: low, Max: high, Tolerance: x}
	}
}

// labelRules judge whether labels are as frequent.
func labelRules() []contestant {
	return append(pair(false, func(x float64) criteria.Criterion { return criteria.Categories{Signal: "class", Tolerance: x} }),
		rule("LM10", func() *rules.Multinomial { return rules.NewMultinomial(alpha, 10) }),
		rule("LM100", func() *rules.Multinomial { return rules.NewMultinomial(alpha, 100) }),
	)
}
