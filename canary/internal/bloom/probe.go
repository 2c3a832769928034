package bloom

import "math/bits"

// Probes is how many bits an id sets. Those who keep the words elsewhere find them so:
//
//	line, h := bloom.Probe(id, len(words))
//	for range bloom.Probes {
//		word, bit := bloom.Bit(line, h)
//		...
//		h = bloom.Next(h)
//	}
const Probes = 4

// Probe is the first word of an id's cache line, among so many words, a power of two, and the hash that its bits are drawn from. It is independent of a unit's bucket,
// which mixes the same id otherwise.
func Probe(id uint64, words int) (line int, h uint64) {
	x := (id ^ 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	x ^= x >> 31
	x *= 0x94d049bb133111eb
	x ^= x >> 29
	lines := bits.TrailingZeros(uint(words)) - 3
	return int(x>>(64-lines)) * lineWords, x
}

// Bit is the word and the bit in it that the hash stands for.
func Bit(line int, h uint64) (word int, bit uint64) { return line + int(h>>6&7), 1 << (h & 63) }

// Next is the hash of the next bit.
func Next(h uint64) uint64 { return h >> 9 }
