package cef

import "strings"

// Scanner reads an extension pair by pair. The zero value is ready for Reset;
// a Scanner may be used again for any number of extensions.
//
// Producers forget to escape = most often in the free text of msg. With Known
// set, a word= in the value of msg begins a new pair only when the word is a
// known key. A writer whose own keys may be unknown to the reader therefore
// puts msg last.
type Scanner struct {
	Known func(key string) bool // asked only within msg; nil: every key is known

	ext       string
	first     int // where the first pair's key begins; len(ext): there is none
	key       int // where the next pair's key begins; len(ext): no pair is left
	equals    int // where the = behind it stands
	backslash int // the first backslash behind key; len(ext): none
}

// Reset begins with the extension ext.
func (s *Scanner) Reset(ext string) {
	s.ext = ext
	s.find(0, false)
	s.first = s.key
	s.backslash = s.findBackslash(s.key)
}

// Next gives the next pair.
func (s *Scanner) Next() (p Pair, ok bool) {
	ok = s.scan(&p)
	return p, ok
}

// scan is Next with the Pair in place: a struct of this size is costly to hand
// over, unless Next is inlined.
func (s *Scanner) scan(p *Pair) bool {
	if s.key == len(s.ext) {
		return false
	}
	p.Key, p.Offset, p.Flags = s.ext[s.key:s.equals], s.key, 0
	if s.key > 0 && s.ext[s.key-1] == '\t' {
		p.Flags = TabSeparator
	}
	start := s.equals + 1
	p.Flags |= s.find(start, s.Known != nil && p.Key == "msg")
	end := s.key - 1
	if s.key == len(s.ext) {
		end = start + len(strings.TrimRight(s.ext[start:], " "))
	}
	p.Value = s.ext[start:end]
	if s.backslash < end {
		s.unescape(p, end)
	}
	return true
}

// Err tells of text before the first key, which is skipped. Offset is that of
// the text in the extension.
func (s *Scanner) Err() *ParseError {
	for i, c := range []byte(s.ext[:s.first]) {
		if c != ' ' && c != '\t' {
			return &ParseError{Part: "Extension", Offset: i, Err: ErrNoKey}
		}
	}
	return nil
}

// find moves to the first key whose = stands at or after from. It passes over
// each = that follows no key, and with doubt also over unknown keys.
func (s *Scanner) find(from int, doubt bool) (flags Flags) {
	for at := from; ; at++ {
		n := strings.IndexByte(s.ext[at:], '=')
		if n < 0 {
			s.key = len(s.ext)
			return flags
		}
		at += n
		key := keyBefore(s.ext, at)
		if key >= 0 && (!doubt || s.Known(s.ext[key:at])) {
			s.key, s.equals = key, at
			return flags
		}
		if !escaped(s.ext[from:at]) {
			flags |= UnescapedEquals
		}
	}
}

// keyBefore finds where the key before the = at equals begins, or -1.
//
//	key = 1*( ALPHA / DIGIT / "_" / "." / "-" ) [ "[" 1*DIGIT "]" ]
//
// It walks back over bytes that cannot be =, so all calls together walk over
// the extension once.
func keyBefore(ext string, equals int) int {
	end := beforeIndex(ext, equals)
	i := end
	for i > 0 && keyByte[ext[i-1]] {
		i--
	}
	if i == end || i > 0 && ext[i-1] != ' ' && ext[i-1] != '\t' {
		return -1
	}
	return i
}

// beforeIndex steps back over an index such as [0].
func beforeIndex(ext string, end int) int {
	if end == 0 || ext[end-1] != ']' {
		return end
	}
	i := end - 1
	for i > 0 && isDigit(ext[i-1]) {
		i--
	}
	if i == end-1 || i == 0 || ext[i-1] != '[' {
		return end
	}
	return i - 1
}

// keyByte holds the bytes of a key.
var keyByte = func() (t [256]bool) {
	for c := range t {
		t[c] = isKeyByte(byte(c))
	}
	return t
}()

func isKeyByte(c byte) bool {
	return isDigit(c) || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || c == '_' || c == '.' || c == '-'
}

// unescape undoes the escapes of a value that ends at end and holds a backslash.
func (s *Scanner) unescape(p *Pair, end int) {
	text, bad := unescape(p.Value, &valueEscapes.read)
	p.Value = text
	if bad {
		p.Flags |= BadEscape
	}
	s.backslash = s.findBackslash(end)
}

func (s *Scanner) findBackslash(from int) int {
	n := strings.IndexByte(s.ext[from:], '\\')
	if n < 0 {
		return len(s.ext)
	}
	return from + n
}
