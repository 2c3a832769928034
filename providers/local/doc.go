// Package local is an OpenFeature provider for applications that have no flag service yet.
//
// It keeps flags in memory ([New], [Provider.Set]) or reads them from a file ([OpenFile]) that it follows while the
// application runs. The file is flagd's flag-definition JSON, so the day a flag service is wanted the same file moves
// to flagd and every targeting key keeps its variant:
//
//	{
//	  "flags": {
//	    "langdetect-rollout": {
//	      "state": "ENABLED",
//	      "variants": {"percent": 5},
//	      "defaultVariant": "percent"
//	    },
//	    "langdetect-arm": {
//	      "state": "ENABLED",
//	      "variants": {"stable": "stable", "candidate": "candidate"},
//	      "defaultVariant": "stable",
//	      "targeting": {"fractional": [["candidate", 5], ["stable", 95]]}
//	    }
//	  }
//	}
//
// # What a file may say
//
// At the top: flags, metadata, $schema. In a flag: state (ENABLED or DISABLED), variants (named, all booleans, all
// strings, all numbers or all objects), defaultVariant (absent or null: the caller's default), targeting, metadata.
// Of flagd's targeting language only fractional is supported:
//
//	{"fractional": [ value?, ["variant", weight], ["variant"], ... ]}
//
// Weights are whole numbers of any sum up to 2147483647; a missing weight is 1. The optional first argument says what
// sticks to a variant: a text, {"var": "attribute"} or {"cat": [texts and vars]}; a dotted attribute walks nested
// maps, $flagd.flagKey is the key of the flag. Without it, or when the one var is missing, it is the flag key followed
// by the targeting key. In a cat, numbers are written in decimal, a missing attribute is the empty text and outer
// white space is cut off; everybody without the attribute then shares one bucket. The default variant is served when
// there is no targeting key, when the value is not text, and when all weights are 0. All of this is flagd's rule, held
// to its own answers by a test; flagd's reply to a boolean in a cat is an error, ours is the default variant.
//
// Everything else is refused when the file is read, and the error names the flag: other targeting operators, shared
// rules ($evaluators, $ref), unknown or duplicated fields (names are case-sensitive), variants of mixed types,
// whole numbers beyond 2^53-1, files over 1 MiB. A rule that is not understood must not be guessed at.
//
// # What the flags answer
//
// A flag without targeting resolves with reason STATIC, a fractional one with SPLIT (flagd itself says TARGETING_MATCH),
// or DEFAULT where it fell back to the default variant. A disabled flag yields the caller's default with reason
// DISABLED and no error; an unknown one FLAG_NOT_FOUND; a variant of another type TYPE_MISMATCH. A number is read as a
// float, and as an integer where it is whole; an object flag never answers for a scalar, nor a scalar for an object.
//
// # When the file changes
//
// Between Init and Shutdown one goroutine reads the file every 250 ms ([WithPoll]). It compares contents, because
// modification times are too coarse to be trusted; a change that does not alter any flag is no change. A file that is
// missing, broken or too large never takes flags away: the last good ones stay, [Provider.Err] tells the reason,
// PROVIDER_STALE is emitted once, and PROVIDER_READY when the file is mended. Write a new file beside the old one and
// rename it over: a file rewritten in place may be read half written, which shows as a short PROVIDER_STALE.
//
// Give each provider to one OpenFeature API, whose Shutdown ends the goroutine. Evaluation takes no lock, does no I/O
// and never waits for the file.
package local
