package cef

import "strings"

// ParseSeverity reads the Severity of a header: an integer from 0 to 10, or one
// of the standard's words in any case. A word stands for the highest number of
// its band, so that no event is played down: Low 3, Medium 6, High 8,
// Very-High 10. Unknown is a legal Severity that names no number, so ok is
// false for it too.
func ParseSeverity(s string) (n uint8, ok bool) {
	s = strings.Trim(s, " ")
	switch {
	case len(s) == 1 && isDigit(s[0]):
		return s[0] - '0', true
	case s == "10":
		return 10, true
	}
	for _, w := range severityWords {
		if strings.EqualFold(s, w.word) {
			return w.n, true
		}
	}
	return 0, false
}

var severityWords = [...]struct {
	word string
	n    uint8
}{
	{"Low", 3},        // 0 to 3
	{"Medium", 6},     // 4 to 6
	{"High", 8},       // 7 and 8
	{"Very-High", 10}, // 9 and 10
}
