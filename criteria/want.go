package criteria

import "fmt"

// A Want says which direction of a signal is better. The zero value says nothing,
// and most criteria refuse it: nobody can know it from the signal's name.
type Want uint8

// The wants.
const (
	Higher Want = iota + 1 // completed, clicked, revenue
	Lower                  // corrected, escalated, cost
)

// String returns "higher", "lower" or "unsaid".
func (w Want) String() string {
	switch w {
	case 0:
		return "unsaid"
	case Higher:
		return "higher"
	case Lower:
		return "lower"
	}
	return "want(?)"
}

// tolerance resolves the two special values of a Tolerance.
func (w Want) tolerance(x float64) float64 {
	if w == Higher && x == 0 {
		return DefaultShortfall
	}
	return effectiveTolerance(x)
}

// line is the null hypothesis about the harmful event or score. Where higher is
// better that is the complement of what is measured, and "no lower than 1-x times
// stable's" becomes a line with an offset.
func (w Want) line(tolerance float64) line {
	if w == Higher {
		return line{m: 1 - tolerance, d: tolerance}
	}
	return line{m: 1 + tolerance}
}

// demand words the line.
func (w Want) demand(tolerance float64) string {
	x := w.tolerance(tolerance)
	word := "at most"
	if w == Higher {
		x, word = -x, "at least"
	}
	if x == 0 {
		return word + " stable's"
	}
	return fmt.Sprintf("%s %.4g x stable's", word, 1+x)
}

// checkWant refuses a direction that is not said, and a tolerance that it does
// not allow: nothing can fall by more than all of it.
func (p *problems) checkWant(w Want, tolerance float64) {
	switch w {
	case Higher:
		if tolerance != Strict && !(tolerance >= 0 && tolerance < 1) {
			p.add("tolerance %v is neither in [0, 1), as it must be where higher is better, nor Strict", tolerance)
		}
	case Lower:
		p.checkTolerance(tolerance)
	default:
		p.add("want %v is neither Higher nor Lower", w)
	}
}

// A directed criterion has a direction in which its signal is better.
type directed interface {
	Criterion
	direction() (signal string, want Want)
}

// checkDirections reports criteria of which one wants a signal higher and another
// wants it lower: whatever the candidate does, one of them is against it.
func (p *problems) checkDirections(watches []*watch) {
	first := map[string]directed{}
	for _, w := range watches {
		d, ok := w.criterion.(directed)
		if !ok {
			continue
		}
		signal, want := d.direction()
		if want != Higher && want != Lower {
			continue
		}
		before := first[signal]
		if before == nil {
			first[signal] = d
			continue
		}
		if _, other := before.direction(); want != other {
			p.field = d.Name()
			p.add("wants %s %v, which %s wants %v", signal, want, before.Name(), other)
		}
	}
}
