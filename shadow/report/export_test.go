package report

// What tests see of the inside.
var (
	Printable   = printable
	RateOf      = rateOf
	GapLower    = gapLower
	Percent     = percent
	Count       = count
	WriteNumber = number
	PageStyle   = pageStyle
	PageScript  = pageScript
)

// PairedExcess is the excess of a table: both, only the first, only the second, neither.
func PairedExcess(both, first, second, neither int64) Excess {
	return pairTable{both, first, second, neither}.excess()
}

// Sketched are quantiles of numbers by way of a sketch, and the fractions of them between edges.
func Sketched(numbers, levels, edges []float64) (quantiles, spread []float64) {
	var s sketch
	for _, x := range numbers {
		s.add(x)
	}
	return s.quantiles(levels...), s.spread(edges)
}

// OutputDiff is the diff of two outputs.
func OutputDiff(stable, candidate string) string {
	return outputDiff([]byte(stable), []byte(candidate), false)
}
