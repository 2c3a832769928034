package pairlog

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func isSchema(err error) bool { return errors.Is(err, ErrSchema) }

// scanAll returns the epochs of the records, and the errors.
func scanAll(r io.Reader) (epochs []uint64, errs []string) {
	for r, err := range Scan(r) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		epochs = append(epochs, r.Epoch)
	}
	return epochs, errs
}

func numbered(epochs ...uint64) (lines []byte) {
	for _, n := range epochs {
		lines = AppendRecord(lines, &Record{Epoch: n})
	}
	return lines
}

func TestScanReadsLineByLine(t *testing.T) {
	whole := string(numbered(1, 2))
	for name, c := range map[string]struct {
		in     string
		epochs []uint64
		errs   []string
	}{
		"nothing":        {"", nil, nil},
		"one byte":       {"\n", nil, nil},
		"lines":          {whole, []uint64{1, 2}, nil},
		"empty lines":    {"\n" + whole + " \r\n\n" + string(numbered(3)), []uint64{1, 2, 3}, nil},
		"no line feed":   {strings.TrimSuffix(whole, "\n"), []uint64{1, 2}, nil},
		"cut off":        {whole[:len(whole)-10], []uint64{1}, nil},
		"cut off inside": {whole[:len(whole)-10] + "\n" + whole, []uint64{1, 1, 2}, []string{`pairlog: line 2, byte`}},
		"bad line":       {"x\n" + whole, []uint64{1, 2}, []string{`pairlog: line 1, byte 0: 'x', want an object`}},
		"other schema":   {`{"schema":"other"}`, nil, []string{`pairlog: line 1, byte 17, in "schema": unknown schema "other"`}},
		"too long": {strings.Repeat("x", MaxScanLine+scanBuffer+1) + "\n" + whole + strings.Repeat("y", MaxScanLine+scanBuffer+1), []uint64{1, 2},
			[]string{"pairlog: line 1, byte 16777216: the line is too long", "pairlog: line 4, byte 16777216: the line is too long"}},
	} {
		t.Run(name, func(t *testing.T) {
			epochs, errs := scanAll(strings.NewReader(c.in))
			require.Equal(t, c.epochs, epochs)
			require.Len(t, errs, len(c.errs))
			for i, want := range c.errs {
				require.Contains(t, errs[i], want)
			}
		})
	}
}

func TestScanReadsLongLines(t *testing.T) {
	long := &Record{Epoch: 2, Input: strings.Repeat("x", 3*scanBuffer)}
	in := append(numbered(1), appendRecord(nil, long, limits{output: 1 << 20, line: 1 << 20})...)
	epochs, errs := scanAll(iotest.OneByteReader(bytes.NewReader(append(in, numbered(3)...))))
	require.Equal(t, []uint64{1, 2, 3}, epochs)
	require.Empty(t, errs)
}

func zipped(t *testing.T, parts ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts {
		z := gzip.NewWriter(&b)
		_, err := z.Write(p)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	return b.Bytes()
}

func TestScanReadsWhatIsCompressed(t *testing.T) {
	in := zipped(t, numbered(1, 2), numbered(3))
	epochs, errs := scanAll(bytes.NewReader(in))
	require.Equal(t, []uint64{1, 2, 3}, epochs)
	require.Empty(t, errs)

	_, errs = scanAll(bytes.NewReader(in[:len(in)-9]))
	require.Len(t, errs, 1, "half a compressed file is none")
	_, errs = scanAll(bytes.NewReader(in[:5]))
	require.Len(t, errs, 1)
}

func TestScanEndsWithAnErrorOfTheReader(t *testing.T) {
	broken := errors.New("broken")
	for _, before := range [][]byte{nil, numbered(1), numbered(1)[:10], bytes.Repeat([]byte("x"), 2*scanBuffer), bytes.Repeat([]byte("x"), 2*MaxScanLine)} {
		_, errs := scanAll(io.MultiReader(bytes.NewReader(before), iotest.ErrReader(broken)))
		require.NotEmpty(t, errs)
		require.Contains(t, errs[len(errs)-1], "broken")
	}
}

func TestScanStopsWhenAsked(t *testing.T) {
	for _, in := range []string{"x\nx\n", string(numbered(1, 2)), strings.Repeat("x", MaxScanLine+scanBuffer+1) + "\nx"} {
		seen := 0
		Scan(strings.NewReader(in))(func(*Record, error) bool {
			seen++
			return false
		})
		require.Equal(t, 1, seen)
	}
}
