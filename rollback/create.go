package rollback

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
)

// Replace puts next in the place of a file that is [ErrCorrupt] or [ErrFutureVersion], and keeps the old one beside it, as the path with ".bad"
// added (in place of an earlier one). There is no moment without a file. It is for the decision of a person, to begin a new epoch when
// the old state is beyond reading; nothing automatic may call it. A good sort of next is loaded.Next(version), where loaded is what
// [File.Load] returned beside its error.
//
// It returns what is stored with its revision; [ErrConflict] if the file is there and readable, or is missing, where
// [File.CompareAndSwap] is the way; or the errors of Load.
func (f *File) Replace(ctx context.Context, next State) (State, error) {
	if err := f.enter(ctx); err != nil {
		return State{}, err
	}
	defer f.leave()

	v, err := f.read()
	switch {
	case err == nil || errors.Is(err, ErrNoState):
		return State{}, f.fail(ErrConflict, errors.New("there is nothing to replace"))
	case !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrFutureVersion):
		return State{}, err
	}
	next = next.normal()
	next.Revision = v.known().Revision
	return f.install(next, f.swap)
}

// create makes the file, holding next. A crash leaves either no file or a whole one: it gets its name when it is complete and durable, which
// also means that an empty file is never the beginning of one, but the end.
func (f *File) create(next State) (State, error) {
	return f.install(next.normal(), f.publish)
}

// install writes next to a new file and lets place give it its name.
func (f *File) install(next State, place func(temp string) error) (State, error) {
	h, temp, err := f.createTemp()
	if err != nil {
		return State{}, f.fail(ErrUnwritable, err)
	}
	p := &pair{h: h, tried: next.Revision}
	saved, err := p.fill(next)
	if err == nil {
		err = place(temp)
	}
	_ = f.fs.remove(temp) // a second name of the file, or a file that nobody needs
	if err != nil {
		_ = h.Close()
		return State{}, f.unplaced(err)
	}
	_ = f.drop() // what was there before
	f.take(p)
	if err := f.settle(); err != nil {
		return State{}, f.fail(ErrUnwritable, err)
	}
	return saved, nil
}

// fill locks a new file and writes both slots, under the generation after that of next.
func (p *pair) fill(next State) (State, error) {
	if err := p.h.lock(); err != nil {
		return State{}, err
	}
	return p.commit(view{}, next, false)
}

// publish fails with fs.ErrExist if another process was faster: a rename would throw away what it has stored.
func (f *File) publish(temp string) error {
	return f.fs.link(temp, f.path)
}

// swap keeps the old file under its other name and puts the new one in its place.
func (f *File) swap(temp string) error {
	bad := f.path + ".bad"
	if err := f.fs.remove(bad); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := f.fs.link(f.path, bad); err != nil {
		return err
	}
	return f.fs.rename(temp, f.path)
}

func (f *File) unplaced(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return f.fail(ErrConflict, err)
	}
	return f.fail(ErrUnwritable, err)
}

func (f *File) createTemp() (handle, string, error) {
	return f.fs.createTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*.new")
}
