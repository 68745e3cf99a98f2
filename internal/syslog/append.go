package syslog

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"
)

// Limits of RFC 5424, section 6, and, for TAG, of RFC 3164, section 4.1.3.
const (
	maxHostname = 255
	maxAppName  = 48
	maxProcID   = 128
	maxMsgID    = 32
	maxSDName   = 32
	maxTag      = 32
)

// The greatest Facility and Severity, RFC 5424 section 6.2.1.
const (
	MaxFacility = 23
	MaxSeverity = 7
)

// Header is what is written in front of STRUCTURED-DATA and MSG. A field that
// breaks the standard is written as the nearest that does not:
//
//   - Facility and Severity above their range become 23 and 7.
//   - A character that may not stand in a word becomes one _.
//   - A word longer than its limit is cut, an empty one is written as NILVALUE.
//   - A word that a reader would take for the beginning of the body (package
//     comment, rule 1) loses the one byte that makes it so to _.
type Header struct {
	Facility, Severity               uint8
	Time                             time.Time
	Hostname, AppName, ProcID, MsgID string
}

// AppendRFC5424 appends the header with the space after it. STRUCTURED-DATA
// must follow.
//
//	HEADER = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
func AppendRFC5424(dst []byte, h *Header) []byte { return appendRFC5424(dst, h, appendFraction) }

// AppendRFC5424Milli is AppendRFC5424 with a time that always has three digits
// of fraction.
func AppendRFC5424Milli(dst []byte, h *Header) []byte { return appendRFC5424(dst, h, appendMilli) }

func appendRFC5424(dst []byte, h *Header, fraction func([]byte, int) []byte) []byte {
	dst = appendPRI(dst, h)
	dst = append(dst, "1 "...)
	dst = appendTimestamp(dst, h.Time, fraction)
	dst = append(dst, ' ')
	dst = append(appendWord(dst, h.Hostname, maxHostname), ' ')
	dst = append(appendWord(dst, h.AppName, maxAppName), ' ')
	dst = append(appendWord(dst, h.ProcID, maxProcID), ' ')
	return append(appendWord(dst, h.MsgID, maxMsgID), ' ')
}

// AppendRFC3164 appends the header with the space after it. MSG must follow.
// The time is written on its own zone's clock, a zero one as the first second
// of a year, as there is no NILVALUE. In HOSTNAME, TAG and PID only letters,
// digits and - _ . stand, in HOSTNAME also :, in TAG also /; an address of
// IPv6 is therefore left whole.
//
//	"<" PRIVAL ">" TIMESTAMP SP HOSTNAME SP TAG [ "[" PID "]" ] ":" SP
func AppendRFC3164(dst []byte, h *Header) []byte {
	dst = AppendUntagged(dst, h)
	from := len(dst)
	dst = appendPlain(dst, h.AppName, '/', maxTag)
	if string(dst[from:]) == "CEF" { // with its colon it would be a body
		dst = append(dst, '_')
	}
	if h.ProcID != "" {
		dst = append(appendPlain(append(dst, '['), h.ProcID, '.', maxTag), ']')
	}
	return append(dst, ": "...)
}

// AppendUntagged appends the header of RFC 3164 without TAG, as the CEF standard
// prints it. MSG must follow.
//
//	"<" PRIVAL ">" TIMESTAMP SP HOSTNAME SP
func AppendUntagged(dst []byte, h *Header) []byte {
	dst = appendPRI(dst, h)
	dst = append(appendBSD(dst, h.Time), ' ')
	from := len(dst)
	dst = appendPlain(dst, h.Hostname, ':', maxHostname)
	if last := len(dst) - 1; dst[last] == ':' { // or it would be a TAG
		dst[last] = '_'
	}
	unmark(dst[from:])
	return append(dst, ' ')
}

// appendPRI appends PRI.
//
//	PRI = "<" PRIVAL ">"
func appendPRI(dst []byte, h *Header) []byte {
	pri := int(min(h.Facility, MaxFacility))*8 + int(min(h.Severity, MaxSeverity))
	dst = strconv.AppendInt(append(dst, '<'), int64(pri), 10)
	return append(dst, '>')
}

// appendTimestamp appends t in its own zone, with the fraction as it is asked
// for. A zero time and one of a year that four digits cannot
// hold is NILVALUE; a zone that minutes cannot hold gives way to UTC.
//
//	TIMESTAMP = NILVALUE / FULL-DATE "T" FULL-TIME
func appendTimestamp(dst []byte, t time.Time, fraction func(dst []byte, micro int) []byte) []byte {
	if t.IsZero() {
		return append(dst, '-')
	}
	_, offset := t.Zone()
	if offset%60 != 0 || offset <= -86400 || offset >= 86400 {
		offset = 0
	}
	t = t.UTC().Add(time.Duration(offset) * time.Second) // what a clock there shows
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return append(dst, '-')
	}
	dst = appendTwo(dst, year/100, 0)
	dst = appendTwo(dst, year%100, 0)
	dst = appendTwo(dst, int(month), '-')
	dst = appendTwo(dst, day, '-')
	dst = appendClock(dst, t, 'T')
	dst = fraction(dst, t.Nanosecond()/1000)
	return appendOffset(dst, offset/60)
}

// appendClock appends lead and the time of day.
//
//	hh:mm:ss
func appendClock(dst []byte, t time.Time, lead byte) []byte {
	hour, minute, sec := t.Clock()
	return appendTwo(appendTwo(appendTwo(dst, hour, lead), minute, ':'), sec, ':')
}

// appendTwo appends lead, unless it is 0, and two digits.
func appendTwo(dst []byte, n int, lead byte) []byte {
	if lead != 0 {
		dst = append(dst, lead)
	}
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// appendBSD appends t as RFC 3164 has it.
//
//	Mmm dd hh:mm:ss ; a day of one digit has a space before it
func appendBSD(dst []byte, t time.Time) []byte {
	_, month, day := t.Date()
	dst = append(dst, monthNames[3*month-3:3*month]...)
	dst = appendTwo(dst, day, ' ')
	if tens := len(dst) - 2; dst[tens] == '0' {
		dst[tens] = ' '
	}
	return appendClock(dst, t, ' ')
}

// appendFraction appends microseconds, as milliseconds if they are such.
//
//	TIME-SECFRAC = "." 1*6DIGIT
func appendFraction(dst []byte, micro int) []byte {
	if micro == 0 {
		return dst
	}
	dst = appendMilli(dst, micro)
	if micro %= 1000; micro == 0 {
		return dst
	}
	dst = append(dst, byte('0'+micro/100))
	return appendTwo(dst, micro%100, 0)
}

// appendMilli appends milliseconds.
func appendMilli(dst []byte, micro int) []byte {
	return appendTwo(append(dst, '.', byte('0'+micro/100_000)), micro/1000%100, 0)
}

// appendOffset appends the zone.
//
//	TIME-OFFSET = "Z" / ("+" / "-") TIME-HOUR ":" TIME-MINUTE
func appendOffset(dst []byte, minutes int) []byte {
	switch {
	case minutes == 0:
		return append(dst, 'Z')
	case minutes < 0:
		return appendTwo(appendTwo(dst, -minutes/60, '-'), -minutes%60, ':')
	default:
		return appendTwo(appendTwo(dst, minutes/60, '+'), minutes%60, ':')
	}
}

// appendWord appends a word of the header.
//
//	HOSTNAME = NILVALUE / 1*255PRINTUSASCII
//	PRINTUSASCII = %d33-126
func appendWord(dst []byte, s string, limit int) []byte {
	if isPlain(s) && len(s) <= limit { // as nearly all are
		return append(dst, s...)
	}
	from := len(dst)
	dst = appendClean(dst, s, limit, wordByte, '-')
	if len(dst) == from {
		return append(dst, '-')
	}
	unmark(dst[from:])
	return dst
}

// appendPlain appends a word of letters, digits, - _ . and also.
func appendPlain(dst []byte, s string, also byte, limit int) []byte {
	from := len(dst)
	dst = appendClean(dst, s, limit, keyByte, also)
	if len(dst) == from {
		return append(dst, '-')
	}
	return dst
}

// appendClean appends at most limit characters of s: those of the class, and
// also, as they are, any other as _.
func appendClean(dst []byte, s string, limit int, legal uint8, also byte) []byte {
	n := 0
	for n < len(s) && n < limit && (class[s[n]]&legal != 0 || s[n] == also) {
		n++
	}
	dst = append(dst, s[:n]...)
	if n == len(s) || n == limit {
		return dst
	}
	_, size := utf8.DecodeRuneInString(s[n:])
	return appendClean(append(dst, '_'), s[n+size:], limit-n-1, legal, also)
}

// unmark makes a word one with which no body begins, nor within it: a reader
// may look for the first CEF: anywhere.
func unmark(word []byte) {
	for i := bytes.Index(word, cefMark); i >= 0; i = bytes.Index(word, cefMark) {
		word[i+len("CEF")] = '_'
	}
	for i := mark(word); i >= 0; i = mark(word) {
		word[i] = '_'
	}
}

var cefMark = []byte("CEF:")

// AppendSDName appends name as an SD-NAME: what may not stand in one becomes
// _, what is too long is cut, an empty one is _. Names that were different may
// be equal afterwards; the caller sees to it that an SD-ID comes once.
//
//	SD-NAME = 1*32PRINTUSASCII ; except '=', SP, ']', %d34 (")
func AppendSDName(dst []byte, name string) []byte {
	if name == "" {
		return append(dst, '_')
	}
	return appendClean(dst, name, maxSDName, nameByte, '-')
}

// AppendParamValue appends value as a PARAM-VALUE, without the quotes. What the
// RFC escapes is escaped; a control character, of ASCII or of Latin-1, becomes
// a space, and so do U+2028 and U+2029, at which some readers cut lines too; a
// byte that is not UTF-8 becomes U+FFFD.
//
//	PARAM-VALUE = UTF-8-STRING ; characters '"', '\' and ']' MUST be escaped
func AppendParamValue(dst []byte, value string) []byte {
	from := 0
	for i := 0; i < len(value); {
		c := value[i]
		if class[c]&textByte != 0 {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(value[i:])
		}
		if r >= 0xA0 && r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		dst = append(dst, value[from:i]...)
		i += size
		from = i
		switch {
		case isEscaped(c):
			dst = append(dst, '\\', c)
		case r == utf8.RuneError:
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, ' ')
		}
	}
	return append(dst, value[from:]...)
}
