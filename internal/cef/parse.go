package cef

import "strings"

const prefix = "CEF:"

// Parse reads the header of s, which begins with "CEF:", into m. A header that
// ends early gives the fields that are there; a message may end after Severity.
// Parse allocates for header fields that hold escapes, and for m.Err.
func Parse(m *Message, s string) {
	*m = Message{}
	h := header{s: s}
	m.Version = h.version()
	m.DeviceVendor = h.field("Device Vendor")
	m.DeviceProduct = h.field("Device Product")
	m.DeviceVersion = h.field("Device Version")
	m.DeviceEventClassID = h.field("Device Event Class ID")
	m.Name = h.field("Name")
	m.Severity = h.field("Severity")
	m.Offset = min(h.at, len(s))
	m.Extension = s[m.Offset:]
	m.Err = h.err
}

// A header is a cursor over the header of a message. It stands behind the pipe
// that ended the field before, or beyond the input when there was none.
type header struct {
	s   string
	at  int
	err *ParseError
}

// version reads "CEF:" and the Version. Some relays put a space between them.
func (h *header) version() uint8 {
	if !strings.HasPrefix(h.s, prefix) {
		h.fail("CEF", ErrPrefix)
		h.at = len(h.s) + 1
		return 0
	}
	for h.at = len(prefix); h.at < len(h.s) && h.s[h.at] == ' '; h.at++ {
	}
	at := h.at
	text := h.next()
	n, ok := parseVersion(text)
	if !ok || n > 1 {
		h.failAt("Version", at, ErrVersion)
	}
	return n
}

// parseVersion reads the digits that text begins with. Version is an integer;
// ok is false when anything else follows, and when the integer is out of range.
func parseVersion(text string) (version uint8, ok bool) {
	n, i := 0, 0
	for ; i < len(text) && isDigit(text[i]) && n <= 255; i++ {
		n = n*10 + int(text[i]-'0')
	}
	if n > 255 {
		return 255, false
	}
	return uint8(n), i > 0 && i == len(text)
}

// field reads the next field and undoes its escapes.
func (h *header) field(part string) string {
	if h.at > len(h.s) {
		h.at = len(h.s)
		h.fail(part, ErrMissing)
		h.at++
		return ""
	}
	text := h.next()
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	text, _ = unescape(text, &headerEscapes.read)
	return text
}

// next cuts the text up to the next pipe that no backslash escapes.
func (h *header) next() string {
	start := h.at
	for end := start; ; end++ {
		n := strings.IndexByte(h.s[end:], '|')
		if n < 0 {
			h.at = len(h.s) + 1
			return h.s[start:]
		}
		end += n
		if !escaped(h.s[start:end]) {
			h.at = end + 1
			return h.s[start:end]
		}
	}
}

func (h *header) fail(part string, err error) { h.failAt(part, h.at, err) }

// failAt keeps the first thing that was not understood.
func (h *header) failAt(part string, offset int, err error) {
	if h.err == nil {
		h.err = &ParseError{Part: part, Offset: offset, Err: err}
	}
}

// escaped reports whether the byte after s is escaped: whether s ends in an odd
// number of backslashes.
func escaped(s string) bool {
	n := len(s)
	for n > 0 && s[n-1] == '\\' {
		n--
	}
	return (len(s)-n)%2 == 1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
