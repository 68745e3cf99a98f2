package kv

import (
	"unicode"
	"unicode/utf8"
)

// AppendPair appends key=value when the value can stand bare, else
// key="value". Bare is a value of printable ASCII without space, quote,
// backslash, = and ;. The value of msg is always quoted, so that a reader who
// doubts unknown keys behind a bare msg need not.
func AppendPair(dst []byte, key, value string) []byte {
	if key == "msg" || !isBare(value) {
		return AppendQuoted(dst, key, value)
	}
	dst = append(appendKey(dst, key), '=')
	return append(dst, value...)
}

// AppendQuoted appends key="value". Quotes and backslashes are escaped, LF
// becomes \n and CR becomes \r. A character that a key cannot hold becomes _.
func AppendQuoted(dst []byte, key, value string) []byte {
	dst = append(appendKey(dst, key), '=', '"')
	dst = appendText(dst, value)
	return append(dst, '"')
}

// appendText appends s escaped. What could end a record for some reader is
// replaced.
func appendText(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && write[s[i]] == plain {
			i++
		}
		dst = append(dst, s[from:i]...)
		if i < len(s) {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = appendRune(dst, r)
			i += size
		}
	}
	return dst
}

// appendRune appends a rune that is not plain. Some readers cut lines at the
// line and paragraph separators too.
func appendRune(dst []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf && write[r] != special:
		return append(dst, '\\', write[r])
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return append(dst, ' ')
	}
	return utf8.AppendRune(dst, r)
}

func isBare(s string) bool {
	for i := range len(s) {
		if !bareByte[s[i]] {
			return false
		}
	}
	return s != ""
}

// bareByte holds the bytes of a value that AppendPair leaves bare.
var bareByte = func() (t [256]bool) {
	for c := range t {
		t[c] = write[c] == plain && c != ' ' && c != '=' && c != ';'
	}
	return t
}()

// appendKey appends key, with _ for each character outside A-Z a-z 0-9 _. A
// Scanner takes more than those, other readers do not. An empty key becomes _.
func appendKey(dst []byte, key string) []byte {
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

func legalKeyByte(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_'
}
