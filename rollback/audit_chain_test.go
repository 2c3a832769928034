package rollback

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// trailOf returns the lines of a trail of two files with 5 lines each.
func trailOf() [][][]byte {
	files := make([][][]byte, 2)
	var last AuditMark
	for i := range 10 {
		line := encodeLine(last, act(i))
		files[i/5] = append(files[i/5], line)
		last = markOf(last.Seq+1, line)
	}
	return files
}

func joined(files [][][]byte) [][]byte {
	var contents [][]byte
	for _, lines := range files {
		contents = append(contents, bytes.Join(lines, nil))
	}
	return contents
}

// rechained is a line changed by somebody who knows how a line ends.
func rechained(line []byte, from, to string) []byte {
	body := bytes.Replace(line[:bytes.LastIndex(line, []byte(sumBegin))], []byte(from), []byte(to), 1)
	return sealLine(body)
}

func TestTampering(t *testing.T) {
	swap := func(lines [][]byte, i, j int) { lines[i], lines[j] = lines[j], lines[i] }
	for name, c := range map[string]struct {
		tamper     func(f [][][]byte) [][][]byte
		file, line int
	}{
		"a letter": {func(f [][][]byte) [][][]byte {
			f[0][2] = bytes.Replace(f[0][2], []byte("alice"), []byte("mallo"), 1)
			return f
		}, 1, 3},
		"a letter, sealed again":    {func(f [][][]byte) [][][]byte { f[0][2] = rechained(f[0][2], "alice", "mallo"); return f }, 1, 3},
		"the last of a file":        {func(f [][][]byte) [][][]byte { f[0][4] = rechained(f[0][4], "alice", "mallo"); return f }, 1, 5},
		"the first of a file":       {func(f [][][]byte) [][][]byte { f[1][0] = rechained(f[1][0], "alice", "mallo"); return f }, 2, 1},
		"the last line":             {func(f [][][]byte) [][][]byte { f[1][4] = rechained(f[1][4], "alice", "mallo"); return f }, 2, 5},
		"its number":                {func(f [][][]byte) [][][]byte { f[0][2] = rechained(f[0][2], `"seq":3`, `"seq":9`); return f }, 1, 3},
		"no number":                 {func(f [][][]byte) [][][]byte { f[0][2] = rechained(f[0][2], `"seq":3`, `"seq":0`); return f }, 1, 3},
		"first of all, with a past": {func(f [][][]byte) [][][]byte { f[0][0] = rechained(f[0][0], `"prev":""`, `"prev":"00"`); return f }, 1, 1},
		"sealed but no JSON":        {func(f [][][]byte) [][][]byte { f[0][2] = sealLine([]byte("{")); return f }, 1, 3},
		"removed":                   {func(f [][][]byte) [][][]byte { f[0] = slices.Delete(f[0], 2, 3); return f }, 1, 3},
		"several removed":           {func(f [][][]byte) [][][]byte { f[0] = slices.Delete(f[0], 1, 4); return f }, 1, 2},
		"end of the first file":     {func(f [][][]byte) [][][]byte { f[0] = f[0][:3]; return f }, 2, 1},
		"begin of the second file":  {func(f [][][]byte) [][][]byte { f[1] = f[1][1:]; return f }, 2, 1},
		"swapped":                   {func(f [][][]byte) [][][]byte { swap(f[0], 2, 3); return f }, 1, 3},
		"twice":                     {func(f [][][]byte) [][][]byte { f[0] = slices.Insert(f[0], 2, f[0][1]); return f }, 1, 3},
		"files swapped":             {func(f [][][]byte) [][][]byte { f[0], f[1] = f[1], f[0]; return f }, 2, 1},
		"file twice":                {func(f [][][]byte) [][][]byte { return append(f, f[1]) }, 3, 1},
		"a stranger's line":         {func(f [][][]byte) [][][]byte { f[0] = slices.Insert(f[0], 2, []byte("nothing happened\n")); return f }, 1, 3},
		"an empty line":             {func(f [][][]byte) [][][]byte { f[0] = slices.Insert(f[0], 2, []byte("\n")); return f }, 1, 3},
		"a long line":               {func(f [][][]byte) [][][]byte { f[0][2] = append(bytes.Repeat([]byte("x"), 3*maxLine), '\n'); return f }, 1, 3},
		"half the last line":        {func(f [][][]byte) [][][]byte { f[1][4] = f[1][4][:50]; return f }, 2, 5},
		"without its newline":       {func(f [][][]byte) [][][]byte { f[1][4] = bytes.TrimSpace(f[1][4]); return f }, 2, 5},
		"the last lines":            {func(f [][][]byte) [][][]byte { f[1] = f[1][:2]; return f }, 2, 3},
		"the second file":           {func(f [][][]byte) [][][]byte { return f[:1] }, 1, 6},
		"all of it":                 {func(f [][][]byte) [][][]byte { return nil }, 0, 1},
	} {
		known, err := VerifyAudit(AuditMark{}, readersOf(joined(trailOf()))...)
		require.NoError(t, err)
		_, err = VerifyAudit(known, readersOf(joined(c.tamper(trailOf())))...)
		e, ok := errors.AsType[*ChainError](err)
		require.True(t, ok, name)
		require.Equal(t, [2]int{c.file, c.line}, [2]int{e.File, e.Line}, "%s: %v", name, err)
	}
}

func TestEveryChangedByteOfATrailIsFound(t *testing.T) {
	files := trailOf()
	whole := joined(files)
	at := 0
	for i, line := range files[0] {
		for range line {
			changed := slices.Clone(whole[0])
			changed[at] ^= 1
			_, err := VerifyAudit(AuditMark{}, bytes.NewReader(changed), bytes.NewReader(whole[1]))
			e, ok := errors.AsType[*ChainError](err)
			require.True(t, ok, "byte %d", at)
			require.Equal(t, [2]int{1, i + 1}, [2]int{e.File, e.Line}, "byte %d", at)
			at++
		}
	}
}

func TestAChainCannotTell(t *testing.T) {
	whole := trailOf()
	for name, files := range map[string][][][]byte{
		"that it ended later":  {whole[0], whole[1][:3]},
		"that it began sooner": {whole[1]},
		"that there was one":   {},
	} {
		_, err := VerifyAudit(AuditMark{}, readersOf(joined(files))...)
		require.NoError(t, err, name)
	}
	other := encodeLine(AuditMark{}, act(99))
	_, err := VerifyAudit(AuditMark{}, bytes.NewReader(other))
	require.NoError(t, err, "that it is another")
	_, err = VerifyAudit(markOf(1, whole[0][0]), bytes.NewReader(other))
	require.ErrorContains(t, err, "another hash than the known one")
}

func TestAKnownMarkStaysKnown(t *testing.T) {
	files := trailOf()
	mark := markOf(3, files[0][2])
	for name, contents := range map[string][][]byte{"all": joined(files), "begun after it": joined(files[1:]), "up to it": joined([][][]byte{files[0][:3]})} {
		_, err := VerifyAudit(mark, readersOf(contents)...)
		require.NoError(t, err, name)
	}
}

func TestReadAuditGoesOnBehindWhatIsBroken(t *testing.T) {
	files := trailOf()
	files[0][2] = []byte("x\n")
	files[1] = slices.Delete(files[1], 1, 3)
	var found []uint64
	var broken []string
	for e, err := range ReadAudit(readersOf(joined(files))...) {
		if err != nil {
			broken = append(broken, err.Error())
		}
		if e != (Entry{}) {
			found = append(found, e.Revision)
		}
	}
	require.Equal(t, []uint64{0, 1, 3, 4, 5, 8, 9}, found)
	require.Equal(t, []string{
		"rollback: audit trail is broken at file 1, line 3: it is not a whole line of the trail, and no entry notes that",
		"rollback: audit trail is broken at file 2, line 2: line 9 of the trail stands here, line 7 is missing",
	}, broken)
}

func TestReadAuditEndsWhenAsked(t *testing.T) {
	files := trailOf()
	files[0][1] = []byte("x\n")
	for want := range 10 {
		n := 0
		ReadAudit(readersOf(joined(files))...)(func(Entry, error) bool {
			n++
			return n <= want
		})
		require.Equal(t, want+1, n)
	}
}

func TestReadersThatFail(t *testing.T) {
	content := joined(trailOf())[0]
	broken := errors.New("the disk is gone")
	next, stop := iter.Pull2(ReadAudit(io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken))))
	defer stop()
	for range 5 {
		_, err, _ := next()
		require.NoError(t, err)
	}
	_, err, _ := next()
	require.ErrorIs(t, err, broken)
	_, _, ok := next()
	require.False(t, ok)

	last, err := VerifyAudit(AuditMark{}, iotest.OneByteReader(bytes.NewReader(content)))
	require.NoError(t, err)
	require.Equal(t, uint64(5), last.Seq)
}

func TestATornEntryVouchesForNothingElse(t *testing.T) {
	first := encodeLine(AuditMark{}, act(0))
	torn := encodeLine(markOf(1, first), Entry{Action: actionTorn, Evidence: "6 bytes, sha256 00"})
	_, err := VerifyAudit(AuditMark{}, strings.NewReader(string(first)+"hello\n"+string(torn)))
	e, ok := errors.AsType[*ChainError](err)
	require.True(t, ok)
	require.Equal(t, 2, e.Line)
}
