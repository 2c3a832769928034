package digits

import (
	"sync"
	"testing"
)

var sharedLab = sync.OnceValues(NewLab)

// trained shares one lab between the tests: it is read-only.
func trained(t *testing.T) *Lab {
	t.Helper()
	l, err := sharedLab()
	if err != nil {
		t.Fatal(err)
	}
	return l
}
