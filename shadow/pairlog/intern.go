package pairlog

// interner keeps a bounded number of short texts.
type interner struct {
	texts map[string]string
}

const (
	maxInterned     = 4096
	maxInternedText = 64 // bytes
)

// intern returns b as a text, the same one for the same bytes as long as it is kept. A full table begins anew, so that it follows what comes.
func (in *interner) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > maxInternedText {
		return string(b)
	}
	if s, ok := in.texts[string(b)]; ok {
		return s
	}
	if in.texts == nil {
		in.texts = make(map[string]string)
	}
	if len(in.texts) >= maxInterned {
		clear(in.texts)
	}
	s := string(b)
	in.texts[s] = s
	return s
}
