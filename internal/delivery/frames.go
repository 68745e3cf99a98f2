package delivery

import "sort"

// Frames is a run of whole frames, one behind the other in one slice. To add
// one, append it to Bytes and then its end to Ends.
type Frames struct {
	Bytes []byte
	Ends  []int // where each frame ends in Bytes
	begin int   // where the first frame begins in Bytes
}

// Len returns the number of frames.
func (f Frames) Len() int { return len(f.Ends) }

// Size returns the number of bytes of all frames.
func (f Frames) Size() int { return f.end() - f.begin }

// All returns the bytes of all frames.
func (f Frames) All() []byte { return f.Bytes[f.begin:f.end()] }

// Frame returns the bytes of frame i.
func (f Frames) Frame(i int) []byte { return f.Bytes[f.start(i):f.Ends[i]] }

// Cut returns the first n frames and the rest. Adding to the first leaves the
// rest as it is.
func (f Frames) Cut(n int) (first, rest Frames) {
	at := f.start(n)
	first = Frames{Bytes: f.Bytes[:at:at], Ends: f.Ends[:n:n], begin: f.begin}
	return first, Frames{Bytes: f.Bytes, Ends: f.Ends[n:], begin: at}
}

// Append returns f with the frames of g behind its own.
func (f Frames) Append(g Frames) Frames {
	shift := f.end() - g.begin
	f.Bytes = append(f.Bytes[:f.end()], g.All()...)
	for _, end := range g.Ends {
		f.Ends = append(f.Ends, end+shift)
	}
	return f
}

// Whole returns how many frames lie within the first n bytes of All.
func (f Frames) Whole(n int) int { return sort.SearchInts(f.Ends, f.begin+n+1) }

func (f Frames) start(i int) int {
	if i == 0 {
		return f.begin
	}
	return f.Ends[i-1]
}

func (f Frames) end() int { return f.start(len(f.Ends)) }
