package digits

import (
	"context"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/providers/local"
)

// RolloutFlag is the candidate's share in percent.
const RolloutFlag = "digits-rollout"

// Flags are where a person moves the flag. Like any flag service they
// outlive the process that reads them: a restart finds the flag as it was.
type Flags struct {
	provider *local.Provider
	api      *openfeature.EvaluationAPI
}

// OpenFlags starts a flag service with the flag at 0 %.
func OpenFlags(ctx context.Context) (*Flags, error) {
	f := &Flags{provider: local.New(), api: isolated.NewAPI()}
	if err := f.Set(0); err != nil {
		return nil, err
	}
	if err := f.api.SetProviderAndWait(ctx, f.provider); err != nil {
		return nil, fmt.Errorf("digits: start the flags: %w", err)
	}
	return f, nil
}

// Client reads the flag.
func (f *Flags) Client() *openfeature.Client { return f.api.NewClient() }

// Set is what a person does.
func (f *Flags) Set(percent float64) error {
	if err := f.provider.Set(RolloutFlag, percent); err != nil {
		return fmt.Errorf("digits: set the flag to %g %%: %w", percent, err)
	}
	return nil
}

// Close ends the service.
func (f *Flags) Close(ctx context.Context) error {
	if err := f.api.Shutdown(ctx); err != nil {
		return fmt.Errorf("digits: end the flags: %w", err)
	}
	return nil
}
