package audit

// Header is the layout of a message's syslog header.
type Header uint8

// The headers that are read.
const (
	NoHeader Header = iota
	RFC5424
	RFC3164
	ISO // a time, mostly with a host, and no VERSION
)

// Body is the layout of what follows the syslog header.
type Body uint8

// The bodies that are read.
const (
	Text     Body = iota
	KeyValue      // key=value or key="value" pairs
	CEF
	JSON
)

// Format is how a message was laid out.
type Format struct {
	Header Header
	Body   Body
}

var formatNames = [4][4]string{
	Text:     {"text", "rfc5424", "rfc3164", "iso"},
	KeyValue: {"key_value", "key_value_rfc5424", "key_value_rfc3164", "key_value_iso"},
	CEF:      {"cef", "cef_rfc5424", "cef_rfc3164", "cef_iso"},
	JSON:     {"json", "json_rfc5424", "json_rfc3164", "json_iso"},
}

// String returns the name of the format, as attribute pam.format holds it.
func (f Format) String() string { return formatNames[f.Body&3][f.Header&3] }

// NumFormats bounds Index.
const NumFormats = 16

// Index numbers the formats, for counters.
func (f Format) Index() int { return int(f.Body&3)*4 + int(f.Header&3) }

// ParseFormat is the inverse of String; an unknown name is text.
func ParseFormat(name string) Format {
	for b := range formatNames {
		for h, n := range formatNames[b] {
			if n == name {
				return Format{Header(h), Body(b)}
			}
		}
	}
	return Format{}
}
