package rollback

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// replaceUnderFaults replaces a damaged file with the power failing at every point, and with every fault in every call. There is no moment at
// which there is no file, which would be a first start, and what was acknowledged is there.
func replaceUnderFaults(plant bug) error {
	next := State{}.Next("v2")
	setup := func() *session {
		s := newSession(diskWith(make([]byte, fileSize)), State{}, next)
		s.d.bug = plant
		return s
	}
	if err := cut(setup, "replace", func(s *session) error { return s.d.eachImage(everything, s.checkReplaced) }); err != nil {
		return err
	}
	for call := 1; ; call++ {
		last := true
		for name, f := range diskFaults {
			s := setup()
			s.d.inject = func(n int, _ string) fault {
				if n != call {
					return fault{}
				}
				last = false
				return f
			}
			_ = s.do("replace") // may or may not come through
			if err := s.d.eachImage(everything, s.checkReplaced); err != nil {
				return fmt.Errorf("%s in call %d: %w", name, call, err)
			}
		}
		if last {
			return nil
		}
	}
}

// checkReplaced opens what is left of a replacement: the new state, or, if that was not acknowledged, still the damaged file.
func (s *session) checkReplaced(image *disk) error {
	found, err := loadOnce(image)
	switch {
	case errors.Is(err, ErrCorrupt) && s.acked.Revision == 0:
		return nil
	case err != nil:
		return fmt.Errorf("does not open: %w", err)
	case !found.Equal(State{}.Next("v2")):
		return fmt.Errorf("opens as %+v", found)
	}
	return nil
}

func TestReplaceSurvivesPowerLossAndFaults(t *testing.T) {
	require.NoError(t, replaceUnderFaults(sound))
}

func TestReplaceHonoursContextAndClose(t *testing.T) {
	d := diskWith(make([]byte, fileSize))
	f := newSession(d, State{}).f
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Replace(gone, State{}.Next("v2"))
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, f.Close())
	_, err = f.Replace(t.Context(), State{}.Next("v2"))
	require.ErrorIs(t, err, ErrClosed)
	require.Equal(t, make([]byte, fileSize), d.names[simPath].seen, "left alone")
}

// replace is the operation of a person on a damaged file.
func (s *session) replace() error {
	return s.note(s.f.Replace(context.Background(), State{}.Next("v2")))
}
