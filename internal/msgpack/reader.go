package msgpack

import (
	"errors"
	"math"
	"strings"
)

// MaxDepth is how deep arrays and maps within each other are looked at: twice as
// deep as Fluent Bit reads. Those that lie deeper are only passed.
const MaxDepth = 128

// What can be wrong. The Reader's Offset says where.
var (
	ErrTruncated = errors.New("the text ends within a value")
	ErrLength    = errors.New("a length or count goes beyond the end of the text")
	ErrReserved  = errors.New("the byte c1 begins no value")
)

// Reader reads one value after the other. After an error it stands where the
// value that cannot be read begins.
type Reader struct {
	text    string
	at      int
	oddKeys bool
}

// NewReader returns a Reader of text.
func NewReader(text string) Reader { return Reader{text: text} }

// Offset returns how many bytes have been read.
func (r *Reader) Offset() int { return r.at }

// More reports whether there is anything left to read.
func (r *Reader) More() bool { return r.at < len(r.text) }

// Pass passes text if that is what comes next, as the encoding of a key that was
// read before.
func (r *Reader) Pass(text string) bool {
	if text == "" || !strings.HasPrefix(r.text[r.at:], text) {
		return false
	}
	r.at += len(text)
	return true
}

// Since returns what was read since r was begin.
func (r *Reader) Since(begin Reader) string { return r.text[begin.at:r.at] }

// OddKeys reports whether Skip, Raw or RawKey has passed a key that is no String,
// down to MaxDepth. Hardly anybody writes such; behind a damaged place they are
// the sign that values are taken for keys.
func (r *Reader) OddKeys() bool { return r.oddKeys }

// Next reads the next value; of an array or a map only its head: as many
// elements as it says, or twice as many, are the values after it.
func (r *Reader) Next() (Value, error) {
	if s, ok := r.Short(); ok {
		return Value{Kind: String, Text: s}, nil
	}
	if r.at >= len(r.text) {
		return Value{}, ErrTruncated
	}
	return r.next(heads[r.text[r.at]])
}

// Short reads a string of less than 32 bytes, as nearly all values are, if one is
// next.
func (r *Reader) Short() (s string, ok bool) {
	from := r.at
	if ok = r.skipShort(); ok {
		s = r.text[from+1 : r.at]
	}
	return s, ok
}

// next reads the value that begins with h.
func (r *Reader) next(h head) (Value, error) {
	rest := r.text[r.at+1:]
	if len(rest) < int(h.width) {
		return Value{}, ErrTruncated
	}
	v := Value{Kind: h.kind, Int: int64(h.value)}
	if h.width > 0 {
		v.Int, rest = number(rest, h.width), rest[h.width:]
	}
	switch h.kind {
	case Int:
		unused := 64 - 8*max(h.width, 1)
		v.Int = v.Int << unused >> unused
	case Uint:
		if v.Int >= 0 {
			v.Kind = Int
		}
	case Float:
		if h.width == 4 {
			v.Int = int64(math.Float64bits(float64(math.Float32frombits(uint32(v.Int)))))
		}
	case Array:
		if v.Int > int64(len(rest)) {
			return Value{}, ErrLength
		}
	case Map:
		if v.Int > int64(len(rest))/2 {
			return Value{}, ErrLength
		}
	case Ext:
		if rest == "" {
			return Value{}, ErrTruncated
		}
		size := v.Int
		v.Int, rest = int64(int8(rest[0])), rest[1:]
		if size > int64(len(rest)) {
			return Value{}, ErrLength
		}
		v.Text, rest = rest[:size], rest[size:]
	case String, Bytes:
		if v.Int > int64(len(rest)) {
			return Value{}, ErrLength
		}
		v.Text, rest, v.Int = rest[:v.Int], rest[v.Int:], 0
	case reserved:
		return Value{}, ErrReserved
	}
	r.at = len(r.text) - len(rest)
	return v, nil
}

// number returns the big-endian number in the first width bytes of s.
func number(s string, width uint8) int64 {
	var n uint64
	for i := range int(width) {
		n = n<<8 | uint64(s[i])
	}
	return int64(n)
}

// Skip passes the next value, with all that is in it.
func (r *Reader) Skip() error { return r.skip(1, 0) }

// Raw is Skip that returns what it has passed.
func (r *Reader) Raw() (string, error) {
	return r.RawAt(0)
}

// RawAt is Raw of a value that lies within so many arrays and maps.
func (r *Reader) RawAt(depth int) (string, error) {
	begin := *r
	if err := r.skip(1, depth); err != nil {
		return "", err
	}
	return r.Since(begin), nil
}

// RawKey is Raw of a key.
func (r *Reader) RawKey() (string, error) {
	begin := *r
	if err := r.skipKey(1); err != nil {
		return "", err
	}
	return r.Since(begin), nil
}

// skip passes n values that lie at a depth.
func (r *Reader) skip(n int64, depth int) error {
	for ; n > 0; n-- {
		if r.skipShort() {
			continue
		}
		if err := r.skipLong(depth); err != nil {
			return err
		}
	}
	return nil
}

// skipPairs passes n keys with their values.
func (r *Reader) skipPairs(n int64, depth int) error {
	for ; n > 0; n-- {
		if !r.skipShort() {
			if err := r.skipKey(depth); err != nil {
				return err
			}
		}
		if !r.skipShort() {
			if err := r.skipLong(depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// skipShort passes a string of less than 32 bytes, if one is next.
func (r *Reader) skipShort() bool {
	if r.at >= len(r.text) {
		return false
	}
	size := 1 + int(r.text[r.at]^0xa0)
	if size > 32 || size > len(r.text)-r.at {
		return false
	}
	r.at += size
	return true
}

// skipLong passes a value, and what is in it.
func (r *Reader) skipLong(depth int) error {
	from := r.at
	v, err := r.Next()
	switch {
	case err != nil:
		return err
	case v.Kind != Array && v.Kind != Map:
		return nil
	case depth == MaxDepth:
		r.at = from
		return r.skipDeep()
	case v.Kind == Array:
		return r.skip(v.Int, depth+1)
	}
	return r.skipPairs(v.Int, depth+1)
}

// skipKey passes a key that is no short string.
func (r *Reader) skipKey(depth int) error {
	if r.at < len(r.text) && heads[r.text[r.at]].kind != String {
		r.oddKeys = true
	}
	return r.skipLong(depth)
}

// skipDeep passes a value of any depth: it but counts those that are to come.
func (r *Reader) skipDeep() error {
	for n := int64(1); n > 0; n-- {
		from := r.at
		v, err := r.Next()
		if err != nil {
			return err
		}
		switch v.Kind {
		case Array:
			n += v.Int
		case Map:
			n += 2 * v.Int
		}
		if n-1 > int64(len(r.text)-r.at) {
			r.at = from
			return ErrLength
		}
	}
	return nil
}
