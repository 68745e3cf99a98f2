package kv

// Scanner reads pairs one by one.
type Scanner struct {
	Known func(key string) bool // asked only within msg; nil: every key is known
}

// Reset begins with the body s.
func (s *Scanner) Reset(body string) {}

// Next gives the next pair.
func (s *Scanner) Next() (Pair, bool) { return Pair{}, false }

// Err tells of text before the first key, which is skipped.
func (s *Scanner) Err() *ParseError { return nil }

// Looks reports whether s begins as a body of pairs does.
func Looks(s string) bool { return false }
