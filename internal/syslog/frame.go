package syslog

import (
	"bytes"
	"slices"
	"strconv"
)

// Framing is how messages follow one another on a stream (RFC 6587, section 3.4).
type Framing uint8

const (
	Auto           Framing = iota // inward: by the first bytes of a connection; outward: NonTransparent
	OctetCounting                 // MSG-LEN SP SYSLOG-MSG, section 3.4.1
	NonTransparent                // SYSLOG-MSG TRAILER, section 3.4.2
)

var framingNames = [...]string{"auto", "octet_counting", "non_transparent"}

// String returns the name RFC 6587 gives f.
func (f Framing) String() string { return framingNames[f] }

// ParseFraming is the inverse of String.
func ParseFraming(name string) (f Framing, ok bool) {
	i := slices.Index(framingNames[:], name)
	return Framing(max(i, 0)), i >= 0
}

// AppendFrame appends msg in its frame. Under NonTransparent framing CR, LF and
// NUL inside msg become spaces, so that it stays one frame.
//
//	SYSLOG-FRAME = MSG-LEN SP SYSLOG-MSG    ; section 3.4.1
//	SYSLOG-FRAME = SYSLOG-MSG TRAILER       ; section 3.4.2
func AppendFrame(dst []byte, framing Framing, msg []byte) []byte {
	return EndFrame(append(dst, msg...), framing, len(dst))
}

// EndFrame is AppendFrame of the message that stands in dst already, from from
// on.
func EndFrame(dst []byte, framing Framing, from int) []byte {
	if framing == OctetCounting {
		var count [maxCountDigits + 1]byte
		return slices.Insert(dst, from, append(strconv.AppendInt(count[:0], int64(len(dst)-from), 10), ' ')...)
	}
	for _, c := range [...]byte{'\n', '\r', 0} {
		rest := dst[from:]
		for i := bytes.IndexByte(rest, c); i >= 0; i = bytes.IndexByte(rest, c) {
			rest[i] = ' '
			rest = rest[i+1:]
		}
	}
	return append(dst, '\n')
}

// Flags say what was wrong with a frame.
type Flags uint8

const (
	Cut       Flags = 1 << iota // it was longer than MaxMessageSize, this is its beginning
	OutOfStep                   // it stood where a MSG-LEN must, and ends at LF
	NoTrailer                   // it was handed on by Flush, or is the rest of such a one
)

const (
	// MaxMessageSize is the size for a Framer that has none.
	MaxMessageSize = 64 << 10
	// FrameOverhead is by how much a buffer for Framer must be larger than
	// MaxMessageSize: the longest MSG-LEN and its SP.
	FrameOverhead = maxCountDigits + 1

	maxCountDigits = 9
	outOfStep      = 16 // a MSG-LEN above this times MaxMessageSize is no MSG-LEN
)

// Framer cuts one connection's stream into frames. It works on the caller's
// buffer and keeps only numbers: how the stream is framed, and how much of a
// frame was seen or is to be passed over. A buffer of MaxMessageSize +
// FrameOverhead bytes is always enough for a step.
//
// The caller reads into its buffer and calls Next until ok is false, dropping n
// bytes from the front each time; what is left stays in front of what is read
// next. The frames do not depend on how the stream falls into reads. LF, CR and
// NUL between frames are dropped.
//
// Under OctetCounting, a message longer than MaxMessageSize is cut, and step is
// kept. Where no MSG-LEN stands, or one above 16 times that size, what is there
// up to LF is handed on as OutOfStep, and a MSG-LEN is looked for after it.
// Under NonTransparent, a frame ends at LF or NUL, and a CR before it is
// dropped; of a line longer than MaxMessageSize the rest is passed over.
type Framer struct {
	Framing        Framing // Auto: decided by the first bytes
	MaxMessageSize int     // 0: the constant of that name

	skip     int  // bytes of a counted message still to be passed over
	rest     int  // bytes of a counted message that Flush has begun to hand on
	passing  bool // over a line, up to its trailer
	lost     bool // OutOfStep: a line that is not yet complete
	searched int  // bytes at the front of the buffer known to hold no trailer
}

// Next finds the next frame in b: it is b[i:j], and b[:n] is done with. When ok
// is false more bytes are needed, and b[:n] must be dropped all the same.
func (f *Framer) Next(b []byte) (i, j, n int, flags Flags, ok bool) {
	i = f.between(b)
	if i == len(b) || f.Framing == Auto && !f.decide(b[i:]) {
		return i, i, i, 0, false
	}
	if f.Framing == NonTransparent || f.lost {
		return f.line(b, i)
	}
	return f.counted(b, i)
}

// Flush hands on what is left in b, when the stream has ended or has paused for
// too long. Only a MSG-LEN without any of its message is left in b. When the
// stream goes on, step is kept: what comes of a counted message is a frame
// flagged likewise, what comes of a line is a line.
func (f *Framer) Flush(b []byte) (i, j, n int, flags Flags, ok bool) {
	i, j, n, flags, ok = f.Next(b)
	if ok || n == len(b) {
		return i, j, n, flags, ok
	}
	if f.Framing == Auto {
		f.Framing = NonTransparent
	}
	if f.Framing == OctetCounting && !f.lost {
		return f.flushCounted(b, n)
	}
	if f.lost {
		flags = OutOfStep
	}
	f.lost, f.searched = false, 0
	return i, i + untrailed(b[i:]), len(b), flags | NoTrailer, true
}

func (f *Framer) flushCounted(b []byte, i int) (_, j, n int, flags Flags, ok bool) {
	left, from := f.rest, i
	if left == 0 {
		count, size, _ := msgLen(b[i:])
		left, from = count, i+size
	}
	if left == 0 || from == len(b) {
		return i, i, i, 0, false
	}
	f.rest = left - (len(b) - from)
	return from, len(b), len(b), NoTrailer, true
}

// max is the longest message.
func (f *Framer) max() int {
	if f.MaxMessageSize > 0 {
		return f.MaxMessageSize
	}
	return MaxMessageSize
}

// between is how much of b lies before the next frame: what is to be passed
// over, and then LF, CR and NUL.
func (f *Framer) between(b []byte) int {
	i := min(f.skip, len(b))
	f.skip -= i
	if f.passing {
		if i = f.trailer(b); i < 0 {
			i = len(b)
		} else {
			f.passing, f.lost = false, false
		}
	}
	for i < len(b) && isTrailer(b[i]) && f.skip+f.rest == 0 && !f.passing {
		i++
	}
	return i
}

// decide decides the Framing by the first bytes of a connection and reports
// whether they are enough: counted are digits, a space, and what a message
// begins with.
func (f *Framer) decide(b []byte) bool {
	_, size, more := msgLen(b)
	if more {
		return false
	}
	f.Framing = NonTransparent
	if size == 0 {
		return true
	}
	for _, begin := range [...]string{"<", "CEF:", "|CEF:", "{", "[", bom} {
		n := min(len(begin), len(b)-size)
		if string(b[size:size+n]) != begin[:n] {
			continue
		}
		f.Framing = OctetCounting
		if n < len(begin) {
			f.Framing = Auto
		}
		break
	}
	return f.Framing != Auto
}

// msgLen reads MSG-LEN and its SP at the beginning of b. When there is none,
// size is 0 and more reports whether it may still become one.
//
//	MSG-LEN = NONZERO-DIGIT *DIGIT
func msgLen(b []byte) (count, size int, more bool) {
	n := 0
	for n < len(b) && n < maxCountDigits && isDigit(b[n]) {
		count = count*10 + int(b[n]-'0')
		n++
	}
	switch {
	case n > 0 && b[0] == '0':
		return 0, 0, false
	case n == len(b):
		return 0, 0, true
	case n > 0 && b[n] == ' ':
		return count, n + 1, false
	}
	return 0, 0, false
}

// counted finds a counted message at b[i:].
func (f *Framer) counted(b []byte, i int) (_, j, n int, flags Flags, ok bool) {
	left, from := f.rest, i
	if left > 0 {
		flags = NoTrailer
	} else {
		count, size, more := msgLen(b[i:])
		if more {
			return i, i, i, 0, false
		}
		if size == 0 || int64(count) > outOfStep*int64(f.max()) {
			f.lost = true
			return f.line(b, i)
		}
		left, from = count, i+size
	}
	take := min(left, f.max())
	if len(b)-from < take {
		return i, i, i, 0, false
	}
	if take < left {
		flags |= Cut
	}
	f.rest, f.skip = 0, left-take
	return from, from + take, from + take, flags, true
}

// line finds a line at b[i:]. That it is too long is seen in the byte after the
// longest, or, if that is a CR, in the byte after it.
func (f *Framer) line(b []byte, i int) (_, j, n int, flags Flags, ok bool) {
	if f.lost {
		flags = OutOfStep
	}
	size := f.max()
	window := b[i:min(len(b), i+size+2)]
	if k := f.trailer(window); k >= 0 {
		if to := untrailed(window[:k]); to <= size {
			f.lost, f.searched = false, 0
			return i, i + to, i + k + 1, flags, true
		}
	} else if untrailed(window) <= size && len(window) < size+2 {
		f.searched = len(window)
		return i, i, i, 0, false
	}
	f.passing, f.searched = true, 0
	return i, i + size, i + size, flags | Cut, true
}

// trailer is the place of the first TRAILER in b, of LF alone when out of step,
// or -1.
//
//	TRAILER = LF / APP-DEFINED
func (f *Framer) trailer(b []byte) int {
	rest := b[f.searched:]
	k := bytes.IndexByte(rest, '\n')
	if !f.lost {
		if k >= 0 {
			rest = rest[:k]
		}
		if nul := bytes.IndexByte(rest, 0); nul >= 0 {
			k = nul
		}
	}
	if k < 0 {
		return -1
	}
	return f.searched + k
}

// untrailed is the length of a line without the CR at its end.
func untrailed(line []byte) int {
	return len(line) - b2i(len(line) > 0 && line[len(line)-1] == '\r')
}

func isTrailer(c byte) bool { return c == '\n' || c == '\r' || c == 0 }
