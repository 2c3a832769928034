package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/modelcanary/go-sdk/canary"
	"github.com/modelcanary/go-sdk/providers/local"
)

// openFlags is the flag service: no share for the candidate, a shadow for every
// request.
func openFlags(ctx context.Context) (client canary.FlagClient, closeFlags func(context.Context) error, err error) {
	provider, api := local.New(), isolated.NewAPI()
	if err := errors.Join(provider.Set(rolloutFlag, 0), provider.Set(shadowFlag, 100)); err != nil {
		return nil, nil, fmt.Errorf("shadow: set the flags: %w", err)
	}
	if err := api.SetProviderAndWait(ctx, provider); err != nil {
		return nil, nil, fmt.Errorf("shadow: start the flags: %w", err)
	}
	return api.NewClient(), api.Shutdown, nil
}
