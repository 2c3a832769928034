package pairlog

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxNesting is how deep values may lie in each other that are read.
const maxNesting = 512

var errCut = errors.New("the line ends too early")

// scanner reads JSON. It takes what RFC 8259 allows, but for bytes in strings that are not UTF-8, which it lets pass.
type scanner struct {
	data    []byte
	pos     int
	scratch []byte // the last text that had escapes
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// peek is the next byte that is no space; 0 at the end, which no value begins with.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) && s.data[s.pos] > ' ' {
		return s.data[s.pos]
	}
	s.space()
	if s.pos == len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

func (s *scanner) end() error {
	s.space()
	if s.pos < len(s.data) {
		return fmt.Errorf("%q after the record", s.data[s.pos])
	}
	return nil
}

func (s *scanner) unexpected(want string) error {
	switch c := s.peek(); {
	case s.pos == len(s.data):
		return errCut
	default:
		return fmt.Errorf("%q, want %s", c, want)
	}
}

// object calls field for each name, with the scanner before its value, which field has to read.
func (s *scanner) object(field func(name []byte) error) error {
	if s.peek() != '{' {
		return s.unexpected("an object")
	}
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		name, err := s.name()
		if err != nil {
			return err
		}
		if s.peek() != ':' {
			return s.unexpected("a colon")
		}
		s.pos++
		if err := field(name); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return s.unexpected("a comma or a brace")
		}
	}
}

// list skips a list.
func (s *scanner) list(depth int) error {
	s.pos++
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := s.skip(depth); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.unexpected("a comma or a bracket")
		}
	}
}

// skip reads over a value of any kind.
func (s *scanner) skip(depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("values nested deeper than %d", maxNesting)
	}
	switch c := s.peek(); {
	case c == '"':
		_, _, err := s.quoted()
		return err
	case c == '{':
		return s.members(depth)
	case c == '[':
		return s.list(depth + 1)
	case c == '-' || '0' <= c && c <= '9':
		_, err := s.number()
		return err
	case s.word("true"), s.word("false"), s.word("null"):
		return nil
	default:
		return s.unexpected("a value")
	}
}

// members skips an object.
func (s *scanner) members(depth int) error {
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.unexpected("a name")
		}
		if _, _, err := s.quoted(); err != nil {
			return err
		}
		if s.peek() != ':' {
			return s.unexpected("a colon")
		}
		s.pos++
		if err := s.skip(depth + 1); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return s.unexpected("a comma or a brace")
		}
	}
}

// word reads over w if it is next.
func (s *scanner) word(w string) bool {
	s.peek()
	if len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

func (s *scanner) null() bool { return s.peek() == 'n' && s.word("null") }

func (s *scanner) bool() (bool, error) {
	switch {
	case s.word("true"):
		return true, nil
	case s.word("false"):
		return false, nil
	default:
		return false, s.unexpected("true or false")
	}
}

// text reads a string. The result is valid until the next text.
func (s *scanner) text() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.unexpected("a string")
	}
	inside, escaped, err := s.quoted()
	if err != nil || !escaped {
		return inside, err
	}
	s.scratch = unescape(s.scratch[:0], inside)
	return s.scratch, nil
}

// name is a text that stays valid.
func (s *scanner) name() ([]byte, error) {
	from := s.pos
	b, err := s.text()
	if err == nil && len(b)+2 < s.pos-from { // may be in scratch, which the next text is going to need
		s.scratch = nil
	}
	return b, err
}

// quoted reads over a string and returns what lies between its quotes, and whether there are escapes in it.
func (s *scanner) quoted() (inside []byte, escaped bool, err error) {
	from := s.pos + 1
	if n := bytes.IndexByte(s.data[from:], '"'); n >= 0 && isBare(s.data[from:from+n]) {
		s.pos = from + n + 1
		return s.data[from : from+n], false, nil
	}
	for i := from; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			return s.data[from:i], escaped, nil
		case c < ' ':
			s.pos = i
			return nil, false, fmt.Errorf("control character %q in a string", c)
		case c == '\\':
			n := escapeLen(s.data[i:])
			if n == 0 {
				s.pos = i
				return nil, false, errors.New("malformed escape in a string")
			}
			escaped = true
			i += n - 1
		}
	}
	s.pos = len(s.data)
	return nil, false, errCut
}

// isBare reports that there is neither a control character nor a backslash.
func isBare(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == '\\' {
			return false
		}
	}
	return true
}

// escapeLen is the length of the escape that b begins with; 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

func clipped(s string) string {
	if len(s) <= 64 {
		return s
	}
	end := 64
	for end > 60 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
