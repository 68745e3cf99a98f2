package kv

import "strings"

// Scanner reads a body pair by pair. The zero value is ready for Reset; a
// Scanner may be used again for any number of bodies.
//
// The free text of msg may hold an = of its own. With Known set, a word= in a
// bare value of msg begins a new pair only when the word is a known key.
type Scanner struct {
	Known func(key string) bool // asked only within msg; nil: every key is known

	body      string
	semicolon bool // semicolons separate the pairs
	start     int  // where the pairs should begin
	first     int  // where the first pair's key begins
	next      span // the next pair's key
}

// A span is a key in a body, body[key:end], and the = behind it. When no key is
// left, key is len(body).
type span struct{ key, end, equals int }

// Reset begins with a body.
func (s *Scanner) Reset(body string) {
	s.body = body
	n := numbersLen(body)
	s.semicolon = n > 0
	s.start = skipBlanks(body, n)
	s.next, _ = s.find(s.start, false)
	s.first = s.next.key
}

// Next gives the next pair.
func (s *Scanner) Next() (p Pair, ok bool) {
	ok = s.scan(&p)
	return p, ok
}

// scan is Next with the Pair in place: a struct of this size is costly to hand
// over, unless Next is inlined.
func (s *Scanner) scan(p *Pair) bool {
	if s.next.key == len(s.body) {
		return false
	}
	p.Key, p.Offset, p.Flags = s.body[s.next.key:s.next.end], s.next.key, 0
	behind := s.next.equals + 1
	open := skipBlanks(s.body, behind)
	if open < len(s.body) && s.body[open] == '"' && !s.semicolon {
		s.quoted(p, open)
	} else {
		s.bare(p, behind, behind)
	}
	return true
}

// Err tells of text before the first key, which is skipped.
func (s *Scanner) Err() *ParseError {
	if s.start == s.first {
		return nil
	}
	return &ParseError{Offset: s.start, Err: ErrNoKey}
}

// bare reads a value that begins at start, and that holds the body up to from
// at least, whatever stands there.
func (s *Scanner) bare(p *Pair, start, from int) {
	next, equals := s.find(from, s.Known != nil && p.Key == "msg")
	end := skipBlanksBack(s.body, start, s.beforeSeparator(start, next.key))
	p.Value = s.body[skipBlanks(s.body[:end], start):end]
	if equals {
		p.Flags |= UnescapedEquals
	}
	s.next = next
}

// quoted reads a value that begins with the quote at open.
func (s *Scanner) quoted(p *Pair, open int) {
	text := s.body[open+1:]
	n := closingQuote(text)
	if n < 0 {
		p.Flags |= Quoted | Cut
		p.unescape(text)
		s.next.key = len(s.body)
		return
	}
	end := open + 1 + n + 1
	next, ok := s.follows(end)
	if !ok {
		p.Flags |= StrayQuote
		s.bare(p, open, end)
		return
	}
	p.Flags |= Quoted
	p.unescape(text[:n])
	s.next = next
}

// unescape takes text as the quoted value.
func (p *Pair) unescape(text string) {
	p.Value = text
	if strings.IndexByte(text, '\\') < 0 {
		return
	}
	var bad bool
	if p.Value, bad = unescape(text); bad {
		p.Flags |= BadEscape
	}
}

// closingQuote finds the first quote in s that no backslash escapes, or -1.
func closingQuote(s string) int {
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		if !escaped(s[:i]) {
			return i
		}
	}
}

// follows reports whether the body, behind a closing quote, ends or goes on
// with another pair, as it must.
func (s *Scanner) follows(at int) (next span, ok bool) {
	key := skipBlanks(s.body, at)
	if key == len(s.body) {
		return span{key: key}, true
	}
	next, ok = keyAt(s.body, key)
	return next, ok && key > at
}

// find gives the first key whose = stands at or after from. It passes over
// each = that follows no key, and with doubt also over unknown keys; equals
// tells whether there was one.
func (s *Scanner) find(from int, doubt bool) (next span, equals bool) {
	for at := from; ; at++ {
		n := strings.IndexByte(s.body[at:], '=')
		if n < 0 {
			return span{key: len(s.body)}, equals
		}
		at += n
		next, ok := s.keyBefore(from, at)
		if ok && (!doubt || s.Known(s.body[next.key:next.end])) {
			return next, equals
		}
		equals = true
	}
}

// keyBefore finds the key before the = at equals. It walks back over bytes that
// cannot be =, and not beyond from, so all calls together walk over the body a
// few times at most.
func (s *Scanner) keyBefore(from, equals int) (next span, ok bool) {
	end := skipBlanksBack(s.body, from, equals)
	key := end
	for key > from && keyByte[s.body[key-1]] {
		key--
	}
	next = span{key, end, equals}
	if key == end {
		return next, false
	}
	return next, key == s.start || s.beforeSeparator(from, key) < key
}

// beforeSeparator steps back from at over the separator of pairs, if one stands
// there, and not beyond from.
func (s *Scanner) beforeSeparator(from, at int) int {
	i := skipBlanksBack(s.body, from, at)
	if !s.semicolon {
		return i
	}
	if i > from && s.body[i-1] == ';' {
		return i - 1
	}
	return at
}

// Looks reports whether s begins as a body does: with a key and an =.
func Looks(s string) bool {
	_, ok := keyAt(s, skipBlanks(s, numbersLen(s)))
	return ok
}

// keyAt reads the key, and the =, that begin at key.
func keyAt(s string, key int) (k span, ok bool) {
	end := key
	for end < len(s) && keyByte[s[end]] {
		end++
	}
	equals := skipBlanks(s, end)
	return span{key, end, equals}, end > key && equals < len(s) && s[equals] == '='
}

// numbersLen gives the length of the three numbers, each with a colon, that s
// begins with, or 0.
func numbersLen(s string) int {
	i := 0
	for range 3 {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		if i == from || i == len(s) || s[i] != ':' {
			return 0
		}
		i++
	}
	return i
}

func skipBlanks(s string, at int) int {
	for at < len(s) && isBlank(s[at]) {
		at++
	}
	return at
}

// skipBlanksBack steps back from at, and not beyond from.
func skipBlanksBack(s string, from, at int) int {
	for at > from && isBlank(s[at-1]) {
		at--
	}
	return at
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// keyByte holds the bytes of a key.
var keyByte = func() (t [256]bool) {
	for c := range t {
		t[c] = legalKeyByte(byte(c)) || c == '.' || c == '-'
	}
	return t
}()
