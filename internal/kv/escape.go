package kv

import "strings"

const (
	plain   = 0 // written as it is
	special = 1 // a control character, or part of a rune that may be one
)

// The escapes of a quoted value, from both sides: read gives the byte that
// backslash and a byte stand for, or 0; write gives plain, special, or the byte
// to write behind a backslash.
var read, write = makeEscapes(`""`, `\\`, "n\n", "r\r")

// makeEscapes takes pairs of the byte behind the backslash and the byte meant.
func makeEscapes(pairs ...string) (read, write [256]byte) {
	for c := range write {
		if c < ' ' || c >= 0x7f {
			write[c] = special
		}
	}
	for _, p := range pairs {
		read[p[0]] = p[1]
		write[p[1]] = p[0]
	}
	return read, write
}

// unescape undoes the escapes of a quoted value. A backslash before any other
// byte, or at the end, stays, and bad tells of it.
func unescape(s string) (text string, bad bool) {
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

// escaped reports whether the byte after s is escaped: whether s ends in an odd
// number of backslashes.
func escaped(s string) bool {
	n := len(s)
	for n > 0 && s[n-1] == '\\' {
		n--
	}
	return (len(s)-n)%2 == 1
}
