package wire

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// Encoding says how events are rendered. The zero value of each field is its
// default.
//
// HostnameRule says whose name HOSTNAME is. source: the source's own, else the
// address that it sent from, else Hostname. source_dvchost: the same, and
// dvchost in CEF repeats it. no_ipv6: Hostname in the place of an IPv6 address.
// collector: always Hostname. Where HOSTNAME is not the source's, dvchost in
// CEF has it, and deviceHostName in our SD-ELEMENT and in Sensage.
type Encoding struct {
	Format         string         // cef, rfc5424, sensage, raw; default cef
	Keys           string         // vendor, standard; default vendor
	CEFVersion     int            // 0 or 1
	Header         string         // rfc5424, rfc3164, cef (rfc3164 without TAG, as the CEF standard prints it), none; default rfc5424, for sensage rfc3164
	Message        string         // text, key_value, cef, json: the MSG of format rfc5424; default text
	Facility       string         // source, or a facility's name; default source
	Severity       string         // source, catalog; default source
	Language       string         // en, pt: of titles where the source had none; default en
	Edition        string         // 3, 4: of titles; default 4
	EnterpriseID   int            // private enterprise number of our SD-ELEMENT; default 32473
	Hostname       string         // where neither the source nor the peer's address says
	HostnameRule   string         // source, source_dvchost, no_ipv6, collector; default source
	Location       *time.Location // zone of RFC 3164 times, which do not say it; default UTC
	TimeFormat     string         // epoch_ms, cef_date: the form of rt in CEF, milliseconds or "MMM dd yyyy HH:mm:ss UTC"; default epoch_ms
	TimePrecision  string         // source, milliseconds: the fraction of a second in RFC 5424 headers, as told or always three digits; default source
	ProcID         string         // where the source had none
	Token          string         // a secret: SD-ID of an empty SD-ELEMENT, the first in each RFC 5424 header; default none
	BOM            bool           // a byte order mark before the MSG of RFC 5424
	MaxMessageSize int            // bytes of one message without its frame; 0: no limit
	Framing        syslog.Framing // for AppendFrame
}

// choices are the values each key of an Encoding may have, default first.
var choices = []struct {
	key    string
	value  func(*Encoding) *string
	values []string
}{
	{"format", func(c *Encoding) *string { return &c.Format }, []string{"cef", "rfc5424", "sensage", "raw"}},
	{"keys", func(c *Encoding) *string { return &c.Keys }, []string{"vendor", "standard"}},
	{"header", func(c *Encoding) *string { return &c.Header }, []string{"rfc5424", "rfc3164", "cef", "none"}},
	{"message", func(c *Encoding) *string { return &c.Message }, []string{"text", "key_value", "cef", "json"}},
	{"facility", func(c *Encoding) *string { return &c.Facility }, append([]string{"source"}, Facilities[:]...)},
	{"severity", func(c *Encoding) *string { return &c.Severity }, []string{"source", "catalog"}},
	{"language", func(c *Encoding) *string { return &c.Language }, []string{"en", "pt"}},
	{"edition", func(c *Encoding) *string { return &c.Edition }, []string{"4", "3"}},
	{"hostname_rule", func(c *Encoding) *string { return &c.HostnameRule }, []string{"source", "source_dvchost", "no_ipv6", "collector"}},
	{"time_format", func(c *Encoding) *string { return &c.TimeFormat }, []string{"epoch_ms", "cef_date"}},
	{"time_precision", func(c *Encoding) *string { return &c.TimePrecision }, []string{"source", "milliseconds"}},
}

// Facilities names the facilities 0 to 23 of RFC 5424 section 6.2.1 as syslog
// daemons spell them.
var Facilities = [24]string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
	"uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// minMessageSize is what a limit must leave room for: the longest headers, and
// what RFC 3164 section 4.1 allows at all.
const minMessageSize = 1024

// Encoder renders events. It is not safe for concurrent use.
type Encoder struct {
	Encoding
	facility        int // -1: the source's
	standard        bool
	catalogSeverity bool
	sdID            string
	append          func(*Encoder, []byte, *audit.Event) []byte
	limit           int // offset in dst that the message must not pass; 0: none
	truncated       bool
	flag            bool // say so in the message

	header syslog.Header
	slots  slots
	pairs  [audit.NumTerms]pair // how a Term travels in CEF
	// the Terms that travel under a key of the dictionary, with standard keys
	standardKeys map[string]audit.TermID
	columns      [audit.NumTerms]int // index of a Term's first field plus one
	cefNames     *scheme             // of the fields without a Term, in CEF
	names        []string            // of the fields without a Term
	taken        map[string]bool     // names given out
	params       []foreignParam
	scratch      []byte
}

// NewEncoder checks the Encoding and resolves it. The error names every key that
// is wrong and the values it may have.
func NewEncoder(c Encoding) (*Encoder, error) {
	if c.Header == "" && c.Format == "sensage" {
		c.Header = "rfc3164"
	}
	errs := []error{c.checkNumbers()}
	for _, choice := range choices {
		errs = append(errs, choose(choice.key, choice.value(&c), choice.values))
	}
	errs = append(errs, c.checkToken())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.EnterpriseID == 0 {
		c.EnterpriseID = examplePEN
	}
	enc := &Encoder{
		Encoding:        c,
		facility:        slices.Index(Facilities[:], c.Facility),
		standard:        c.Keys == "standard",
		catalogSeverity: c.Severity == "catalog",
		sdID:            sdPrefix + strconv.Itoa(c.EnterpriseID),
		append:          appenders[c.Format],
		cefNames:        &cefNames,
		taken:           map[string]bool{},
		standardKeys:    map[string]audit.TermID{},
	}
	if c.HostnameRule != "source" {
		enc.cefNames = &cefHostNames
	}
	for t := range audit.Terms {
		key := audit.Terms[t].CEF
		if enc.standard {
			key = audit.Terms[t].Standard
			enc.standardKeys[key] = audit.TermID(t)
		}
		enc.pairs[t] = enc.newPair(audit.TermID(t), key)
	}
	if enc.standard {
		enc.standardKeys["cat"] = audit.Action // its second value
	}
	return enc, nil
}

// examplePEN is the private enterprise number reserved for examples (RFC 5612).
const examplePEN = 32473

var appenders = map[string]func(*Encoder, []byte, *audit.Event) []byte{
	"cef":     (*Encoder).appendCEFMessage,
	"rfc5424": (*Encoder).appendRFC5424,
	"sensage": (*Encoder).appendSensage,
	"raw":     (*Encoder).appendRaw,
}

func choose(key string, value *string, values []string) error {
	if *value == "" {
		*value = values[0]
	}
	for _, v := range values {
		if v == *value {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is not one of %s", key, *value, strings.Join(values, ", "))
}

func (c *Encoding) checkNumbers() error {
	var errs []error
	if c.CEFVersion != 0 && c.CEFVersion != 1 {
		errs = append(errs, fmt.Errorf("cef_version: %d is neither 0 nor 1", c.CEFVersion))
	}
	if c.EnterpriseID < 0 || c.EnterpriseID > 1<<31-1 {
		errs = append(errs, fmt.Errorf("enterprise_id: %d is no private enterprise number, 1 to 2147483647", c.EnterpriseID))
	}
	least := minMessageSize
	if c.Token != "" {
		least += tokenReserve
	}
	if c.MaxMessageSize != 0 && c.MaxMessageSize < least {
		errs = append(errs, fmt.Errorf("max_message_size: %d is less than %d, which the headers may need; 0 is no limit", c.MaxMessageSize, least))
	}
	return errors.Join(errs...)
}

// checkToken refuses a token that cannot be sent. The error does not show it.
//
//	SD-ID = 1*32PRINTUSASCII ; except '=', SP, ']', %d34 (")
//
// The length is not held to: tokens of real products are longer.
func (c *Encoding) checkToken() error {
	other := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`="]`, r) }
	switch {
	case c.Token == "":
		return nil
	case c.Format == "raw" || c.Format != "rfc5424" && c.Header != "rfc5424":
		return errors.New("token: only an RFC 5424 header has a place for it: use header: rfc5424 and another format than raw")
	case len(c.Token) > syslog.MaxToken || strings.ContainsFunc(c.Token, other) || strings.HasPrefix(c.Token, sdPrefix):
		return fmt.Errorf("token: is no SD-ID: use 1 to %d printable ASCII characters, without spaces, =, ] and quotes, and not beginning with %s", syslog.MaxToken, sdPrefix)
	}
	return nil
}

// tokenReserve is what an SD-ELEMENT with the longest token takes of a message.
const tokenReserve = len("[") + syslog.MaxToken + len("]")

// Append appends one message without a frame. It holds no CR, LF or NUL,
// except that format raw gives the bytes as received. truncated reports that
// a limit cut it: MaxMessageSize, or the length the CEF dictionary allows; the
// message then says so itself, but for format raw.
func (enc *Encoder) Append(dst []byte, e *audit.Event) (out []byte, truncated bool) {
	enc.truncated, enc.flag, enc.limit = false, false, 0
	if enc.MaxMessageSize > 0 {
		enc.limit = len(dst) + enc.MaxMessageSize
	}
	out = enc.append(enc, dst, e)
	if enc.truncated {
		enc.flag = true
		out = enc.append(enc, out[:len(dst)], e)
	}
	return out, enc.truncated
}

// AppendFrame appends one message in its frame.
func (enc *Encoder) AppendFrame(dst []byte, e *audit.Event) (out []byte, truncated bool) {
	out, truncated = enc.Append(dst, e)
	return syslog.EndFrame(out, enc.Framing, len(dst)), truncated
}

// appendRaw appends the bytes as received.
func (enc *Encoder) appendRaw(dst []byte, e *audit.Event) []byte {
	return enc.cut(append(dst, e.Raw...), len(dst))
}

// cut cuts what stands behind floor at the limit, between runes.
func (enc *Encoder) cut(dst []byte, floor int) []byte {
	if enc.limit == 0 || len(dst) <= enc.limit {
		return dst
	}
	enc.truncated = true
	return dst[:runeStart(dst, max(enc.limit, floor), floor)]
}

// runeStart returns the last place at or before n, but not before floor,
// where a rune begins.
func runeStart(b []byte, n, floor int) int {
	for i := n; i >= floor && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return i
		}
	}
	return n
}

// full reports whether dst has passed the limit, and notes it.
func (enc *Encoder) full(dst []byte) bool {
	if enc.limit == 0 || len(dst) <= enc.limit {
		return false
	}
	enc.truncated = true
	return true
}

// fill sets the words of the syslog header: the source's, else our own.
func (enc *Encoder) fill(e *audit.Event) *syslog.Header {
	h := &enc.header
	h.Facility, h.Severity = enc.facilityOf(e), enc.severityOf(e)
	h.Time = timeOf(e)
	h.AppName, h.ProcID, h.MsgID = e.Source.App, e.Source.ProcID, e.Source.MsgID
	h.Hostname, _ = enc.hosts(e)
	if h.AppName == "" {
		h.AppName = ownAppName(e)
	}
	if enc.Header == "rfc3164" || enc.Header == "cef" {
		h.Time = h.Time.In(enc.Location)
	}
	if h.ProcID == "" {
		h.ProcID = enc.ProcID
	}
	if e.Type != nil {
		h.MsgID = e.Type.Name
	}
	return h
}

// hosts returns HOSTNAME by the rule, and the name that is told beside it: the
// source's where HOSTNAME is another, or the same again where that is asked
// for.
func (enc *Encoder) hosts(e *audit.Event) (hostname, beside string) {
	name := sourceHost(e)
	if name == "" {
		name = enc.Hostname
	}
	switch rule := enc.HostnameRule; {
	case rule == "source":
	case rule == "source_dvchost":
		return name, name
	case rule == "collector" && name != enc.Hostname, rule == "no_ipv6" && strings.Contains(name, ":"):
		return enc.Hostname, name
	}
	return name, ""
}

// otherHost returns the source's host where HOSTNAME is another, else "".
func (enc *Encoder) otherHost(e *audit.Event) string {
	hostname, beside := enc.hosts(e)
	if beside == hostname {
		return ""
	}
	return beside
}

// sourceHost returns the name of the source: its own, else the address that it
// sent from, and none where that is this machine.
func sourceHost(e *audit.Event) string {
	if e.Source.Host != "" {
		return e.Source.Host
	}
	if e.Peer == "" {
		return ""
	}
	if a, err := netip.ParseAddr(e.Peer); err == nil && !a.IsLoopback() {
		return e.Peer
	}
	return ""
}

// ownAppName returns the APP-NAME of an event that came without: the product's
// or that of its A2A events, none for what another vendor's product sent.
func ownAppName(e *audit.Event) string {
	switch {
	case e.IsA2A():
		return audit.A2AApp
	case e.Source.IsForeign():
		return ""
	}
	return audit.Product
}

// facilityOf returns the source's facility where it had one; else user, and
// local0 for A2A, as the vendor documents them.
func (enc *Encoder) facilityOf(e *audit.Event) uint8 {
	switch {
	case enc.facility >= 0:
		return uint8(enc.facility)
	case e.Source.HasPRI:
		return e.Source.Facility
	case e.IsA2A():
		return 16
	}
	return 1
}

func (enc *Encoder) severityOf(e *audit.Event) uint8 {
	n, _ := enc.severity(e).Syslog()
	return n
}

// severity returns the severity that counts: the source's, else the Type's,
// else notice; the Type's first where the catalog's is asked for.
func (enc *Encoder) severity(e *audit.Event) audit.Severity {
	byType := audit.NoSeverity
	if e.Type != nil {
		byType = e.Type.Severity
	}
	switch {
	case enc.catalogSeverity && byType != audit.NoSeverity:
		return byType
	case e.Severity != audit.NoSeverity:
		return e.Severity
	}
	return cmp.Or(e.SourceSeverity(), byType, audit.Notice)
}

// timeOf returns when the event happened, else when it was received.
func timeOf(e *audit.Event) time.Time {
	if e.Time.IsZero() {
		return e.Received
	}
	return e.Time
}

// appendHeader appends the syslog header that the Encoding asks for.
func (enc *Encoder) appendHeader(dst []byte, e *audit.Event) []byte {
	switch enc.Header {
	case "rfc3164":
		return syslog.AppendRFC3164(dst, enc.fill(e))
	case "cef":
		return syslog.AppendUntagged(dst, enc.fill(e))
	case "rfc5424":
		dst = enc.appendHeader5424(dst, e)
		if enc.Token == "" {
			return append(dst, "- "...)
		}
		return append(enc.appendToken(dst), ' ')
	}
	return dst
}

// appendHeader5424 appends the header of RFC 5424 up to STRUCTURED-DATA.
func (enc *Encoder) appendHeader5424(dst []byte, e *audit.Event) []byte {
	if enc.TimePrecision == "milliseconds" {
		return syslog.AppendRFC5424Milli(dst, enc.fill(e))
	}
	return syslog.AppendRFC5424(dst, enc.fill(e))
}

// appendToken appends the SD-ELEMENT that is the token.
func (enc *Encoder) appendToken(dst []byte) []byte {
	if enc.Token == "" {
		return dst
	}
	return append(append(append(dst, '['), enc.Token...), ']')
}

// leavesOut reports whether the keys leave a field out: the vendor's what was
// derived, the standard's what it was derived from.
func (enc *Encoder) leavesOut(t audit.TermID) bool {
	if enc.standard {
		return t == audit.SUID || t == audit.SPID
	}
	return t.Row().Derived
}
