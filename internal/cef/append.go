package cef

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// The longest header fields that the standard allows.
//
// The standard does not say whether a limit, here or in the Dictionary, counts
// bytes or characters, escaped or not. This package counts the bytes of the
// text as a reader gets it: after unescaping, in UTF-8. A field that is short
// enough so is short enough for a reader that counts characters.
const (
	MaxDeviceVendor       = 63
	MaxDeviceProduct      = 63
	MaxDeviceVersion      = 31
	MaxDeviceEventClassID = 1023
	MaxName               = 512
)

// AppendHeaderField appends s as a header field of at most max bytes (0: no
// limit), cut between runes. A backslash and a pipe are escaped; a line break
// becomes a space, as the header has no escape for it.
func AppendHeaderField(dst []byte, s string, max int) []byte {
	if isPlain(s, &headerEscapes.write) && (max <= 0 || len(s) <= max) {
		return append(dst, s...)
	}
	return appendText(dst, s, max, &headerEscapes.write)
}

// AppendValue appends s as the value of a pair, of at most max bytes (0: no
// limit), cut between runes. A backslash and an = are escaped, LF becomes \n
// and CR becomes \r. Spaces at either end survive a reading, but for those at
// the end of the last value: the standard has readers drop them.
func AppendValue(dst []byte, s string, max int) []byte {
	if isPlain(s, &valueEscapes.write) && (max <= 0 || len(s) <= max) {
		return append(dst, s...)
	}
	return appendText(dst, s, max, &valueEscapes.write)
}

// appendText appends s with the escapes of a table. What could end a record
// for some reader is replaced.
func appendText(dst []byte, s string, max int, write *[256]byte) []byte {
	if max <= 0 {
		max = math.MaxInt
	}
	for i := 0; i < len(s); {
		if n := plainPrefix(s[i:], write); n > 0 {
			n = min(n, max)
			dst = append(dst, s[i:i+n]...)
			i, max = i+n, max-n
			if max == 0 || i == len(s) {
				break
			}
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		r = replaceControl(r, write)
		if max -= utf8.RuneLen(r); max < 0 {
			break
		}
		dst = appendRune(dst, r, write)
	}
	return dst
}

// isPlain reports whether s goes out as it is, as nearly every text does. It
// looks at eight bytes at a time.
func isPlain(s string, write *[256]byte) bool {
	for len(s) >= 8 {
		if write[s[0]]|write[s[1]]|write[s[2]]|write[s[3]]|write[s[4]]|write[s[5]]|write[s[6]]|write[s[7]] != plain {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if write[s[i]] != plain {
			return false
		}
	}
	return true
}

// plainPrefix counts the bytes that s begins with and that go out as they are.
func plainPrefix(s string, write *[256]byte) int {
	for i := range len(s) {
		if write[s[i]] != plain {
			return i
		}
	}
	return len(s)
}

// replaceControl gives a space for a control character that has no escape, and
// for the line and paragraph separators, at which some readers cut lines too.
func replaceControl(r rune, write *[256]byte) rune {
	switch {
	case r < utf8.RuneSelf && write[r] != special:
		return r
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return ' '
	}
	return r
}

func appendRune(dst []byte, r rune, write *[256]byte) []byte {
	if r < utf8.RuneSelf && write[r] > special {
		return append(dst, '\\', write[r])
	}
	return utf8.AppendRune(dst, r)
}

// LegalKey reports whether key is a key that every reader takes: a word of
// A-Z a-z 0-9 and _. The standard asks for one alphanumeric word; a Scanner
// takes more than that, other readers do not.
func LegalKey(key string) bool {
	for i := range len(key) {
		if !legalKeyByte(key[i]) {
			return false
		}
	}
	return key != ""
}

// AppendKey appends key, with _ for each character that LegalKey refuses. An
// empty key becomes _.
func AppendKey(dst []byte, key string) []byte {
	if LegalKey(key) {
		return append(dst, key...)
	}
	if key == "" {
		return append(dst, '_')
	}
	for _, r := range key {
		if r >= utf8.RuneSelf || !legalKeyByte(byte(r)) {
			r = '_'
		}
		dst = append(dst, byte(r))
	}
	return dst
}

func legalKeyByte(c byte) bool { return keyByte[c] && c != '.' && c != '-' }
