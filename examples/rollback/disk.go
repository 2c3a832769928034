package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/modelcanary/go-sdk/rollback"
)

// slots is how often a state file holds the state.
const slots = 2

// readSlots says what each half of a state file holds, and leaves the file as
// it is: opened as a store it would be mended. Each half is looked at in a
// file of its own that holds it twice.
func readSlots(ctx context.Context, path string) (states [slots]rollback.State, err error) {
	content, err := os.ReadFile(path) //nolint:gosec // G304: the path is the program's own
	if err != nil {
		return states, fmt.Errorf("rollback: %w", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), "slots-")
	if err != nil {
		return states, fmt.Errorf("rollback: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	size := len(content) / slots
	for i := range states {
		half := content[i*size : (i+1)*size]
		states[i], err = readState(ctx, filepath.Join(dir, strconv.Itoa(i)), append(half[:size:size], half...))
		if err != nil && !errors.Is(err, rollback.ErrCorrupt) {
			return states, err
		}
	}
	return states, nil
}

// readState is what a state file of that content says.
func readState(ctx context.Context, path string, content []byte) (rollback.State, error) {
	if err := os.WriteFile(path, content, 0o600); err != nil { //nolint:gosec // G703: the path is the program's own
		return rollback.State{}, fmt.Errorf("rollback: %w", err)
	}
	store, err := rollback.OpenFile(path)
	if err != nil {
		return rollback.State{}, err
	}
	state, err := store.Load(ctx)
	return state, errors.Join(err, store.Close())
}
