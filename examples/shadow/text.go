package main

import (
	"strings"
	"unicode"
)

// Text is what is to be recognised, and what is known of the request it came
// with. It holds no pointers, so a copy of it is one: the shadow needs no Clone.
type Text struct {
	ID     int    // of the request
	Words  string // what a user has written
	Market string // the language of the shop it was written in: a hint, not the truth
}

// Label is what a model answers.
type Label struct {
	Code       string // ISO 639-1; empty: no idea
	Confidence float64
}

// length is the slice of a text by how much there is to go by.
func (t Text) length() string {
	switch n := len(strings.Fields(t.Words)); {
	case n <= 2:
		return "1-2 words"
	case n <= 4:
		return "3-4 words"
	case n <= 8:
		return "5-8 words"
	default:
		return "9+ words"
	}
}

// script is that of the first letter.
func (t Text) script() string {
	for _, r := range t.Words {
		switch {
		case unicode.Is(unicode.Greek, r):
			return "greek"
		case unicode.Is(unicode.Cyrillic, r):
			return "cyrillic"
		case unicode.Is(unicode.Latin, r):
			return "latin"
		}
	}
	return "none"
}
