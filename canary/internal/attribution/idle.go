package attribution

import "unsafe"

// idle is the most windows that waited at once since a tick.
type idle struct {
	most  int
	since int64
}

// trim gives memory back that was not needed for as long as a window lasts.
func (w *Windows) trim(at int64) {
	if at-w.idle.since < w.within {
		return
	}
	switch most := w.idle.most; {
	case most == 0:
		w.empty()
	case len(w.heads) > leastHeads && most <= headLoad*len(w.heads)/4:
		w.index(len(w.heads) / 2)
	}
	w.idle = idle{most: w.Waiting(), since: at}
}

// Bytes is how much memory is held.
func (w *Windows) Bytes() int {
	return int(unsafe.Sizeof(*w)) + w.held() + cap(w.steps)*int(unsafe.Sizeof(step{}))
}
