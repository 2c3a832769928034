// Package tracking makes OpenFeature's Track a way in for feedback: [Wrap] puts a [Sink], such as a canary, in front of an application's own provider.
//
//	provider, err := tracking.Wrap(vendor, langdetect) // langdetect is a canary
//	err = openfeature.SetProviderAndWait(provider)     // the wrapped one, in place of the vendor's
//	...
//	client.Track(ctx, "corrected", evalCtx, openfeature.NewTrackingEventDetails(1).Add(tracking.TokenAttribute, token))
//
// The name of the tracking event is the signal, its value is the value of the feedback, and the attribute [TokenAttribute] says which decision it is about.
// Events without a token are none of the sink's business ([FromContext] changes that).
//
// The provider under it sees every event as before but for the token, which is taken out: it is a bearer value, and would let whoever reads the vendor's events
// report on the decision. Everything else passes through untouched: flags, hooks, metadata, events, life cycle.
package tracking
