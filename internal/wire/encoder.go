package wire

import (
	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// Encoding says how events are rendered. NewEncoder resolves its defaults.
type Encoding struct {
	Format         string         // cef, rfc5424, sensage, raw; default cef
	Keys           string         // vendor, standard; default vendor
	CEFVersion     int            // 0 or 1
	Header         string         // rfc5424, rfc3164, none; for cef and sensage; default rfc5424
	Message        string         // text, key_value, cef, json: the MSG of format rfc5424; default text
	Facility       string         // source, or a facility's name
	Severity       string         // source, catalog
	Language       string         // en, pt: of titles where the source had none
	Edition        string         // 3, 4
	EnterpriseID   int            // private enterprise number of the SD-ELEMENT; 0: 32473
	Hostname       string         // where the source had none
	ProcID         string         // where the source had none
	BOM            bool           // a byte order mark before the MSG of RFC 5424
	MaxMessageSize int            // bytes of one message without its frame; 0: no limit
	Framing        syslog.Framing // for AppendFrame
}

// Encoder renders events. It is not safe for concurrent use.
type Encoder struct{ Encoding }

// NewEncoder checks the Encoding and resolves it. The error names the key and
// the values it may have.
func NewEncoder(c Encoding) (*Encoder, error) { return &Encoder{c}, nil }

// Append appends one message without a frame. It holds no CR, LF or NUL,
// except that format raw gives the bytes as received. truncated reports that
// MaxMessageSize cut it.
func (enc *Encoder) Append(dst []byte, e *audit.Event) (out []byte, truncated bool) {
	return dst, false
}

// AppendFrame appends one message in its frame.
func (enc *Encoder) AppendFrame(dst []byte, e *audit.Event) (out []byte, truncated bool) {
	return dst, false
}

// AppendJSON appends e as one line of JSON, schema version 1:
//
//	{"time","host","type","severity","classified_by","conflict","repairs","fields":{},"resource":{},"raw"}
func AppendJSON(dst []byte, e *audit.Event) []byte { return dst }
