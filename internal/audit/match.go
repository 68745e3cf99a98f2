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
	maxBegin  = 48
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
}

// The reasons why a Match is refused.
var (
	errBegin  = errors.New("the beginning must have 4 to 48 bytes; begin with … when the sentence has none")
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
	b.inside = b.inside || row.inside != nil
	b.rows = append(b.rows, row)
	slices.SortStableFunc(b.rows, func(a, b sentence) int {
		return cmp.Or(cmp.Compare(len(b.begin), len(a.begin)), cmp.Compare(a.typ.Severity, b.typ.Severity))
	})
}

func head(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// find returns the sentence that text is, nil when it is none.
func (s *sentences) find(text string) *sentence {
	var buf [maxFolded]byte
	if n, _ := fold(&buf, text, minBegin); n == minBegin {
		if b, ok := s.begun[head(buf[:])]; ok {
			n, _ = fold(&buf, text, len(b.rows[0].begin))
			if m := b.find(buf[:n], text); m != nil {
				return m
			}
		}
	}
	if strings.IndexByte(text, ')') >= 0 {
		return s.loose.find(nil, text)
	}
	return nil
}

// find returns the sentence of b that text is. The literals inside are
// in lower case, and so are they in the vendor's texts; capitals are looked
// through only when nothing else is found.
func (b *bucket) find(begin []byte, text string) *sentence {
	if m := b.best(begin, text, nil); !b.inside || m != nil && m.inside != nil {
		return m
	}
	var low [maxSought]byte
	n := copy(low[:], text)
	for i, c := range low[:n] {
		low[i] = lower(c)
	}
	return b.best(begin, text, low[:n])
}

// best returns, among the sentences with the longest beginning that fits, the
// one whose literals end last: names that a user chose stand before the verb.
func (b *bucket) best(begin []byte, text string, low []byte) (found *sentence) {
	end := -1
	for i := range b.rows {
		s := &b.rows[i]
		if found != nil && len(s.begin) < len(found.begin) {
			break
		}
		if len(begin) < len(s.begin) || string(begin[:len(s.begin)]) != s.begin {
			continue
		}
		if n := s.end(text, low); n > end {
			found, end = s, n
		}
	}
	return found
}

// end returns where the literals of s end, in low unless that is nil, else in
// text; -1 when one is missing.
func (s *sentence) end(text string, low []byte) int {
	end := 0
	for _, lit := range s.inside {
		i := -1
		if low != nil {
			i = bytes.Index(low[end:], []byte(lit))
		} else {
			i = strings.Index(text[end:min(len(text), maxSought)], lit)
		}
		if i < 0 {
			return -1
		}
		end += i + len(lit)
	}
	return end
}

// start returns where the first of the literals begins in text, -1 when there
// is none.
func (s *sentence) start(text string) int {
	if len(s.inside) == 0 {
		return -1
	}
	return strings.Index(text, s.inside[0])
}
