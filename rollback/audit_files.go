package rollback

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tempEnd is the end of the name of a file that is not complete.
const tempEnd = ".new"

// AuditFiles returns the paths of the files of the trail at path, the oldest first and path itself last, as [VerifyAudit] and [ReadAudit] want them. None is
// no error. A process that writes the trail meanwhile may put a file aside and delete the oldest.
func AuditFiles(path string) ([]string, error) {
	return auditFiles(osFS{}, path)
}

func auditFiles(system fileSystem, path string) ([]string, error) {
	names, err := system.list(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("rollback: audit trail cannot be listed: %w", err)
	}
	base := filepath.Base(path)
	var files []string
	for _, n := range asideNumbers(names, base) {
		files = append(files, asideName(path, n))
	}
	if !slices.Contains(names, base) {
		return files, nil
	}
	if n := len(files); n > 0 && sameFile(system, files[n-1], path) {
		files = files[:n-1] // it is just being put aside
	}
	return append(files, path), nil
}

func sameFile(system fileSystem, a, b string) bool {
	first, err := system.lstat(a)
	if err != nil {
		return false
	}
	second, err := system.lstat(b)
	return err == nil && system.sameFile(first, second)
}

// asideNumbers returns the numbers of the files of the trail base that were put aside, in order.
func asideNumbers(names []string, base string) []int {
	var numbers []int
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, base+".")
		if n, err := strconv.Atoi(digits); ok && err == nil && n > 0 && strconv.Itoa(n) == digits {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers
}

func asideName(path string, n int) string {
	return path + "." + strconv.Itoa(n)
}

func (a *Audit) aside(n int) string {
	return asideName(a.path, n)
}

// survey finds the number of the next file that is put aside. A file that has two names was being put aside when a process ended: it loses the
// new one, because it is still being written.
func (a *Audit) survey() error {
	names, err := a.fs.list(filepath.Dir(a.path))
	if err != nil {
		return err
	}
	a.next = 1
	if numbers := asideNumbers(names, filepath.Base(a.path)); len(numbers) > 0 {
		a.next = numbers[len(numbers)-1] + 1
	}
	if a.h == nil || a.next == 1 {
		return nil
	}
	info, err := a.fs.lstat(a.aside(a.next - 1))
	if err != nil || !a.holds(info) {
		return err
	}
	a.next--
	return a.fs.remove(a.aside(a.next))
}

// prune deletes the oldest of too many files, and what is left of such as were never complete. What cannot be deleted now is tried again when the next
// file is full.
func (a *Audit) prune() {
	dir, base := filepath.Dir(a.path), filepath.Base(a.path)
	names, err := a.fs.list(dir)
	if err != nil {
		return
	}
	numbers := asideNumbers(names, base)
	for _, n := range numbers[:max(0, len(numbers)-a.options.Keep)] {
		_ = a.fs.remove(a.aside(n))
	}
	for _, name := range names {
		if strings.HasPrefix(name, base+".") && strings.HasSuffix(name, tempEnd) {
			_ = a.fs.remove(filepath.Join(dir, name))
		}
	}
}
