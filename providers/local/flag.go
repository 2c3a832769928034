package local

import (
	"fmt"

	"github.com/open-feature/go-sdk/openfeature"
)

// flag is one flag, immutable once it is in a table. Two flags that are deeply equal answer alike.
type flag struct {
	disabled bool
	fallback *variant // the default variant; nil: the caller's default
	split    *split   // nil: no targeting
	metadata openfeature.FlagMetadata
}

// variant is a named value. The name is empty for flags made by Set.
type variant struct {
	name  string
	value value
}

// choose returns the variant for this context, nil for the caller's default, and the reason.
func (f *flag) choose(key string, flat openfeature.FlattenedContext) (*variant, openfeature.Reason) {
	if f.disabled {
		return nil, openfeature.DisabledReason
	}
	if f.split != nil {
		if v := f.split.pick(key, flat); v != nil {
			return v, openfeature.SplitReason
		}
		return f.fallback, openfeature.DefaultReason
	}
	if f.fallback == nil {
		return nil, openfeature.DefaultReason
	}
	return f.fallback, openfeature.StaticReason
}

// resolve evaluates a flag as one Go type: read takes it out of a value, want names it in a mismatch.
func resolve[T any](
	flags table, key string, defaultValue T, flat openfeature.FlattenedContext, read func(value) (T, bool), want string,
) openfeature.GenericResolutionDetail[T] {
	f := flags[key]
	if f == nil {
		return failure(defaultValue, nil, openfeature.NewFlagNotFoundResolutionError(fmt.Sprintf("local: no flag %.80q", key)))
	}
	chosen, reason := f.choose(key, flat)
	detail := openfeature.ProviderResolutionDetail{Reason: reason, FlagMetadata: f.metadata}
	if chosen == nil {
		return openfeature.GenericResolutionDetail[T]{Value: defaultValue, ProviderResolutionDetail: detail}
	}
	got, ok := read(chosen.value)
	if !ok {
		return failure(defaultValue, f, openfeature.NewTypeMismatchResolutionError(
			fmt.Sprintf("local: flag %.80q is %v, not %s", key, chosen.value, want)))
	}
	detail.Variant = chosen.name
	return openfeature.GenericResolutionDetail[T]{Value: got, ProviderResolutionDetail: detail}
}

func failure[T any](defaultValue T, f *flag, err openfeature.ResolutionError) openfeature.GenericResolutionDetail[T] {
	detail := openfeature.ProviderResolutionDetail{Reason: openfeature.ErrorReason, ResolutionError: err}
	if f != nil {
		detail.FlagMetadata = f.metadata
	}
	return openfeature.GenericResolutionDetail[T]{Value: defaultValue, ProviderResolutionDetail: detail}
}
