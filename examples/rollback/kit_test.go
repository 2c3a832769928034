package main

import (
	"io"
	"os"
	"sync"
	"testing"
)

// TestMain makes the test binary what the program is when it starts itself.
func TestMain(m *testing.M) {
	if isOrder(os.Args[1:]) {
		main()
	}
	os.Exit(m.Run())
}

var sharedModels = sync.OnceValues(trainModels)

// testModels trains the models once for all tests.
func testModels(t *testing.T) trained {
	t.Helper()
	models, err := sharedModels()
	if err != nil {
		t.Fatal(err)
	}
	return models
}

func newTestStage(t *testing.T) *stage {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	s, err := newStage(options{seed: 1}, testModels(t), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
