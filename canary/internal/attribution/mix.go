package attribution

// golden is 2^64 divided by the golden ratio.
const golden = 0x9e3779b97f4a7c15

// mix spreads a number over all bits: different numbers have different results.
func mix(x uint64) uint64 {
	x += golden
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// fraction is a hash as a number in [0, 1).
func fraction(hash uint64) float64 { return float64(hash>>11) / (1 << 53) }
