package syslog

import (
	"strings"
	"unicode/utf8"
)

// sdScan is what stands at the beginning of a string that begins with [.
type sdScan struct {
	len    int  // up to the end, or up to where it went wrong
	params int  // SD-PARAMs in it
	ok     bool // it is 1*SD-ELEMENT
	begun  bool // an SD-ID with a letter first stands after a [, so it was meant as one
	loose  bool // a ] in a value has no backslash
}

// scanSD reads SD-ELEMENTs to their end.
//
//	STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT
//	SD-ELEMENT      = "[" SD-ID *(SP SD-PARAM) "]"
func scanSD(s string) (sd sdScan) {
	i := 0
	for i < len(s) && s[i] == '[' {
		n := idLen(s[i+1:])
		if i += 1 + n; n == 0 {
			return sd.at(i)
		}
		sd.begun = sd.begun || class[s[i-n]]&letter != 0
		for i < len(s) && s[i] == ' ' {
			_, to, loose, ok := param(s, i+1)
			if i = to; !ok {
				return sd.at(i)
			}
			sd.loose = sd.loose || loose
			sd.params++
		}
		if i == len(s) || s[i] != ']' {
			return sd.at(i)
		}
		i++
	}
	sd.ok = true
	return sd.at(i)
}

func (sd sdScan) at(i int) sdScan { sd.len = i; return sd }

// nameLen is the length of the SD-NAME at the beginning of s, 0 if there is
// none or it is too long.
//
//	SD-NAME = 1*32PRINTUSASCII ; except '=', SP, ']', %d34 (")
func nameLen(s string) int {
	i := 0
	for i < len(s) && class[s[i]]&nameByte != 0 {
		i++
	}
	if i > maxSDName {
		return 0
	}
	return i
}

// idLen is nameLen, and takes a longer SD-ID where name@<private enterprise
// number> is an element by itself: the token that some services want.
func idLen(s string) int {
	if n := nameLen(s); n > 0 {
		return n
	}
	n := strings.IndexByte(s[:min(len(s), MaxToken+1)], ']')
	if n <= maxSDName {
		return 0
	}
	name, number, ok := strings.Cut(s[:n], "@")
	other := func(r rune) bool { return r >= utf8.RuneSelf || class[r]&nameByte == 0 }
	if !ok || strings.ContainsFunc(name, other) || number == "" || strings.Trim(number, "0123456789") != "" {
		return 0
	}
	return n
}

// MaxToken is the longest SD-ID that is read, and the longest token to send.
const MaxToken = 254

// LegalSDName reports whether name is an SD-NAME: one that AppendSDName leaves
// as it is.
func LegalSDName(name string) bool { return name != "" && nameLen(name) == len(name) }

// param finds the SD-PARAM at s[i:]: its value begins at from, after the
// quote, and what follows its closing quote at to. When it is none, to is where
// it went wrong. A quote ends the value; a ] that should have a backslash does
// not.
//
//	SD-PARAM = PARAM-NAME "=" %d34 PARAM-VALUE %d34
func param(s string, i int) (from, to int, loose, ok bool) {
	n := nameLen(s[i:])
	if i += n; n == 0 || !strings.HasPrefix(s[i:], `="`) {
		return 0, i, false, false
	}
	i += 2
	from = i
	for ; i < len(s) && s[i] != '"'; i++ {
		switch s[i] {
		case ']':
			loose = true
		case '\\':
			if i+1 < len(s) && isEscaped(s[i+1]) {
				i++
			}
		}
	}
	if i == len(s) {
		return from, i, loose, false
	}
	return from, i + 1, loose, true
}

// isEscaped reports whether c takes a backslash in a PARAM-VALUE. A backslash
// before anything else stands for itself (RFC 5424, section 6.3.3).
func isEscaped(c byte) bool { return c == '"' || c == '\\' || c == ']' }

// Params yields each SD-PARAM of a StructuredData in order, its value without
// escapes. It stops at the first that is malformed; Parse has handed on none
// such. An SD-ELEMENT without parameters yields nothing.
func Params(sd string, yield func(id, name, value string) bool) {
	for i := 0; i < len(sd) && sd[i] == '['; i++ {
		n := idLen(sd[i+1:])
		id := sd[i+1 : i+1+n]
		if i += 1 + n; n == 0 {
			return
		}
		for i < len(sd) && sd[i] == ' ' {
			from, to, _, ok := param(sd, i+1)
			if !ok || !yield(id, sd[i+1:from-2], unescape(sd[from:to-1])) {
				return
			}
			i = to
		}
	}
}

// unescape undoes AppendParamValue's backslashes. It copies only when it finds
// one.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && isEscaped(s[i+1]) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}
