package main

import (
	"slices"

	"github.com/modelcanary/go-sdk/benchmarks/decisions/internal/rules"
	"github.com/modelcanary/go-sdk/criteria"
)

// The names of our own rules: without any tolerance, as the baselines have none, and
// with the default one, of 10% where less is better and of 5% where more is.
const (
	ours          = "ours"
	oursTolerant  = "ours+10%"
	oursShortfall = "ours-5%"
)

// The names of others of ours.
const (
	oursWhole = "whole"
	oursRate  = "rate"
	oursShape = "shape"
	oursOnce  = "once"
)

// A rule of evidence, kept and broken.
const (
	withRule    = "with"
	withoutRule = "without"
)

// legend explains the names of the tables.
var legend = []struct{ name, text string }{
	{ours, "criteria.Judge, no tolerance, a look after every request"},
	{oursTolerant, "the same with the default tolerance of 10%"},
	{oursShortfall, "the same with the default tolerance of 5% where more is better"},
	{oursWhole, "the same without slices"},
	{oursRate, "criteria.ErrorRate, which does not tell one way to fail from another"},
	{oursShape, "criteria.Distribution on the value, which does not say which way is better"},
	{oursOnce, "the same bets placed once, at the start, and never anew"},
	{"aCS", "asymptotic confidence sequence, tuned for 5,000"},
	{"aCS100", "asymptotic confidence sequence, from 100 calls per arm on"},
	{"mSPRT", "mixture SPRT with plug-in variance"},
	{"mSPRT100", "mixture SPRT with plug-in variance, from 100 calls per arm on"},
	{"LM10", "Lindon-Malek count test, kappa 10; over labels or failures: their product"},
	{"LM100", "the same with kappa 100"},
	{"z", "z test of two proportions at every error, one-sided 1%, from 100 calls per arm on"},
	{"OBF50", "group sequential, 50 looks over the horizon, O'Brien-Fleming spending"},
	{"Flagger", "99% success, or p99 <= 1.2 x stable's, in each minute; 5 failed checks"},
	{"Argo", "95% success per 5 minutes, failureLimit 3"},
	{"Kayenta", "NetflixACAJudge on minutes (failure rate or p99), every 10 minutes, lifetime"},
	{"DKW", "time-uniform bands round both distribution functions"},
	{"MW", "Mann-Whitney test at every call, 1%, from 100 calls per arm on"},
}

// config is a configuration with all signals of the worlds.
func config(c criteria.Criterion) criteria.Config {
	return criteria.Config{Criteria: []criteria.Criterion{c}, Alpha: alpha, Numbers: []string{"value"}, Labels: []string{"class"}}
}

// judged makes our rule for one criterion.
func judged(name string, harmOnly bool, c criteria.Criterion) contestant {
	return judge(name, harmOnly, config(c))
}

func judge(name string, harmOnly bool, c criteria.Config) contestant {
	return contestant{name: name, mine: true, make: func(*row) rules.Rule { return rules.NewOurs(c, harmOnly) }}
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

// errorRules judge failed calls. Without a minimum the asymptotic rules break their
// alpha; that is shown once and not raced again.
func errorRules(withoutMinimum bool) []contestant {
	list := pair(true, errorRate)
	if withoutMinimum {
		list = append(list,
			rule("aCS", func() *rules.AsymptoticCS { return rules.NewAsymptoticCS(rules.Harm, alpha, 0) }),
			rule("mSPRT", func() *rules.MSPRT { return rules.NewMSPRT(alpha, 0) }),
		)
	}
	return append(append(list, rateRules()...),
		rule("Flagger", func() *rules.Flagger { return rules.NewFlagger(0) }).from(rules.FlaggerSoonest),
		rule("Argo", func() *rules.Argo { return &rules.Argo{} }).from(rules.ArgoSoonest),
	)
}

// lateRules are those for failed calls, and our bets without restarts.
func lateRules() []contestant {
	once := contestant{name: oursOnce, mine: true, make: func(*row) rules.Rule { return rules.NewOnce(config(errorRate(criteria.Strict))) }}
	return slices.Insert(errorRules(false), 2, once)
}

// conversionRules judge who does not convert.
func conversionRules() []contestant {
	converts := func(name string, tolerance float64) contestant {
		c := config(criteria.Rate{Signal: "done", Want: criteria.Higher, Tolerance: tolerance})
		c.Checks = []string{"done"}
		return judge(name, true, c)
	}
	return append([]contestant{converts(ours, criteria.Strict), converts(oursShortfall, criteria.DefaultShortfall)}, rateRules()...)
}

// rateRules are the baselines for any rate of which less is better.
func rateRules() []contestant {
	return []contestant{
		rule("aCS100", func() *rules.AsymptoticCS { return rules.NewAsymptoticCS(rules.Harm, alpha, 100) }),
		rule("mSPRT100", func() *rules.MSPRT { return rules.NewMSPRT(alpha, 100) }),
		rule("LM10", func() *rules.LindonMalek { return rules.NewLindonMalek(alpha, 10) }),
		rule("LM100", func() *rules.LindonMalek { return rules.NewLindonMalek(alpha, 100) }),
		{name: "OBF50", make: func(r *row) rules.Rule { return rules.NewGroupSequential(alpha, r.requests) }},
		rule("z", func() *rules.NaiveZ { return &rules.NaiveZ{} }),
		rule("Kayenta", func() *rules.Kayenta { return rules.NewKayenta(rules.FailureRate) }).from(rules.KayentaSoonest),
	}
}

// slicedRules judge failed calls in slices, and as a whole.
func slicedRules() []contestant {
	sliced := func(name string, tolerance float64) contestant {
		c := config(errorRate(tolerance))
		c.Slices = []string{"country"}
		return judge(name, true, c)
	}
	return append([]contestant{
		sliced(ours, criteria.Strict), sliced(oursTolerant, criteria.DefaultTolerance),
		judged(oursWhole, true, errorRate(criteria.Strict)),
	}, rateRules()...)
}

// failureRules judge ways to fail.
func failureRules() []contestant {
	list := pair(false, func(x float64) criteria.Criterion { return criteria.FailureModes{Tolerance: x} })
	return append(list,
		judged(oursRate, true, errorRate(criteria.Strict)),
		rule("aCS100", func() *rules.AsymptoticCS { return rules.NewAsymptoticCS(rules.Harm, alpha, 100) }),
		rule("LM10", func() *rules.Multinomial { return rules.NewMultinomial(alpha, 10) }),
		rule("LM100", func() *rules.Multinomial { return rules.NewMultinomial(alpha, 100) }),
		rule("z", func() *rules.NaiveZ { return &rules.NaiveZ{} }),
	)
}

// ruleOfEvidence is played with and without.
func ruleOfEvidence() []contestant {
	return []contestant{{name: withRule, mine: true}, {name: withoutRule}}
}

// promotes asks our judge for promotion.
func promotes(name string, ask rules.Question) contestant {
	c := config(criteria.ErrorRate{Tolerance: criteria.Strict, Margin: promotionMargin})
	return contestant{name: name, mine: true, make: func(*row) rules.Rule { return rules.NewPromotion(c, ask) }}
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
	mean := func(name string, tolerance float64) contestant {
		return judged(name, false, criteria.Mean{Signal: "value", Max: mostValue, Want: criteria.Higher, Tolerance: tolerance})
	}
	return append([]contestant{
		mean(ours, criteria.Strict), mean(oursShortfall, criteria.DefaultShortfall),
		judged(oursShape, false, distribution(0, mostValue)(criteria.Strict)),
	},
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
