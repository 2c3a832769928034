package rollback

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
)

// eachImage visits what may be on disk at simPath after a power loss, each content once: every subset of what is not durable, or, if there
// are more than limit, the two extremes and limit drawn at random.
func (d *disk) eachImage(limit int, visit func(*disk) error) error {
	candidates := []*node{d.durable[simPath]}
	for _, r := range d.renamed {
		if r.name == simPath && !slices.Contains(candidates, r.to) {
			candidates = append(candidates, r.to)
		}
	}
	for _, n := range candidates {
		if n == nil {
			if err := visit(&disk{names: map[string]*node{}, durable: map[string]*node{}, bug: d.bug}); err != nil {
				return err
			}
			continue
		}
		sampled, err := n.eachImage(limit, func(content []byte) error { return visit(d.with(content)) })
		if sampled {
			d.sampled++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// with returns a disk of the same kind that has a state file of this content.
func (d *disk) with(content []byte) *disk {
	image := diskWith(content)
	image.bug = d.bug
	return image
}

func diskWith(content []byte) *disk {
	d := newDisk()
	d.names[simPath] = &node{seen: bytes.Clone(content), durable: bytes.Clone(content), dirty: map[int]*sector{}}
	d.durable[simPath] = d.names[simPath]
	return d
}

func (n *node) eachImage(limit int, visit func(content []byte) error) (sampled bool, err error) {
	sectors := slices.Sorted(maps.Keys(n.dirty))
	sizes := slices.Sorted(slices.Values(append([]int{len(n.seen), len(n.durable)}, n.sizes...)))
	sizes = slices.Compact(sizes)
	slices.Reverse(sizes)
	options := []int{len(sizes)} // how many there are of each choice
	for _, i := range sectors {
		options = append(options, 1+len(n.dirty[i].versions))
	}
	seen := map[string]bool{}
	return eachChoice(options, limit, func(choice []int) error {
		content := make([]byte, sizes[0])
		copy(content, n.durable)
		for k, i := range sectors {
			if v := choice[k+1]; v > 0 {
				copy(content[i*sectorSize:], n.dirty[i].versions[v-1])
			}
		}
		content = content[:sizes[choice[0]]]
		if seen[string(content)] {
			return nil
		}
		seen[string(content)] = true
		return visit(content)
	})
}

// full is n, or a fraction of it where that is all there is time for.
func full(n int) int {
	if raceEnabled {
		return max(n/64, 2)
	}
	return n
}

// eachChoice visits all combinations of one number below each of options, or, if there are more than limit, some of them.
func eachChoice(options []int, limit int, visit func(choice []int) error) (sampled bool, err error) {
	total := 1
	for _, n := range options {
		total = min(total*n, limit+1)
	}
	if total > limit {
		return true, someChoices(options, limit, visit)
	}
	return false, allChoices(options, visit)
}

func allChoices(options []int, visit func(choice []int) error) error {
	choice := make([]int, len(options))
	for {
		if err := visit(choice); err != nil {
			return err
		}
		i := 0
		for ; i < len(choice); i++ {
			if choice[i]++; choice[i] < options[i] {
				break
			}
			choice[i] = 0
		}
		if i == len(choice) {
			return nil
		}
	}
}

func someChoices(options []int, limit int, visit func(choice []int) error) error {
	r := rand.New(rand.NewPCG(11, 12))
	choice := make([]int, len(options))
	if err := visit(choice); err != nil {
		return err
	}
	for i, n := range options {
		choice[i] = n - 1
	}
	if err := visit(choice); err != nil {
		return err
	}
	for range limit {
		for i, n := range options {
			choice[i] = r.IntN(n)
		}
		if err := visit(choice); err != nil {
			return err
		}
	}
	return nil
}

// clone returns a copy of a disk whose processes are all dead.
func (d *disk) clone() *disk {
	copies := map[*node]*node{nil: nil}
	for _, n := range d.nodes() {
		copies[n] = &node{seen: bytes.Clone(n.seen), durable: bytes.Clone(n.durable), dirty: map[int]*sector{}}
		for i, s := range n.dirty {
			copies[n].dirty[i] = &sector{versions: slices.Clone(s.versions), lost: s.lost}
		}
		copies[n].sizes = slices.Clone(n.sizes)
	}
	c := *d
	c.names, c.durable, c.renamed = map[string]*node{}, map[string]*node{}, nil
	for name, n := range d.names {
		c.names[name] = copies[n]
	}
	for name, n := range d.durable {
		c.durable[name] = copies[n]
	}
	for _, r := range d.renamed {
		c.renamed = append(c.renamed, rename{r.name, copies[r.to]})
	}
	c.kill()
	return &c
}
