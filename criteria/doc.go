// Package criteria says what "not worse" means: declared criteria, evidence as
// mergeable counts, and the betting test that turns counts into verdicts.
//
// Every criterion is one inequality about some event A of a settled request:
//
//	P(A | candidate)  <=  m * P(A | stable) + d
//
// "the call failed", "the answer was slower than the stable median", "the label
// was 7". Against each inequality the [Judge] holds a fixed book of bets. A bet
// wins when the candidate shows A more often than the inequality allows and
// loses otherwise, at odds that make it a fair or losing game for as long as
// the inequality holds. The capital won is the evidence, the e-value E. A
// candidate within its tolerances lets E reach 1/alpha with probability at most
// alpha, ever, however often one looks and however long it runs (Ville's
// inequality). Reaching it is what rolls a candidate back.
//
// What lets a candidate go on is the same test the other way round: that it is worse
// than the inequality and a margin allow has to be refuted for each event, anew in
// every step of the ramp; see [Judge.Promotion]. In between there is no evidence,
// which is never a pass.
//
// What the guarantee needs is that the router flips a coin with the recorded
// P(candidate); that whether a request counts was fixed before its coin fell
// and without its outcome; that every coin is read once; that evidence is
// folded in the order of assignment; and that the arms do not disturb each
// other. It needs nothing about the outcomes: the base rate may drift, burst
// and correlate, as long as it does so for both arms alike. Criteria that read the
// candidate alone, or pairs, need no coin and say what they need instead.
//
// The way of the counts:
//
//	judge, err := criteria.NewJudge(criteria.Config{Criteria: ...})
//	judge.Seed(&o)                        // stable-only traffic before exposure, if any
//	judge.BeginStep(shares)               // P(candidate) by stratum, constant in a step
//	e := judge.NewEvidence()
//	e.Observe(criteria.Fresh, &o)         // one settled request; counts only
//	e.ObserveWindow(criteria.Fresh, &o)   // the first calls of a unit as one, for sessions
//	e.ObservePair(&p)                     // an input that both models saw, if there is a shadow
//	ruling := judge.Fold(e, awake)        // add, bet, rule
//	promotion := judge.Promotion()        // is it proven that more is safe?
//	for _, v := range judge.Verdicts() {} // for people
//
// Evidence can be sent, [Evidence.AppendBinary], and is then added by
// [Evidence.Merge]; a judge can be saved, [Judge.AppendBinary], and goes on after a
// restart as if there had been none, [RestoreJudge]; so can the check of the coin, by
// [Routing.AppendBinary].
//
// # Groups, slices, strata
//
// An average of e-values is one, however they depend on each other, as long as they
// read the same coins in the same fold. So criteria are judged in groups - the
// requests whose coin counts, the [Sentinel]'s, windows of units, pairs, and every
// call for the [Backstop] - each with its rounds and its sum; over the groups the
// weights add up to 1, and the candidate is out when one sum reaches 1/alpha.
//
// With [Config.Slices] half of the weight of every criterion on requests or pairs is
// on its slices: the same bets again, on those of one country, one tenant class,
// one script. In which slice a request falls must be known before its arm is, and of
// a pair before either model answers.
//
// The package is pure: no clock, no goroutine, no I/O, no lock. Values with
// state ([Judge], [Evidence], [Routing]) belong to one goroutine at a time.
package criteria
