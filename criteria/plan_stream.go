package criteria

import "math"

// A stream is the observations that one group of criteria is expected to get
// within a step, by the seconds since it began.
type stream struct {
	rate   float64            // observations a second, at first
	units  float64            // observations there can be; +Inf: no end
	parts  [NumStrata]float64 // of the observations
	shares [NumStrata]float64 // P(candidate) by stratum
	calls  float64            // calls a second that the candidate serves
	lag    float64            // seconds from an observation's beginning to when it counts
}

// count is the observations of the first so many seconds: units that come
// equally often are seen for the first time ever more rarely.
func (s *stream) count(seconds float64) float64 {
	if math.IsInf(s.units, 1) {
		return s.rate * seconds
	}
	if s.units == 0 {
		return 0
	}
	return -s.units * math.Expm1(-s.rate*seconds/s.units)
}

// at is when so many observations are there; +Inf: never.
func (s *stream) at(count float64) float64 {
	if math.IsInf(s.units, 1) {
		return count / s.rate
	}
	if count >= s.units {
		return math.Inf(1)
	}
	return -math.Log1p(-count/s.units) * s.units / s.rate
}

// candidates is the fraction of the observations that are the candidate's.
func (s *stream) candidates() (sum float64) {
	for i := range s.parts {
		sum += s.parts[i] * s.shares[i]
	}
	return sum
}

// of is the part of a stream that is in a slice.
func (s stream) of(part float64) stream {
	s.rate *= part
	s.units *= part
	s.calls *= part
	return s
}

// streams are what each group gets in a step, given what came before it.
type streams struct {
	rollout *Rollout
	lag     float64                     // of a session
	waits   [MaxFeedbackWindows]float64 // for feedback
	epsilon float64                     // of the sentinel; 0: none
	elapsed float64                     // seconds in the steps before
	highest float64                     // share in the steps before
}

// group returns the stream of a group in a step with this share.
func (x *streams) group(g group, share float64) stream {
	r := x.rollout.RequestsPerSecond
	all := stream{rate: r, units: math.Inf(1), calls: r * share * (1 - x.epsilon)}
	all.parts[Fresh], all.shares[Fresh] = 1, share*(1-x.epsilon)
	switch g {
	case callsGroup:
		all.rate, all.shares[Fresh] = all.calls, 1
	case sentinelGroup:
		all.rate = r * share
		all.parts, all.shares = [NumStrata]float64{Sentinel: 1}, [NumStrata]float64{Sentinel: 1 - x.epsilon}
	case pairsGroup: // no coin
		all.rate = x.rollout.PairsPerSecond
		all.calls, all.shares[Fresh] = all.rate, 1
	case windowsGroup: // by the coins of the units, whatever the sentinel does
		x.sticky(&all, share, 0)
		all.lag = x.lag
	default:
		epsilon := x.epsilon
		if g.waits() { // by the coins of the units, too
			all.lag, epsilon = x.waits[g-feedbackGroup], 0
			all.calls, all.shares[Fresh] = r*share, share
		}
		if x.rollout.Units > 0 {
			x.sticky(&all, share, epsilon)
		}
	}
	return all
}

// sticky makes a stream one of units with a fresh coin: those never counted
// before and, if the share has grown, those counted on stable.
func (x *streams) sticky(s *stream, share, epsilon float64) {
	units := x.rollout.Units
	pace := s.rate / units
	known := -units * math.Expm1(-pace*x.elapsed)
	fresh, band := units-known, 0.0
	if share > x.highest {
		band = known * (1 - x.highest)
	}
	s.units = fresh + band
	if s.units == 0 {
		return
	}
	s.rate = pace * s.units
	s.parts[Fresh], s.parts[Band] = fresh/s.units, band/s.units
	s.shares[Fresh] = share * (1 - epsilon)
	if band > 0 {
		s.shares[Band] = (share - x.highest) / (1 - x.highest) * (1 - epsilon)
	}
}

// next goes past a step.
func (x *streams) next(s Step) {
	x.elapsed += s.soak().Seconds()
	x.highest = max(x.highest, s.Share)
}
