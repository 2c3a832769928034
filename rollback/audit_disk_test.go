package rollback

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
)

func (d *disk) list(dir string) ([]string, error) {
	if f := d.call("list"); f.err != nil {
		return nil, f.err
	}
	var names []string
	for path := range d.names {
		if filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	return names, nil
}

// eachWholeImage visits what may be on disk after a power loss, all files together: every mixture of names and sectors that are not durable, or, if there are more than limit,
// the two extremes and limit drawn at random.
func (d *disk) eachWholeImage(limit int, visit func(*disk) error) error {
	nodes := d.distinctNodes()
	var options []int
	for range d.renamed {
		options = append(options, 2)
	}
	for _, n := range nodes {
		options = append(options, n.options()...)
	}
	_, err := eachChoice(options, limit, func(choice []int) error {
		image := newDisk()
		image.names = maps.Clone(d.durable)
		for i, r := range d.renamed {
			if choice[i] == 1 {
				image.setName(r.name, r.to)
			}
		}
		rest := choice[len(d.renamed):]
		content := map[*node]*node{}
		for _, n := range nodes {
			b := n.chosen(rest[:len(n.options())])
			rest = rest[len(n.options()):]
			content[n] = &node{seen: b, durable: bytes.Clone(b), dirty: map[int]*sector{}}
		}
		for name, n := range image.names {
			image.names[name] = content[n]
		}
		image.renamed = nil
		image.durable = maps.Clone(image.names)
		return visit(image)
	})
	return err
}

// distinctNodes returns every file once, in an order that is always the same.
func (d *disk) distinctNodes() []*node {
	var all []*node
	add := func(n *node) {
		if n != nil && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, names := range []map[string]*node{d.durable, d.names} {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			add(names[name])
		}
	}
	for _, r := range d.renamed {
		add(r.to)
	}
	return all
}

// options says how many choices there are: of the size, and of each sector that is not durable.
func (n *node) options() []int {
	options := []int{2}
	if len(n.durable) == len(n.seen) {
		options[0] = 1
	}
	for _, i := range slices.Sorted(maps.Keys(n.dirty)) {
		options = append(options, 1+len(n.dirty[i].versions))
	}
	return options
}

func (n *node) chosen(choice []int) []byte {
	content := make([]byte, len(n.seen))
	copy(content, n.durable)
	for k, i := range slices.Sorted(maps.Keys(n.dirty)) {
		if v := choice[k+1]; v > 0 {
			copy(content[i*sectorSize:], n.dirty[i].versions[v-1])
		}
	}
	if choice[0] == 1 {
		content = content[:len(n.durable)]
	}
	return content
}

// contents returns the files of the trail at path, the oldest first.
func (d *disk) contents(path string) [][]byte {
	files, err := auditFiles(d, path)
	if err != nil {
		panic(err)
	}
	var all [][]byte
	for _, file := range files {
		all = append(all, d.names[file].seen)
	}
	return all
}
