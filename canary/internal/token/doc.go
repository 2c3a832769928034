// Package token makes and reads decision tokens: short authenticated texts that a caller keeps beside an answer, and hands back with what became of it.
//
// A token is a bearer value. Whoever has it can report on the one decision that it names and nothing else; nobody without a key can make one or change one.
//
// # Format
//
// A signed token has four parts, a sealed one three; each binary part is base64url (RFC 4648, section 5) without padding, in its one canonical form:
//
//	v1.<key id>.<payload>.<tag>
//	v1s.<key id>.<sealed>
//
// All characters are letters, digits, '-', '_' and '.', so a token fits a URL, a header, a cookie and a baggage value as it is. It is at most [MaxLen] bytes.
//
//	payload, 47 bytes, big endian            claims, 47 bytes, big endian
//	0   8  canary, hash of its name          0   8  canary, hash of its name
//	8   8  epoch                             8   8  epoch
//	16  8  cohort                            16  8  cohort
//	24  6  milliseconds since 1970           24  6  milliseconds since 1970
//	30  1  flags: bit 0 is the candidate     30  1  flags: bit 0 is the candidate
//	31 16  AES-256(hide, id || unit)         31 16  id || unit
//
//	tag    = HMAC-SHA256(sign, about("v1") || payload), 32 bytes
//	sealed = nonce || AES-256-GCM(seal, nonce, claims, about("v1s")), 12 + 47 + 16 bytes, nonce random
//
//	about(version) = version || len(key id) || key id || len(purpose) || purpose, lengths in one byte each
//	sign, hide, seal = HKDF-SHA256(secret, no salt, "modelcanary token v1 " + ("sign", "hide", "seal") + " " + purpose), 32 bytes each
//
// The rest of the flags is 0; a reader refuses what it does not know.
//
// # What a token gives away
//
// A signed one tells its reader the canary's hash, the epoch, the cohort, the time and the arm. Who knows the arm of an answer can pick or leave it, so tokens
// that go to browsers and apps are better sealed: those tell the key id and their length, which is the same for both arms.
//
// The unit is hidden in both. It is a plain hash of a targeting key, so one who saw it could try all keys that there are; encrypted in one block with a random
// id, it looks different in every token, and tokens of one user cannot be linked.
//
// # Keys
//
// The first key of a [Config] makes tokens, all of them are accepted. To change keys: add the new one at the end everywhere, then put it first everywhere, then
// drop the old one when its last token has expired. A [Codec] reads both forms whichever it makes, so sealing can be switched on in a running fleet. Sealed
// tokens have random 96-bit nonces: change the key before it has sealed 2^32 tokens (NIST SP 800-38D, 8.3).
package token
