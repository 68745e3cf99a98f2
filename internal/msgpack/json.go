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
// seconds; a key that is no text as the text of its JSON. What is no UTF-8
// becomes U+FFFD, and a number that JSON does not have null.
func AppendJSON(dst []byte, value string) []byte {
	r := NewReader(value)
	if r.Skip() != nil || r.More() {
		return append(dst, "null"...)
	}
	r = NewReader(value)
	return r.appendJSON(dst)
}

// appendJSON appends the next value, which has been found in order.
func (r *Reader) appendJSON(dst []byte) []byte {
	v, _ := r.Next()
	switch v.Kind {
	case Array:
		dst = append(dst, '[')
		for i := range v.Int {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.appendJSON(dst)
		}
		return append(dst, ']')
	case Map:
		dst = append(dst, '{')
		for i := range v.Int {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(r.appendKey(dst), ':')
			dst = r.appendJSON(dst)
		}
		return append(dst, '}')
	}
	return appendScalar(dst, v)
}

// appendKey appends the next value as the name of a member.
func (r *Reader) appendKey(dst []byte) []byte {
	from := len(dst)
	dst = r.appendJSON(dst)
	if dst[from] == '"' {
		return dst
	}
	return appendString(dst[:from], string(dst[from:]))
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
		return appendExt(dst, v)
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

// appendExt appends an Ext: seconds with nine decimals when it is an EventTime,
// else its data.
func appendExt(dst []byte, v Value) []byte {
	if v.Int == 0 && len(v.Text) == 8 {
		seconds, nanos := number(v.Text, 4), number(v.Text[4:], 4)
		if nanos < 1e9 {
			dst = append(strconv.AppendInt(dst, seconds, 10), '.')
			from := len(dst)
			dst = strconv.AppendInt(dst, 1e9+nanos, 10) // ten digits, the first is 1
			return slices.Delete(dst, from, from+1)
		}
	}
	dst = append(dst, '"')
	for i := range len(v.Text) {
		dst = append(dst, hexDigits[v.Text[i]>>4], hexDigits[v.Text[i]&0xf])
	}
	return append(dst, '"')
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
