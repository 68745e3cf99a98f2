package audit

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
)

// The bounds of a sentence: the folded bytes of its beginning, which start
// with a hash key; and how much of a text is searched for what stands inside.
// The product's messages have at most 1,024 bytes.
const (
	minBegin  = 4
	maxBegin  = maxFolded
	maxSought = 1024
)

// sentence is a Match made ready: the folded beginning, and the literals that
// must follow in order.
type sentence struct {
	*Match
	typ    *Type
	begin  string
	words  int // of the beginning
	inside []string
}

// sentences finds the sentence that a text is. Those with a beginning are
// found by its first four folded bytes, the longest beginning first.
type sentences struct {
	begun map[uint32]bucket
	loose bucket
}

// bucket is sentences that are compared one by one.
type bucket struct {
	rows   []sentence
	inside bool // one of them has literals inside
	actor  bool // one of them may name who acted, who chose that name
}

// The reasons why a Match is refused.
var (
	errBegin  = errors.New("the beginning must have 4 to 96 bytes; begin with … when the sentence has none")
	errInside = errors.New("what stands behind … must be lower-case ASCII without quotes and dashes")
)

func newSentence(t *Type, m *Match) (sentence, error) {
	begin, rest, _ := strings.Cut(m.Text, "…")
	s := sentence{Match: m, typ: t}
	var buf [maxFolded]byte
	n, whole := fold(&buf, begin, maxBegin)
	s.begin = string(buf[:n])
	if !whole || n > 0 && n < minBegin || n == 0 && rest == "" {
		return s, errBegin
	}
	s.words = len(strings.Fields(begin))
	if rest == "" {
		return s, nil
	}
	for lit := range strings.SplitSeq(rest, "…") {
		lit = strings.TrimLeft(lit, " ")
		if lit == "" || strings.ContainsFunc(lit, unfit) {
			return s, errInside
		}
		s.inside = append(s.inside, lit)
	}
	return s, nil
}

func unfit(r rune) bool {
	return r < ' ' || r > '~' || r >= 'A' && r <= 'Z' || strings.ContainsRune("'\"`-", r)
}

func (s *sentences) add(row sentence) {
	if row.begin == "" {
		s.loose.add(row)
		return
	}
	key := head([]byte(row.begin))
	b := s.begun[key]
	b.add(row)
	s.begun[key] = b
}

func (b *bucket) add(row sentence) {
	if row.inside != nil {
		b.inside = true
		b.actor = b.actor || row.begin == "" || row.typ.Shape == Account
	}
	b.rows = append(b.rows, row)
	slices.SortStableFunc(b.rows, func(a, b sentence) int {
		return cmp.Or(cmp.Compare(len(b.begin), len(a.begin)), cmp.Compare(a.typ.Severity, b.typ.Severity))
	})
}

func head(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// find returns the sentence that text is, nil when it is none. Where the name
// of who acted reads like a part of the sentence, rival is what the text says
// with the shortest such name.
func (s *sentences) find(text string) (found, rival *sentence) {
	var buf [maxFolded]byte
	if n, _ := fold(&buf, text, minBegin); n == minBegin {
		if b, ok := s.begun[head(buf[:])]; ok {
			n, _ = fold(&buf, text, len(b.rows[0].begin))
			if found, rival = b.find(buf[:n], text); found != nil {
				return found, rival
			}
		}
	}
	if strings.IndexByte(text, ')') >= 0 {
		return s.loose.find(nil, text)
	}
	return nil, nil
}

// find returns the sentence of b that text is. The literals inside are
// in lower case, and so are they in the vendor's texts; capitals are looked
// through only when nothing else is found.
func (b *bucket) find(begin []byte, text string) (found, rival *sentence) {
	text = text[:min(len(text), maxSought)]
	first, last := len(text), len(text)
	if b.actor {
		first, last = actors(text)
	}
	found = b.best(begin, text, nil, first)
	if last > first {
		rival = b.best(begin, text, nil, last)
	}
	if !b.inside || found != nil && found.inside != nil {
		return found, rival
	}
	var low [maxSought]byte
	n := copy(low[:], text)
	for i, c := range low[:n] {
		low[i] = lower(c)
	}
	return b.best(begin, text, low[:n], first), rival
}

// best returns, among the sentences with the longest beginning that fits, the
// one whose literals end last: names that a user chose stand before the verb.
func (b *bucket) best(begin []byte, text string, low []byte, actor int) (found *sentence) {
	end := -1
	for i := range b.rows {
		s := &b.rows[i]
		if found != nil && len(s.begin) < len(found.begin) {
			break
		}
		if len(begin) < len(s.begin) || string(begin[:len(s.begin)]) != s.begin {
			continue
		}
		if n := s.end(text, low, actor); n > end {
			found, end = s, n
		}
	}
	return found
}

// end returns where the literals of s end, in low unless that is nil, else in
// text; -1 when one is missing, or begins behind where the actor is named. The
// last of them may stand more than once.
func (s *sentence) end(text string, low []byte, actor int) int {
	end := 0
	for _, lit := range s.inside {
		if end = after(text, low, end, actor, lit); end < 0 {
			return -1
		}
	}
	for more := end; more > 0; more = after(text, low, end, actor, s.inside[len(s.inside)-1]) {
		end = more
	}
	return end
}

// after returns where the next lit behind from ends that begins before actor,
// -1 when there is none.
func after(text string, low []byte, from, actor int, lit string) int {
	to := min(len(text), actor+len(lit))
	if to < from {
		return -1
	}
	var i int
	if low != nil {
		i = bytes.Index(low[from:to], []byte(lit))
	} else {
		i = strings.Index(text[from:to], lit)
	}
	if i < 0 {
		return -1
	}
	return from + i + len(lit)
}

// actorMarks begin the part of a sentence that names who acted; the last is
// "pelo usuário" in any charset.
var actorMarks = [...]string{"by user ", "by the user ", "pelo usu"}

// actors returns where text names who acted: at the first mark and at the last,
// at its end when there is none. A host, which stands before its address, may
// have a name that reads like a mark.
func actors(text string) (first, last int) {
	at := 0
	if _, _, after, ok := cutAddress(text); ok {
		at = len(text) - len(after)
	}
	return marks(text, at)
}

// marks returns where in text the first and the last of the marks behind at
// stand, its end when there is none.
func marks(text string, at int) (first, last int) {
	first, last = len(text), len(text)
	for at < len(text) {
		if c := text[at] | ' '; (c == 'b' || c == 'p') && actorMark(text[at:]) > 0 {
			if last = at; first == len(text) {
				first = at
			}
		}
		i := strings.IndexByte(text[at:], ' ')
		if i < 0 {
			break
		}
		at += i + 1
	}
	return first, last
}

// actorMark returns how long the mark is that s begins with, 0 for none.
func actorMark(s string) int {
	for _, mark := range actorMarks {
		if len(s) >= len(mark) && strings.EqualFold(s[:len(mark)], mark) {
			return len(mark)
		}
	}
	return 0
}
