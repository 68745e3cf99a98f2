package wire

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// Name is what the key of a record's member says. Finding it costs more than
// using it, so who reads many records of one layout keeps it.
type Name struct {
	Attribute bool // it is one of the attribute model
	Known     bool // it is that, or a key of the A2A audit API or of CEF
	Time      bool // it tells the event's time

	field audit.Field                     // without a value
	set   func(*audit.Event, string) bool // where it is no field; false: the value is not of its form
	slot  bool                            // it is a custom slot of CEF, or its label
}

// MemberName finds what a key says: the first of an attribute, a key of the A2A
// audit API, and one of CEF; else it is a name of its own. It keeps the key.
func MemberName(key string) Name {
	n := Name{set: HeaderAttrs[key], field: audit.Field{Term: audit.Attributes.Lookup(key)}}
	switch {
	case n.set != nil:
		n.field.Key = key
	case n.field.Term != audit.TermUnknown:
	case strings.HasPrefix(key, audit.PrefixExt):
		n.field.Key = key[len(audit.PrefixExt):]
	case strings.HasPrefix(key, audit.PrefixSD):
		n.field = audit.Field{Term: audit.TermSD, Key: key[len(audit.PrefixSD):]}
	default:
		return keyName(key)
	}
	n.Attribute, n.Known = true, true
	return n
}

// keyName finds what a key says that is no attribute.
func keyName(key string) Name {
	t := audit.JSONKeys.Lookup(key)
	if t == audit.TermUnknown {
		t = audit.CEFKeys.Lookup(key)
	}
	if t != audit.TermUnknown {
		return Name{Known: true, field: audit.Field{Term: t}}
	}
	time := key == timestampKey || key == timeKey
	return Name{Known: time, Time: time, slot: slotOf(key) != "", field: audit.Field{Key: key}}
}

// HeaderLen returns how many bytes are the header of the message that Parse has
// read, when all of it is UTF-8.
func (p *Parser) HeaderLen() int { return p.header.Offset }

// Record begins an event whose members another program has parted, as those of a
// JSON object: then come Member for each of them, and End.
func (p *Parser) Record(e *audit.Event, now time.Time) {
	p.begin(e, now)
	p.timed = true // only Member says when
	e.Source.Format.Body = audit.JSON
}

// Beside goes on with an event that Parse has read: then come Member for what
// stands beside the message, and End.
func (p *Parser) Beside(e *audit.Event) { p.event, p.timed, p.slots = e, true, false }

// Member takes a member.
func (p *Parser) Member(n *Name, value string) {
	if !isASCII(value) && !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "\uFFFD")
		p.event.Repairs |= audit.InvalidUTF8
	}
	switch {
	case n.field.Term > audit.TermSD:
		p.add(n.field.Term, value)
	case n.set != nil && n.set(p.event, value), n.Time && p.takeTime(value):
	case n.field.Term == audit.TermSD && value != "":
		p.event.Add(audit.Field{Term: audit.TermSD, Key: n.field.Key, Text: value})
	default:
		p.slots = p.slots || n.slot
		p.unknown(n.field.Key, value)
	}
}

// MemberInt takes a member whose value is a whole number.
func (p *Parser) MemberInt(n *Name, value int64) {
	if t := n.field.Term; t > audit.TermSD && t.Row().Kind == audit.Int {
		p.addField(audit.Field{Term: t, Num: value, IsNum: true})
		return
	}
	p.Member(n, strconv.FormatInt(value, 10))
}

// Has reports whether the event has a field of that name.
func (p *Parser) Has(n *Name) bool {
	return slices.ContainsFunc(p.event.Fields, func(f audit.Field) bool { return f.SameName(&n.field) })
}

// Forget removes all fields of that name.
func (p *Parser) Forget(n *Name) {
	p.event.Fields = slices.DeleteFunc(p.event.Fields, func(f audit.Field) bool { return f.SameName(&n.field) })
}

// End ends an event that Record or Beside began.
func (p *Parser) End() {
	p.settle()
	p.event = nil
}

// HeaderAttrs sets what attributes say that are no fields. A setter reports whether the
// value is of the attribute's form.
var HeaderAttrs = makeHeaderAttrs()

func makeHeaderAttrs() map[string]func(*audit.Event, string) bool {
	m := map[string]func(*audit.Event, string) bool{
		audit.AttrUID: func(e *audit.Event, value string) (ok bool) {
			uid, ok := audit.ParseUID(value)
			if ok {
				e.UID = uid
			}
			return ok
		},
		audit.AttrFormat: func(e *audit.Event, value string) bool {
			e.Source.Format = audit.ParseFormat(value)
			return true
		},
		audit.AttrFacility: func(e *audit.Event, value string) bool {
			return setPRI(e, &e.Source.Facility, value, syslog.MaxFacility)
		},
		audit.AttrSeverity: func(e *audit.Event, value string) bool {
			return setPRI(e, &e.Source.Severity, value, syslog.MaxSeverity)
		},
		audit.AttrRepairs: func(e *audit.Event, value string) bool {
			e.Repairs |= audit.ParseRepairs(value)
			return true
		},
		audit.AttrFault: func(e *audit.Event, value string) bool {
			e.Fault = audit.ParseFault(value)
			return true
		},
		audit.AttrClassifiedBy: func(e *audit.Event, value string) bool {
			e.Evidence = audit.ParseEvidence(value)
			return true
		},
		audit.AttrPeer: func(e *audit.Event, value string) bool {
			e.Peer = value
			return true
		},
	}
	for _, w := range audit.Words {
		m[w.Attr] = func(e *audit.Event, value string) bool {
			*w.Text(&e.Source) = value
			return true
		}
	}
	return m
}

// setPRI sets a part of PRI.
func setPRI(e *audit.Event, part *uint8, value string, limit int64) bool {
	n, ok := audit.ParseInt(value)
	if ok = ok && n >= 0 && n <= limit; ok {
		e.Source.HasPRI, *part = true, uint8(n)
	}
	return ok
}
