package delivery

import "slices"

// tail is the last frames of a stream, in the batches they came in.
type tail struct {
	batches []Frames
	size    int
}

// add puts a batch behind the others, and forgets those of which limit bytes
// and more have followed. Of a batch that is longer than limit its end is kept.
func (t *tail) add(f Frames, limit int) {
	if f.Size() > limit {
		t.clear()
		f = last(f, limit)
	}
	if f.Len() == 0 {
		return
	}
	t.batches = append(t.batches, f)
	t.size += f.Size()
	n := 0
	for ; t.size-t.batches[n].Size() >= limit; n++ {
		t.size -= t.batches[n].Size()
	}
	t.batches = slices.Delete(t.batches, 0, n)
}

// last returns the last frames of f that have n bytes, in a slice of their own.
func last(f Frames, n int) Frames {
	before := f.Size() - n
	_, end := f.Cut(min(f.Whole(before-1)+1, f.Len()))
	return Frames{}.Append(end)
}

// keep forgets all but the frames in which the last n bytes are.
func (t *tail) keep(n int) {
	if n == 0 {
		t.clear()
		return
	}
	all := t.take()
	if n < all.Size() {
		_, all = all.Cut(all.Whole(all.Size() - n))
	}
	t.batches, t.size = []Frames{all}, all.Size()
}

// take returns all frames and forgets them.
func (t *tail) take() (f Frames) {
	for _, b := range t.batches {
		f = f.Append(b)
	}
	t.clear()
	return f
}

func (t *tail) clear() { *t = tail{} }
