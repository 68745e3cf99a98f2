package syslog

import (
	"strings"
	"time"
)

// Parser reads messages. Its zero value is ready for use. It remembers the last
// second it read, so a connection has a Parser of its own; it is not safe for
// concurrent use.
type Parser struct {
	Location *time.Location // of times without a zone; nil: UTC

	last second
}

const bom = "\xEF\xBB\xBF"

// Parse reads s into m, which it resets. It takes any s: what is not header
// is m.Msg. A time without a year is taken to be the last such before now, or
// less than a day after it. Parse allocates only for an error.
//
//	SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]     ; RFC 5424, section 6
//	PRI TIMESTAMP SP HOSTNAME SP TAG CONTENT            ; RFC 3164, section 4.1
func (p *Parser) Parse(m *Message, s string, now time.Time) {
	*m = Message{}
	i := m.readBOM(s)
	i = m.readPRI(s, i)
	if j, ok := p.readTime(m, s, i, now); ok {
		i = m.readHostname(s, j)
		i = m.readTail(s, i)
	}
	if m.Form != NoHeader {
		m.Repairs.need(m.HasPRI || m.Err != nil && m.Err.Part == "PRI", RepairPRIMissing)
		if strings.HasPrefix(s[i:], bom) {
			i += len(bom)
		}
	}
	m.Offset, m.Msg = i, s[i:]
}

// readBOM passes over a BOM in front of the whole message.
func (m *Message) readBOM(s string) int {
	if !strings.HasPrefix(s, bom) {
		return 0
	}
	m.Repairs |= RepairBOM
	return len(bom)
}

// readPRI reads PRI. What has its shape but not its value is passed over, so
// that the rest of the header is read.
//
//	PRI = "<" PRIVAL ">"
//	PRIVAL = 1*3DIGIT ; range 0 .. 191
func (m *Message) readPRI(s string, i int) int {
	const longest = 9 // digits that are still taken for an attempt at PRI
	if i == len(s) || s[i] != '<' {
		return i
	}
	v, j := 0, i+1
	for j < len(s) && j-i <= longest && isDigit(s[j]) {
		v = v*10 + int(s[j]-'0')
		j++
	}
	if j == len(s) || s[j] != '>' {
		return i
	}
	switch digits := j - i - 1; {
	case digits == 0:
		m.fail("PRI", i, ErrSyntax)
	case v > 191:
		m.fail("PRI", i, ErrRange)
	default:
		m.HasPRI, m.Facility, m.Severity = true, uint8(v>>3), uint8(v&7)
		m.Repairs.need(digits == 1 || s[i+1] != '0', RepairPRI)
	}
	return j + 1
}

// readTime reads VERSION, if there is one, and the time, and with them decides
// the Form. Without a time there is no header, ok is false, and m has no trace
// of the attempt but an error.
//
//	HEADER = PRI VERSION SP TIMESTAMP SP …
func (p *Parser) readTime(m *Message, s string, start int, now time.Time) (next int, ok bool) {
	i := skipSpaces(s, start)
	at, form := i+versionLen(s[i:]), NoHeader
	if at > i {
		form = RFC5424
	}
	var t stamp
	p.stamp(&t, s[at:], now)
	switch {
	case t.len > 0:
	case form == RFC5424 && m.HasPRI && isNil(s[at:]):
		t.len = 1
	case form == RFC5424 && p.stamp(&t, s[i:], now): // the day, not VERSION
		at, form = i, NoHeader
	default:
		if m.HasPRI && s[start:at] == "1 " {
			m.fail("TIMESTAMP", at, ErrSyntax)
		}
		return start, false
	}
	if t.bad != nil {
		if !m.HasPRI && form == NoHeader {
			return start, false
		}
		m.fail("TIMESTAMP", at, t.bad)
	}
	if form == RFC5424 && s[i:at] != "1 " {
		m.fail("VERSION", i, ErrVersion)
	}
	m.Repairs.need(i == start, RepairSpaces)
	if form == NoHeader {
		form = t.form
		m.Repairs.need(form != ISO, RepairVersionMissing)
	}
	m.Form, m.Time = form, t.time
	m.Repairs |= t.repairs
	return at + t.len, true
}

// versionLen is the length of VERSION and its SP at the beginning of s, or 0.
//
//	VERSION = NONZERO-DIGIT 0*2DIGIT
func versionLen(s string) int {
	n := 0
	for n < len(s) && n < 3 && isDigit(s[n]) {
		n++
	}
	if n == 0 || s[0] == '0' || n == len(s) || s[n] != ' ' {
		return 0
	}
	return n + 1
}

// isNil reports whether s begins with NILVALUE as a word.
//
//	NILVALUE = "-"
func isNil(s string) bool {
	return s != "" && s[0] == '-' && (len(s) == 1 || s[1] == ' ')
}

// value is a word's value: "" for NILVALUE.
func value(word string) string {
	if word == "-" {
		return ""
	}
	return word
}

// readHostname reads HOSTNAME, unless a body or, without VERSION, a TAG stands
// in its place. It returns the end of what is read.
//
//	HOSTNAME = NILVALUE / 1*255PRINTUSASCII
func (m *Message) readHostname(s string, i int) int {
	w := nextWord(s, i)
	if w.empty() || w.body || m.Form != RFC5424 && tagLen(s[w.from:]) > 0 {
		m.Repairs |= RepairHostMissing
		return i
	}
	m.Hostname = value(s[w.from:w.to])
	m.Repairs.need(w.from == i+1, RepairSpaces)
	return w.to
}

// words are those between HOSTNAME and STRUCTURED-DATA, as far as they could be.
type words struct {
	w [3]word // APP-NAME, PROCID, MSGID
	n int
}

func nextWords(s string, i int) (h words) {
	for h.n < len(h.w) {
		w := nextWord(s, i)
		if w.empty() || w.body {
			break
		}
		h.w[h.n] = w
		h.n++
		i = w.to
	}
	return h
}

// readTail reads what stands between HOSTNAME, which ends at i, and MSG, by
// the rules of the package comment. It returns where MSG begins.
//
//	… SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA [SP MSG]
func (m *Message) readTail(s string, i int) int {
	h := nextWords(s, i)
	if m.Form == RFC5424 && h.n == 3 {
		end := h.w[2].to
		next, sd := m.readSD(s, end, true)
		if sd || m.Err != nil && m.Err.Part == "STRUCTURED-DATA" || isCEF(s[next:]) {
			m.take(s, i, h, sd)
			return next
		}
	}
	if h.n > 0 && tagLen(s[h.w[0].from:]) > 0 {
		return m.readTag(s, i, h.w[0].from)
	}
	next, sd := afterSpace(s, i), false
	if h.n = m.believed(s, h); h.n > 0 {
		next, sd = afterSpace(s, h.w[h.n-1].to), false
	}
	if h.n == 3 || h.n > 0 && m.Form == RFC5424 {
		next, sd = m.readSD(s, h.w[h.n-1].to, h.n == 3)
	}
	m.take(s, i, h, sd)
	return next
}

// believed is how many words stand in their places when nothing after them
// confirms it.
func (m *Message) believed(s string, h words) int {
	n := 0
	if h.n > 0 && h.w[0].to < len(s) {
		n = 1
	}
	if n == 1 && h.n > 1 && h.w[1].isPID(s) {
		n = 2
	}
	if n == 2 && h.n > 2 && isNil(s[h.w[2].from:]) {
		n = 3
	}
	if m.Form == RFC5424 || n == 3 || h.n == 1 && bodyFollows(s, h.w[0].to) {
		return n
	}
	return 0
}

// bodyFollows reports whether a body visibly begins with the word after i.
func bodyFollows(s string, i int) bool {
	w := nextWord(s, i)
	k := mark(s[w.from:w.to])
	return w.body && (k < 0 || class[s[w.from+k]]&control == 0)
}

// take takes h for APP-NAME, PROCID and MSGID and names what is missing. RFC
// 3164 and its like have no place for what comes after the TAG.
func (m *Message) take(s string, i int, h words, sd bool) {
	field := [...]*string{&m.AppName, &m.ProcID, &m.MsgID}
	for k, w := range h.w[:h.n] {
		*field[k] = value(s[w.from:w.to])
		m.Repairs.need(w.from == i+1, RepairSpaces)
		i = w.to
	}
	m.Repairs.need(h.n > 0, RepairAppNameMissing)
	if m.Form == RFC5424 || h.n > 1 {
		m.Repairs.need(h.n > 1, RepairProcIDMissing)
		m.Repairs.need(h.n > 2, RepairMsgIDMissing)
		m.Repairs.need(sd || m.Err != nil && m.Err.Part == "STRUCTURED-DATA", RepairSDMissing)
	}
}

// readSD reads STRUCTURED-DATA or its NILVALUE after the word that ends at i,
// and reports whether it stands there; next is where MSG begins. Out of its
// place only an SD-ELEMENT with a parameter is taken for it: [text] is text.
//
//	STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT
func (m *Message) readSD(s string, i int, inPlace bool) (next int, ok bool) {
	from := afterSpace(s, i)
	if inPlace && from > i && isNil(s[from:]) {
		return afterSpace(s, from+1), true
	}
	if from == len(s) || s[from] != '[' {
		return from, false
	}
	sd := scanSD(s[from:])
	to := from + sd.len
	if !sd.ok || to < len(s) && s[to] != ' ' {
		if inPlace && sd.begun {
			m.fail("STRUCTURED-DATA", to, ErrSyntax)
		}
		return from, false
	}
	if !inPlace && sd.params == 0 {
		return from, false
	}
	m.StructuredData = s[from:to]
	m.Repairs.need(!sd.loose, RepairSDEscape)
	return afterSpace(s, to), true
}

// readTag reads TAG and what stands in brackets after it. i is the end of the
// word before.
//
//	TAG [ "[" PID "]" ] ":" [SP]       ; RFC 3164, sections 4.1.3 and 5.3
//	TAG "[" 1*DIGIT "]" SP             ; as rsyslog forwards it by default
func (m *Message) readTag(s string, i, from int) int {
	to := from + tagLen(s[from:])
	tag := strings.TrimSuffix(s[from:to], ":")
	if open := strings.IndexByte(tag, '['); open >= 0 {
		m.ProcID = tag[open+1 : len(tag)-1]
		tag = tag[:open]
	}
	m.AppName = value(tag)
	m.Repairs.need(from == i+1, RepairSpaces)
	if m.Form == RFC5424 {
		m.Repairs.need(m.ProcID != "", RepairProcIDMissing)
		m.Repairs |= RepairMsgIDMissing | RepairSDMissing
	}
	return afterSpace(s, to)
}

// tagLen is the length of a TAG with its colon at the beginning of s, or 0. Any
// printing characters are taken but those that end it. After a colon without
// brackets a space or the end must follow, else it is an address or a path;
// after brackets with a number the colon may be missing.
func tagLen(s string) int {
	i := 0
	for i < len(s) && class[s[i]]&tagByte != 0 {
		i++
	}
	if i == 0 || i == len(s) || isCEF(s) {
		return 0
	}
	if s[i] == '[' {
		from := i + 1
		for i = from; i < len(s) && class[s[i]]&tagByte != 0; i++ {
		}
		switch {
		case i == from:
			return 0
		case strings.HasPrefix(s[i:], "]:"):
			return i + 2
		case strings.HasPrefix(s[i:], "] ") && allDigits(s[from:i]):
			return i + 1
		}
		return 0
	}
	if s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ') {
		return i + 1
	}
	return 0
}

// word is s[from:to]. body says that a body visibly begins with it, or that no
// word can stand there.
type word struct {
	from, to int
	body     bool
}

func (w word) empty() bool           { return w.from == w.to }
func (w word) isPID(s string) bool   { return isNil(s[w.from:]) || allDigits(s[w.from:w.to]) }
func afterSpace(s string, i int) int { return i + b2i(i < len(s) && s[i] == ' ') }

// nextWord is the word after the space at i.
func nextWord(s string, i int) word {
	i = skipSpaces(s, i)
	end := strings.IndexByte(s[i:], ' ')
	if end < 0 {
		end = len(s)
	} else {
		end += i
	}
	w := word{from: i, to: end, body: mark(s[i:end]) >= 0}
	w.body = w.body || end+1 < len(s) && s[end+1] == '=' && isKey(s[i:end])
	return w
}

// text is what mark looks at: a part of a message read, or of one written.
type text interface{ string | []byte }

// mark is the place of the byte that makes a word the beginning of a body, or
// -1.
func mark[T text](w T) int {
	if len(w) == 0 {
		return -1
	}
	if class[w[0]]&bodyByte != 0 {
		return 0
	}
	if isCEF(w) {
		return len("CEF") + b2i(w[0] == '|')
	}
	key := class[w[0]]&letter != 0
	for i := range len(w) {
		switch c := class[w[i]]; {
		case c&keyByte != 0:
		case c&control != 0, key && w[i] == '=':
			return i
		default:
			key = false
		}
	}
	return -1
}

// isCEF reports whether w begins with a CEF header, a stray | before it or not.
func isCEF[T text](w T) bool {
	i := b2i(len(w) > 0 && w[0] == '|')
	return len(w) >= i+4 && string(w[i:i+4]) == "CEF:"
}

// isKey reports whether s may be a key in front of =.
func isKey(s string) bool { return isPlain(s) && class[s[0]]&letter != 0 }

// isPlain reports whether s has only what a key may have, and so no mark.
func isPlain(s string) bool {
	for i := range len(s) {
		if class[s[i]]&keyByte == 0 {
			return false
		}
	}
	return s != ""
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func skipSpaces(s string, i int) int {
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// What a byte may be.
const (
	control  = 1 << iota // no part of any word
	letter               // may begin a key
	keyByte              // may stand in a key
	tagByte              // may stand in a TAG
	bodyByte             // begins a body, not a word
	nameByte             // may stand in an SD-NAME
	textByte             // stands for itself in a PARAM-VALUE
	wordByte             // PRINTUSASCII
)

// class says for every byte what it may be.
var class = func() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		set := func(bit uint8, on bool) {
			if on {
				t[i] |= bit
			}
		}
		alpha := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		printing := c > ' ' && c != 0x7F
		set(control, !printing)
		set(letter, alpha)
		set(keyByte, alpha || isDigit(c) || c == '-' || c == '.')
		set(tagByte, printing && strings.IndexByte(`[]{}:="`, c) < 0)
		set(bodyByte, c == '{' || c == '[' || c == '=')
		set(wordByte, printing && c < 0x7F)
		set(nameByte, printing && c < 0x7F && strings.IndexByte(`=]"`, c) < 0)
		set(textByte, c >= ' ' && c < 0x7F && strings.IndexByte(`"\]`, c) < 0)
	}
	return t
}()
