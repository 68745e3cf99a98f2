package audit

import "strings"

// Severity is how grave an event is: a syslog Severity (RFC 5424 section
// 6.2.1) plus one, so that the zero value says nothing.
type Severity uint8

// The severities, gravest first.
const (
	NoSeverity Severity = iota
	Emergency
	Alert
	Critical
	Error
	Warning
	Notice
	Informational
	Debug
)

// severities holds one row for each syslog Severity: its number and word, the
// CEF Severity that stands for it, and OpenTelemetry's SeverityNumber (FATAL,
// ERROR3, ERROR2, ERROR, WARN, INFO2, INFO, DEBUG).
var severities = [...]struct {
	word   string
	cef    uint8
	number int32
}{
	NoSeverity:    {},
	Emergency:     {"emergency", 10, 21},
	Alert:         {"alert", 9, 19},
	Critical:      {"critical", 8, 18},
	Error:         {"error", 7, 17},
	Warning:       {"warning", 6, 13},
	Notice:        {"notice", 5, 10},
	Informational: {"info", 4, 9},
	Debug:         {"debug", 3, 5},
}

// SyslogSeverity returns the severity of a syslog Severity 0..7.
func SyslogSeverity(n uint8) Severity { return Severity(min(n, 7)) + 1 }

// CEFSeverity returns the severity of a CEF Severity 0..10; 0 to 3 are Debug.
func CEFSeverity(n uint8) Severity { return SyslogSeverity(10 - min(max(n, 3), 10)) }

// ParseCEFSeverity reads the Severity of a CEF header: a number from 0 to 10, or
// one of the standard's words in any case. A word stands for the highest number
// of its band, so that no event is played down. Unknown, which is legal too,
// gives NoSeverity.
func ParseCEFSeverity(s string) Severity {
	s = strings.Trim(s, " ")
	switch {
	case s == "":
		return NoSeverity
	case len(s) == 1 && s[0] >= '0' && s[0] <= '9':
		return CEFSeverity(s[0] - '0')
	case s == "10":
		return CEFSeverity(10)
	}
	for _, w := range severityWords {
		if strings.EqualFold(s, w.word) {
			return CEFSeverity(w.n)
		}
	}
	return NoSeverity
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

// Syslog returns the syslog Severity 0..7; ok is false for NoSeverity.
func (s Severity) Syslog() (n uint8, ok bool) { return uint8(s) - 1, s != NoSeverity }

// CEF returns the CEF Severity 3..10, 0 for NoSeverity.
func (s Severity) CEF() uint8 { return severities[s].cef }

// Number returns OpenTelemetry's SeverityNumber, 0 for NoSeverity.
func (s Severity) Number() int32 { return severities[s].number }

// String returns the vendor's word for the severity.
func (s Severity) String() string { return severities[s].word }

// NumberSeverity returns the severity whose SeverityNumber is n; NoSeverity
// when none is.
func NumberSeverity(n int32) Severity {
	for s, row := range severities {
		if row.number == n {
			return Severity(s)
		}
	}
	return NoSeverity
}

// ParseSeverity is the inverse of String; NoSeverity for another word.
func ParseSeverity(word string) Severity {
	for s := Emergency; s <= Debug; s++ {
		if s.String() == word {
			return s
		}
	}
	return NoSeverity
}
