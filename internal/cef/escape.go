package cef

import "strings"

// escapes is one set of backslash escapes, seen from both sides.
type escapes struct {
	read  [256]byte // the byte that backslash and this byte stand for; 0: none
	write [256]byte // plain, special, or the byte to write behind a backslash
}

const (
	plain   = 0 // written as it is
	special = 1 // a control character, or part of a rune that may be one
)

// The escapes of the standard, as pairs of the byte behind the backslash and
// the byte meant. A header field cannot hold a line break at all.
var (
	headerEscapes = makeEscapes(`\\`, `||`)
	valueEscapes  = makeEscapes(`\\`, `==`, "n\n", "r\r")
)

func makeEscapes(pairs ...string) *escapes {
	var e escapes
	for c := range e.write {
		if c < ' ' || c >= 0x7f {
			e.write[c] = special
		}
	}
	for _, p := range pairs {
		e.read[p[0]] = p[1]
		e.write[p[1]] = p[0]
	}
	return &e
}

// unescape undoes the escapes of a table. A backslash before any other byte, or
// at the end, stays, and bad tells of it.
func unescape(s string, read *[256]byte) (text string, bad bool) {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		if i+1 == len(s) || read[s[i+1]] == 0 {
			bad = true
			continue
		}
		if done == 0 {
			b.Grow(len(s) - 1)
		}
		b.WriteString(s[done:i])
		b.WriteByte(read[s[i+1]])
		i++
		done = i + 1
	}
	if done == 0 {
		return s, bad
	}
	b.WriteString(s[done:])
	return b.String(), bad
}
