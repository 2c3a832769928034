package flags

import (
	"context"
	"encoding/json"
	"math"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/stretchr/testify/require"
)

type percent float64

// badValues are values a console, a file or a mistaken hand may put into the rollout flag, under the kind they are told
// by. Floats and integers go through both typed evaluations, see TestBadValues.
var badValues = map[string]struct {
	value any
	kind  Kind
}{
	"NaN":                    {math.NaN(), NotFinite},
	"NaN with payload":       {math.Float64frombits(0x7ff8dead_beef0001), NotFinite},
	"negative NaN":           {math.Copysign(math.NaN(), -1), NotFinite},
	"+Inf":                   {math.Inf(1), NotFinite},
	"-Inf":                   {math.Inf(-1), NotFinite},
	"-5":                     {-5.0, OutOfRange},
	"150":                    {150.0, OutOfRange},
	"1e308":                  {1e308, OutOfRange},
	"-1e308":                 {-1e308, OutOfRange},
	"largest":                {math.MaxFloat64, OutOfRange},
	"smallest below 0":       {-math.SmallestNonzeroFloat64, OutOfRange},
	"-1e-9":                  {-1e-9, OutOfRange},
	"-0.3":                   {-0.3, OutOfRange},
	"-1":                     {-1.0, OutOfRange},
	"-100":                   {-100.0, OutOfRange},
	"just above 100":         {math.Nextafter(100, 101), OutOfRange},
	"100.5":                  {100.5, OutOfRange},
	"101":                    {101.0, OutOfRange},
	"1000":                   {1000.0, OutOfRange},
	"10000 basis points":     {10000.0, OutOfRange},
	"2^53":                   {float64(1 << 53), OutOfRange},
	"2^63":                   {float64(1 << 63), OutOfRange},
	"-2^63":                  {float64(math.MinInt64), OutOfRange},
	"2^64":                   {math.Ldexp(1, 64), OutOfRange},
	"the default itself":     {float64(fallback), Missing},
	"beside the default":     {float64(fallback + 1), OutOfRange},
	"float32 NaN":            {float32(math.NaN()), NotFinite},
	"float32 Inf":            {float32(math.Inf(1)), NotFinite},
	"float32 -5":             {float32(-5), OutOfRange},
	"float32 above 100":      {math.Nextafter32(100, 101), OutOfRange},
	"int -1":                 {-1, OutOfRange},
	"int 101":                {101, OutOfRange},
	"int8 -128":              {int8(-128), OutOfRange},
	"int8 127":               {int8(127), OutOfRange},
	"int16 10000":            {int16(10000), OutOfRange},
	"int32 max":              {int32(math.MaxInt32), OutOfRange},
	"int64 max":              {int64(math.MaxInt64), OutOfRange},
	"int64 min":              {int64(math.MinInt64), OutOfRange},
	"int64 101":              {int64(101), OutOfRange},
	"int64 default itself":   {int64(fallback), Missing},
	"uint8":                  {uint8(50), TypeMismatch},
	"uint":                   {uint(50), TypeMismatch},
	"uint64 max":             {uint64(math.MaxUint64), TypeMismatch},
	"true":                   {true, TypeMismatch},
	"false":                  {false, TypeMismatch},
	"empty text":             {"", TypeMismatch},
	"text 50%":               {"50%", TypeMismatch},
	"text 50":                {"50", TypeMismatch},
	"text 0.5":               {"0.5", TypeMismatch},
	"text 0,5":               {"0,5", TypeMismatch},
	"text NaN":               {"NaN", TypeMismatch},
	"text Infinity":          {"Infinity", TypeMismatch},
	"text 0x32":              {"0x32", TypeMismatch},
	"text on":                {"on", TypeMismatch},
	"text NUL":               {"50\x00", TypeMismatch},
	"text not UTF-8":         {"\xff\xfe", TypeMismatch},
	"text 1 MB":              {string(make([]byte, 1<<20)), TypeMismatch},
	"nil":                    {nil, TypeMismatch},
	"map":                    {map[string]any{"percent": 50.0}, TypeMismatch},
	"empty map":              {map[string]any{}, TypeMismatch},
	"list":                   {[]any{50.0}, TypeMismatch},
	"empty list":             {[]any{}, TypeMismatch},
	"bytes":                  {[]byte("50"), TypeMismatch},
	"struct":                 {struct{ Percent float64 }{50}, TypeMismatch},
	"pointer":                {new(50.0), TypeMismatch},
	"nil pointer":            {(*float64)(nil), TypeMismatch},
	"function":               {func() float64 { return 50 }, TypeMismatch},
	"channel":                {make(chan float64), TypeMismatch},
	"complex":                {complex(50, 0), TypeMismatch},
	"json.Number":            {json.Number("50"), TypeMismatch},
	"big.Int":                {big.NewInt(50), TypeMismatch},
	"duration":               {50 * time.Second, TypeMismatch},
	"percent of its own":     {percent(50), TypeMismatch},
	"error":                  {context.Canceled, TypeMismatch},
	"moment":                 {time.Unix(50, 0), TypeMismatch},
	"list of numbers":        {[]float64{10, 20}, TypeMismatch},
	"deep map":               {map[string]any{"a": map[string]any{"b": 50}}, TypeMismatch},
	"variant name as number": {"30", TypeMismatch},
}

// TestBadValues: with a good share in force it is held for Hold, never raised, and then 0; without one it stays 0.
func TestBadValues(t *testing.T) {
	require.GreaterOrEqual(t, len(badValues), 60)
	for name, bad := range badValues {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := inMemory(bad.value)
				api := newAPI(t)
				set(t, api, p)
				r := open(t, Config{Client: api.NewClient()})
				pass(time.Minute)
				requireUnbelieved(t, r, bad.kind, 0)

				p.UpdateFlags(flagOf(30.0))
				pass(tick)
				requireGood(t, r, 0.3)
				good := r.Reading().Confirmed

				p.UpdateFlags(flagOf(bad.value))
				pass(tick)
				for time.Since(good) < 30*time.Second {
					requireUnbelieved(t, r, bad.kind, 0.3)
					require.Equal(t, good, r.Reading().Confirmed)
					pass(min(time.Second, 30*time.Second-time.Since(good)))
				}
				requireUnbelieved(t, r, bad.kind, 0)
				pass(time.Hour)
				requireUnbelieved(t, r, bad.kind, 0)

				p.UpdateFlags(flagOf(10))
				pass(tick)
				requireGood(t, r, 0.1)
			})
		})
	}
}

func TestGoodValues(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		share float64
	}{
		"0":               {0.0, 0},
		"minus 0":         {math.Copysign(0, -1), 0},
		"smallest":        {math.SmallestNonzeroFloat64, 0},
		"1":               {1.0, 0.01},
		"12.5":            {12.5, 0.125},
		"100":             {100.0, 1},
		"just below 100":  {math.Nextafter(100, 0), math.Nextafter(100, 0) / 100},
		"int 0":           {0, 0},
		"int 100":         {100, 1},
		"int8":            {int8(50), 0.5},
		"int64":           {int64(50), 0.5},
		"float32":         {float32(50), 0.5},
		"float32 minus 0": {float32(math.Copysign(0, -1)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newAPI(t)
				set(t, api, inMemory(c.value))
				r := open(t, Config{Client: api.NewClient()})
				<-r.First()
				requireGood(t, r, c.share)
				require.False(t, math.Signbit(r.Reading().Share))
			})
		})
	}
}

// TestIntegerFlag is a provider that, unlike the one in memory, keeps integers and floats apart.
func TestIntegerFlag(t *testing.T) {
	for value, want := range map[int64]struct {
		kind  Kind
		share float64
	}{
		0: {OK, 0}, 1: {OK, 0.01}, 100: {OK, 1},
		-1: {OutOfRange, 0}, 101: {OutOfRange, 0}, math.MaxInt64: {OutOfRange, 0}, math.MinInt64: {OutOfRange, 0},
		fallback: {Missing, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := steady(0)
			p.float = func(context.Context) openfeature.FloatResolutionDetail {
				return failed(openfeature.NewTypeMismatchResolutionError("it is an integer"))
			}
			p.int = func(context.Context) openfeature.IntResolutionDetail {
				return openfeature.IntResolutionDetail{Value: value}
			}
			api := newAPI(t)
			set(t, api, p)
			r := open(t, Config{Client: api.NewClient()})
			<-r.First()
			require.Equal(t, want.kind, r.Reading().Kind)
			require.Equal(t, want.share, r.Reading().Share)
		})
	}
}
