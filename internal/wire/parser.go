package wire

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
	"github.com/otelcol-pam/otelcol-pam/internal/kv"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// Parser reads messages. It keeps what helps with the next one, so a
// connection has one of its own; it is not safe for concurrent use.
type Parser struct {
	syslog  syslog.Parser
	header  syslog.Message
	cef     cef.Message
	pairs   cef.Scanner
	kv      kv.Scanner
	json    jsontext.Decoder
	input   strings.Reader
	spans   []span // values in a JSON text
	members []span // of the one object in it
	own     object // that object, when AppendJSON wrote it

	event *audit.Event
	now   time.Time

	after   [audit.NumTerms]audit.TermID // the Term that came next, last time
	last    audit.TermID
	lead    bool          // no field was read yet, so what is none may be ours
	ours    bool          // our own words stood in front of the fields
	timed   bool          // the extension gave the time
	slots   bool          // a custom slot or its label was seen
	aliases []audit.Field // misspelt keys whose Term has a value already
	scratch []audit.Field
}

// NewParser returns a Parser that reads times without a zone in location;
// nil is UTC.
func NewParser(location *time.Location) *Parser {
	if location == nil {
		location = time.UTC
	}
	p := &Parser{syslog: syslog.Parser{Location: location}}
	p.pairs.Known, p.kv.Known = p.begins, p.beginsKV
	return p
}

// Parse reads one message into e, which it resets. The Event's strings are
// substrings of msg wherever no escape had to be undone.
func (p *Parser) Parse(e *audit.Event, msg string, now time.Time) {
	p.begin(e, now)
	e.Raw = msg
	text := msg
	if !utf8.ValidString(msg) {
		text = strings.ToValidUTF8(msg, "\uFFFD")
		e.Repairs |= audit.InvalidUTF8
	}
	text = strings.TrimRight(text, "\r\n\x00") // a trailer that its framing left
	if len(msg) == sizeLimit {
		e.Repairs |= audit.SizeLimit
	}
	p.syslog.Parse(&p.header, text, now)
	p.readHeader()
	p.readBody(p.header.Msg, p.header.Offset)
	p.settle()
	if len(text) != len(msg) && !e.Fault.IsZero() {
		e.Fault.Offset = rawOffset(msg, e.Fault.Offset)
	}
	p.event = nil
}

// begin begins with another event.
func (p *Parser) begin(e *audit.Event, now time.Time) {
	e.Reset()
	e.Received = now
	p.event, p.now, p.last, p.aliases = e, now, audit.TermUnknown, p.aliases[:0]
	p.lead, p.ours, p.timed, p.slots = true, false, false, false
}

// sizeLimit is the most that the product sends in one message
// (docs.senhasegura.io/docs/monitoring-syslog).
const sizeLimit = 1024

// rawOffset returns where in raw the byte stands that has the given offset
// once bytes that are not UTF-8 have become U+FFFD.
func rawOffset(raw string, offset int) int {
	at, broken := 0, false
	for i := 0; i < len(raw); {
		if at >= offset {
			return i
		}
		r, n := utf8.DecodeRuneInString(raw[i:])
		i += n
		if bad := r == utf8.RuneError && n == 1; !bad {
			at, broken = at+n, false
		} else if !broken {
			at, broken = at+len("\uFFFD"), true
		}
	}
	return len(raw)
}

// syslogRepairs says which repair of the Event each of the grammar's is.
var syslogRepairs = [...]struct {
	of syslog.Repairs
	is audit.Repairs
}{
	{syslog.RepairBOM, audit.BOM},
	{syslog.RepairPRI, audit.PRILeadingZero},
	{syslog.RepairPRIMissing, audit.PRIMissing},
	{syslog.RepairSpaces, audit.HeaderSpaces},
	{syslog.RepairVersionMissing, audit.VersionMissing},
	{syslog.RepairTime, audit.TimeForm},
	{syslog.RepairTimeUnreadable, audit.TimeUnreadable},
	{syslog.RepairDayFirst, audit.DayFirst},
	{syslog.RepairLeapSecond, audit.LeapSecond},
	{syslog.RepairYearAssumed, audit.YearAssumed},
	{syslog.RepairZoneAssumed, audit.ZoneAssumed},
	{syslog.RepairHostMissing, audit.HostMissing},
	{syslog.RepairAppNameMissing, audit.AppNameMissing},
	{syslog.RepairProcIDMissing, audit.ProcIDMissing},
	{syslog.RepairMsgIDMissing, audit.MsgIDMissing},
	{syslog.RepairSDMissing, audit.SDMissing},
	{syslog.RepairSDEscape, audit.ParamNotEscaped},
}

// headers says which header of the Event each of the grammar's forms is.
var headers = [...]audit.Header{
	syslog.NoHeader: audit.NoHeader,
	syslog.RFC5424:  audit.RFC5424,
	syslog.RFC3164:  audit.RFC3164,
	syslog.ISO:      audit.ISO,
}

func (p *Parser) readHeader() {
	e, m := p.event, &p.header
	e.Time = m.Time
	e.Source.Format.Header = headers[m.Form]
	e.Source.HasPRI, e.Source.Facility, e.Source.Severity = m.HasPRI, m.Facility, m.Severity
	e.Source.Host, e.Source.App, e.Source.ProcID, e.Source.MsgID = m.Hostname, m.AppName, m.ProcID, m.MsgID
	if m.Repairs != 0 {
		for _, r := range syslogRepairs {
			if m.Repairs&r.of != 0 {
				e.Repairs |= r.is
			}
		}
	}
	if m.Err != nil {
		p.fault(m.Err.Part, m.Err.Offset, m.Err.Err)
	}
	if m.StructuredData != "" {
		syslog.Params(m.StructuredData, p.param)
	}
}

// readBody reads what follows the header by what it begins with.
func (p *Parser) readBody(body string, offset int) {
	start := strings.TrimLeft(body, " ")
	offset += len(body) - len(start)
	if strings.HasPrefix(start, "|CEF:") {
		p.event.Repairs |= audit.LeadingPipe
		start, offset = strings.TrimSuffix(start[1:], "|"), offset+1
	}
	switch {
	case strings.HasPrefix(start, "CEF:"):
		p.readCEF(start, offset)
	case p.header.AppName == "CEF" && (strings.HasPrefix(start, "0|") || strings.HasPrefix(start, "1|")):
		p.event.Source.App = "" // a relay took it for the TAG
		p.event.Repairs |= audit.CEFTag
		p.readCEF("CEF:"+start, offset-len("CEF:"))
	case strings.HasPrefix(start, "{"), strings.HasPrefix(start, "["):
		p.readJSON(start, offset)
	case kv.Looks(start):
		p.readPairs(start, offset)
	default:
		p.readText(body)
	}
}

// readText takes a body of plain words, which is the product's sentence. It
// stands before all other fields.
func (p *Parser) readText(body string) {
	if audit.NotApplicable(body) {
		return
	}
	p.scratch = append(p.scratch[:0], p.event.Fields...)
	p.event.ClearFields()
	p.event.Add(audit.Field{Term: audit.Message, Text: body})
	for _, f := range p.scratch { // those of STRUCTURED-DATA
		p.event.Add(f)
	}
}

// param takes one SD-PARAM. Those of our own SD-ELEMENT are fields and header
// words; others keep their name.
func (p *Parser) param(id, name, value string) bool {
	if !strings.HasPrefix(id, sdPrefix) {
		if value != "" {
			p.event.Add(audit.Field{Term: audit.TermSD, Key: SDKey(id, name), Text: value})
		}
		return true
	}
	p.ours = true
	for i := range headerWords {
		if headerWords[i].param == name {
			*headerWords[i].word(&p.event.Source) = value
			return true
		}
	}
	if name == hostParam && p.takeHost(value) || name == uidParam && p.takeUID(value) || name == truncatedParam && p.takeTruncated(value) {
		return true
	}
	if t := audit.ParamKeys.Lookup(name); t != audit.TermUnknown {
		p.add(t, value)
		return true
	}
	p.unknown(unreserve(name, audit.ParamKeys), value)
	return true
}

// takeUID reads the record's uid.
func (p *Parser) takeUID(value string) bool {
	uid, ok := audit.ParseUID(value)
	if ok {
		p.event.UID = uid
	}
	return ok
}

// takeHost reads the source's host, which the header does not have.
func (p *Parser) takeHost(value string) bool {
	if strings.TrimFunc(value, isBlank) == "" {
		return false
	}
	p.event.Source.Host = value
	return true
}

// takeTruncated reads that a limit cut the message on its way.
func (p *Parser) takeTruncated(value string) bool {
	if value != "true" {
		return false
	}
	p.event.Repairs |= audit.Truncated
	return true
}

// fault keeps the first thing that could not be read.
func (p *Parser) fault(part string, offset int, err error) {
	if p.event.Fault.IsZero() {
		p.event.Fault = audit.Fault{Part: part, Offset: offset, Reason: err.Error()}
	}
}

// term finds the Term that a CEF key spells. In front of the lookup stands a
// guess: the Term that followed the previous one last time.
func (p *Parser) term(key string) audit.TermID {
	guess := p.after[p.last]
	if guess != audit.TermUnknown && guess.Row().CEF == key {
		p.last = guess
		return guess
	}
	t := audit.CEFKeys.Lookup(key)
	if t != audit.TermUnknown {
		p.after[p.last] = t
		p.last = t
	}
	return t
}

// add adds a field unless its value says that there is none.
func (p *Parser) add(t audit.TermID, value string) {
	switch {
	case audit.NotApplicable(value):
	case t.Row().Kind == audit.Int:
		p.addField(p.field(t, value))
	case p.event.AddText(t, value):
		p.event.Repairs |= audit.RepeatedKey
	}
}

func (p *Parser) addField(f audit.Field) {
	if p.event.Add(f) {
		p.event.Repairs |= audit.RepeatedKey
	}
}

// field types a value by its Term. An Int is one only when its decimal is
// canonical; else the text is kept.
func (p *Parser) field(t audit.TermID, value string) audit.Field {
	f := audit.Field{Term: t, Text: value}
	if t.Row().Kind != audit.Int {
		return f
	}
	if n, ok := audit.ParseInt(strings.TrimRightFunc(value, isBlank)); ok {
		f.Text, f.Num, f.IsNum = "", n, true
	} else {
		p.event.Repairs |= audit.NotANumber
	}
	return f
}

// unknown adds a field that no Term spells.
func (p *Parser) unknown(key, value string) {
	if !audit.NotApplicable(value) {
		p.addField(audit.Field{Key: key, Text: value})
	}
}
