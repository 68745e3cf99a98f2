package audit

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// The bounds of a sentence: the folded bytes of its beginning that are
// compared, at least one hash key of them; and how much of a text is searched
// for what stands inside.
const (
	minBegin  = 4
	maxBegin  = 48
	maxSought = 4096
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
	begun map[uint32][]sentence
	loose []sentence
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
		s.loose = append(s.loose, row)
		return
	}
	key := head([]byte(row.begin))
	s.begun[key] = append(s.begun[key], row)
	slices.SortStableFunc(s.begun[key], func(a, b sentence) int {
		return cmp.Or(cmp.Compare(len(b.begin), len(a.begin)), cmp.Compare(a.typ.Severity, b.typ.Severity))
	})
}

func head(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// find returns the sentence that text is, nil when it is none.
func (s *sentences) find(text string) *sentence {
	if text == "" {
		return nil
	}
	var buf [maxFolded]byte
	n, _ := fold(&buf, text, maxBegin)
	text = text[:min(len(text), maxSought)]
	if n >= minBegin {
		rows := s.begun[head(buf[:n])]
		if m := best(rows, buf[:n], text, strings.Index); m != nil && (m.inside != nil || !insides(rows)) {
			return m
		}
		if m := best(rows, buf[:n], text, indexFold); m != nil {
			return m
		}
	}
	return best(s.loose, nil, text, indexFold)
}

// insides reports whether the sentences differ in what stands inside.
func insides(rows []sentence) bool {
	return slices.ContainsFunc(rows, func(s sentence) bool { return s.inside != nil })
}

// best returns, among the sentences with the longest beginning that fits, the
// one whose literals end last: names that a user chose stand before the verb.
func best(rows []sentence, begin []byte, text string, index func(s, lit string) int) (found *sentence) {
	end := -1
	for i := range rows {
		s := &rows[i]
		if found != nil && len(s.begin) < len(found.begin) {
			break
		}
		if len(begin) < len(s.begin) || string(begin[:len(s.begin)]) != s.begin {
			continue
		}
		if n := s.end(text, index); n > end {
			found, end = s, n
		}
	}
	return found
}

// start returns where the first of the literals begins in text, -1 when there
// is none.
func (s *sentence) start(text string) int {
	if len(s.inside) == 0 {
		return -1
	}
	if i := strings.Index(text, s.inside[0]); i >= 0 {
		return i
	}
	return indexFold(text, s.inside[0])
}

// end returns where the literals of s end in text, -1 when one is missing.
func (s *sentence) end(text string, index func(s, lit string) int) int {
	end := 0
	for _, lit := range s.inside {
		i := index(text[end:], lit)
		if i < 0 {
			return -1
		}
		end += i + len(lit)
	}
	return end
}
