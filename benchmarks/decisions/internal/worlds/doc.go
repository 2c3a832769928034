// Package worlds makes the traffic that rules are compared in: seeded, two arms,
// one request at a time. A world knows nothing of rules, a rule nothing of worlds
// beyond the [Request].
package worlds
