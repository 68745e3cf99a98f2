package msgpack

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the one value that is encoded in value as JSON text, null
// when nothing can read it. Bytes are written as a String is, an Ext in
// hexadecimal digits, but for Fluent Bit's EventTime, which is a number of
// seconds; a key that is no text as AppendKey writes it. What is no UTF-8 becomes
// U+FFFD, and null what JSON cannot tell: a number that it does not have, and an
// array or map that lies deeper than MaxDepth.
//
// It appends at most eight bytes for each byte of value, but null for "".
func AppendJSON(dst []byte, value string) []byte {
	r := NewReader(value)
	if r.Skip() != nil || r.More() {
		return append(dst, "null"...)
	}
	r = NewReader(value)
	return r.appendJSON(dst, 0)
}

// appendJSON appends the next value, which has been found in order and lies
// within so many arrays and maps.
func (r *Reader) appendJSON(dst []byte, depth int) []byte {
	begin := *r
	v, _ := r.Next()
	switch {
	case v.Kind != Array && v.Kind != Map:
		return appendScalar(dst, v)
	case depth == MaxDepth:
		*r = begin
		_ = r.skipDeep()
		return append(dst, "null"...)
	case v.Kind == Array:
		return r.appendElements(dst, v.Int, depth+1)
	}
	return r.appendMembers(dst, v.Int, depth+1)
}

func (r *Reader) appendElements(dst []byte, n int64, depth int) []byte {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.appendJSON(dst, depth)
	}
	return append(dst, ']')
}

func (r *Reader) appendMembers(dst []byte, n int64, depth int) []byte {
	dst = append(dst, '{')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(r.appendName(dst), ':')
		dst = r.appendJSON(dst, depth)
	}
	return append(dst, '}')
}

// appendName appends the next value as the name of a member.
func (r *Reader) appendName(dst []byte) []byte {
	begin := *r
	v, _ := r.Next()
	if v.Kind == String || v.Kind == Bytes {
		return appendString(dst, v.Text)
	}
	*r = begin
	_ = r.skipDeep()
	return append(AppendKey(append(dst, '"'), v, r.Since(begin)), '"')
}

// AppendKey appends a key that is no String and no Bytes as a name: an array or a
// map, whose encoding is whole, in hexadecimal digits, so that keys within keys do
// not grow; all else as AppendJSON writes it, without quotes.
func AppendKey(dst []byte, v Value, whole string) []byte {
	switch v.Kind {
	case Array, Map:
		return appendHex(dst, whole)
	case Ext:
		return appendExt(dst, v)
	}
	return appendScalar(dst, v)
}

// appendScalar appends a value that is no array and no map.
func appendScalar(dst []byte, v Value) []byte {
	switch v.Kind {
	case Bool:
		return strconv.AppendBool(dst, v.Int != 0)
	case Int:
		return strconv.AppendInt(dst, v.Int, 10)
	case Uint:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case Float:
		return appendFloat(dst, v.Float())
	case String, Bytes:
		return appendString(dst, v.Text)
	case Ext:
		if isTime(v) {
			return appendExt(dst, v)
		}
		return append(appendExt(append(dst, '"'), v), '"')
	}
	return append(dst, "null"...)
}

// appendFloat appends f as encoding/json does: like ECMAScript, RFC 8785
// section 3.2.2.3.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	size := math.Abs(f)
	if size == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); string(dst[n-4:n-1]) == "e-0" { // e-09
		dst = append(dst[:n-2], dst[n-1])
	}
	return dst
}

// isTime reports whether v is an EventTime of less nanoseconds than a second has.
func isTime(v Value) bool {
	_, nanos, ok := v.EventTime()
	return ok && nanos < 1e9
}

// appendExt appends an Ext: seconds with nine decimals when it is a time, else
// its data.
func appendExt(dst []byte, v Value) []byte {
	if !isTime(v) {
		return appendHex(dst, v.Text)
	}
	seconds, nanos, _ := v.EventTime()
	dst = append(strconv.AppendInt(dst, seconds, 10), '.')
	from := len(dst)
	dst = strconv.AppendInt(dst, 1e9+nanos, 10) // ten digits, the first is 1
	return slices.Delete(dst, from, from+1)
}

func appendHex(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = append(dst, hexDigits[s[i]>>4], hexDigits[s[i]&0xf])
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendString appends s in quotes. The line separators U+2028 and U+2029 are
// escaped too, since some readers cut lines there.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && isPlain(s[i]) {
			i++
		}
		dst = append(dst, s[from:i]...)
		if i < len(s) {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = appendRune(dst, r, size)
			i += size
		}
	}
	return append(dst, '"')
}

func isPlain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf }

// appendRune appends a rune that took size bytes and is not plain.
func appendRune(dst []byte, r rune, size int) []byte {
	switch {
	case r == '"', r == '\\':
		return append(dst, '\\', byte(r))
	case r == utf8.RuneError && size == 1, r == '\u2028', r == '\u2029', r < ' ':
		if short := shortEscapes[min(r, ' ')]; short != 0 {
			return append(dst, '\\', short)
		}
		return append(dst, '\\', 'u',
			hexDigits[r>>12], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
	}
	return utf8.AppendRune(dst, r)
}

// shortEscapes holds the control characters with an escape of one letter.
var shortEscapes = [' ' + 1]byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r'}
