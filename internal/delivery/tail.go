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

// take returns all frames and forgets them.
func (t *tail) take() (f Frames) {
	for _, b := range t.batches {
		f = f.Append(b)
	}
	t.clear()
	return f
}

func (t *tail) clear() { *t = tail{} }
