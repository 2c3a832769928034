package pairlog

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// number reads over a number and returns it as it stands.
func (s *scanner) number() ([]byte, error) {
	s.peek()
	from := s.pos
	if s.next('-') && s.pos == len(s.data) {
		return nil, errCut
	}
	if !s.next('0') && !s.digits() {
		return nil, s.unexpected("a digit")
	}
	if s.next('.') && !s.digits() {
		return nil, s.unexpected("a digit")
	}
	if s.next('e') || s.next('E') {
		if !s.next('+') {
			s.next('-')
		}
		if !s.digits() {
			return nil, s.unexpected("a digit")
		}
	}
	return s.data[from:s.pos], nil
}

// next reads over c if it is the next byte.
func (s *scanner) next(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > from
}

// float reads a number, or one of the texts for those that JSON does not have.
func (s *scanner) float() (float64, error) {
	if s.peek() != '"' {
		b, err := s.number()
		if err != nil {
			return 0, err
		}
		f, _ := strconv.ParseFloat(string(b), 64) // out of range: an infinity
		return f, nil
	}
	b, err := s.text()
	if err != nil {
		return 0, err
	}
	switch string(b) {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	default:
		return 0, fmt.Errorf("%q, want a number", clipped(string(b)))
	}
}

func (s *scanner) uint() (uint64, error) {
	b, err := s.number()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(b), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s, want a whole number in [0, %d]", clipped(string(b)), uint64(math.MaxUint64))
	}
	return n, nil
}

// seconds reads a duration, exactly if it has at most nine decimals; one that is out of range becomes the longest.
func (s *scanner) seconds() (time.Duration, error) {
	b, err := s.number()
	if err != nil {
		return 0, err
	}
	if d, ok := exactSeconds(b); ok {
		return d, nil
	}
	f, _ := strconv.ParseFloat(string(b), 64)
	switch ns := math.Round(f * 1e9); {
	case ns >= math.MaxInt64:
		return math.MaxInt64, nil
	case ns <= math.MinInt64:
		return math.MinInt64, nil
	default:
		return time.Duration(ns), nil
	}
}

// exactSeconds reads digits, a point and up to nine more of them.
func exactSeconds(b []byte) (time.Duration, bool) {
	negative := b[0] == '-'
	if negative {
		b = b[1:]
	}
	var n uint64
	decimals := -1 // none, and no point yet
	for _, c := range b {
		if c == '.' {
			decimals = 0
			continue
		}
		if c < '0' || c > '9' || decimals == 9 || n > (1<<63)/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
		if decimals >= 0 {
			decimals++
		}
	}
	for range 9 - max(decimals, 0) {
		if n > (1<<63)/10 {
			return 0, false
		}
		n *= 10
	}
	switch {
	case negative && n <= 1<<63:
		return -time.Duration(n), true
	case n < 1<<63:
		return time.Duration(n), true
	default:
		return 0, false
	}
}

// time reads a time in RFC 3339.
func (s *scanner) time() (time.Time, error) {
	b, err := s.text()
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return time.Time{}, fmt.Errorf("%q, want a time as in RFC 3339", clipped(string(b)))
	}
	return t.UTC(), nil
}
