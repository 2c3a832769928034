package main

import (
	"context"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/providers/local"
)

// rolloutFlag is the candidate's share in percent.
const rolloutFlag = "digits-rollout"

// flagService is where a person moves the flag. Like any flag service it
// outlives the process that reads it: a restart finds the flag as it was.
type flagService struct {
	provider *local.Provider
	api      *openfeature.EvaluationAPI
}

// openFlags starts a flag service with the flag at 0 %.
func openFlags(ctx context.Context) (*flagService, error) {
	f := &flagService{provider: local.New(), api: isolated.NewAPI()}
	if err := f.set(0); err != nil {
		return nil, err
	}
	if err := f.api.SetProviderAndWait(ctx, f.provider); err != nil {
		return nil, fmt.Errorf("quickstart: start the flags: %w", err)
	}
	return f, nil
}

func (f *flagService) client() *openfeature.Client { return f.api.NewClient() }

// set is what a person does.
func (f *flagService) set(percent float64) error {
	if err := f.provider.Set(rolloutFlag, percent); err != nil {
		return fmt.Errorf("quickstart: set the flag to %g %%: %w", percent, err)
	}
	return nil
}

func (f *flagService) close(ctx context.Context) error {
	if err := f.api.Shutdown(ctx); err != nil {
		return fmt.Errorf("quickstart: end the flags: %w", err)
	}
	return nil
}
