package plugin

import (
	"slices"
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// reader reads events of chunks as audit events. It is for one goroutine at a
// time.
type reader struct {
	catalog  *audit.Catalog
	parser   *wire.Parser
	lines    []path   // where a record may hold the line as received, the best first
	chosen   bool     // somebody has said where
	extra    []string // names of members that are fields in any case
	needsRaw bool     // what is sent has the line as received in it
	message  wire.Name

	body, otlp, attributes layout
	isOTLP                 bool // the event has metadata of OTLP
	group                  group
	line                   []byte // a message that is put together again
	event                  audit.Event
}

func newReader(c *Config, catalog *audit.Catalog) *reader {
	return &reader{
		catalog:  catalog,
		parser:   wire.NewParser(c.sourceLocation()),
		lines:    c.MessageKey,
		chosen:   c.LineFirst,
		extra:    c.Attributes,
		needsRaw: c.Format == "raw" || c.Message == "json",
		message:  wire.MemberName("msg"),
	}
}

// read reads an event of a chunk. What it returns is used again for the next; it
// is nil for an empty line, which says nothing.
func (r *reader) read(ev *event, now time.Time) *audit.Event {
	e := &r.event
	if !ev.time.IsZero() {
		now = ev.time
	}
	r.readOTLP(ev)
	switch ok, cut := r.body.read(ev.body); {
	case ev.broken != "":
		r.parser.Parse(e, ev.broken, now)
		e.Fault = audit.Fault{Part: "MessagePack", Reason: ev.fault}
	case !ok:
		r.parser.Parse(e, bodyText(ev.body), now)
	case len(r.attributes.members) == 0 && r.isEmpty():
		return nil
	default:
		r.record(e, ev.body, now)
		if cut {
			e.Repairs |= audit.TooManyFields
		}
	}
	r.addOTLP(e)
	e.Time = e.Time.UTC() // as log records have it
	if e.Type == nil {
		r.catalog.Classify(e)
	}
	return e
}

// bodyText returns a body that is no map as text.
func bodyText(body string) string {
	in := msgpack.NewReader(body)
	v, whole, _ := readValue(&in, 0) // which was found in order before
	return valueText(v, whole)
}

// record reads a map by what it holds: attributes of a record that was read
// before, a line as received, the JSON of such a record, the parts of a CEF
// header, or else members as those of a JSON object.
func (r *reader) record(e *audit.Event, body string, now time.Time) {
	line, of := r.findLine()
	switch {
	case r.body.find(audit.AttrFormat) != nil || r.attributes.find(audit.AttrFormat) != nil:
		r.parser.Record(e, now)
		e.Raw = line
		r.addAttributes(e, &r.body)
		r.addAttributes(e, &r.attributes)
		r.parser.End()
	case of != nil && (r.chosen || !r.isFields()):
		r.readLine(e, line, of, now)
	case r.isOwnJSON():
		r.parser.ParseMap(e, string(msgpack.AppendJSON(nil, body)), now, r.catalog)
	case r.hasCEF():
		r.parser.Parse(e, r.joinCEF(), now)
		r.parser.Beside(e)
		r.addRest(e, of)
		r.parser.End()
	default:
		r.parser.Record(e, now)
		r.addRest(e, of)
		r.parser.End()
	}
	if e.Raw == "" && r.needsRaw {
		e.Raw = string(msgpack.AppendJSON(nil, body))
	}
}

// findLine returns the line as received, and the member that it is in; nil
// when there is none.
func (r *reader) findLine() (line string, of *member) {
	for _, p := range r.lines {
		if text, of, ok := p.value(&r.body); ok {
			return text, of
		}
	}
	return "", nil
}

// isFields reports whether the map holds what an event says, and not a line and
// what others put beside it, such as its header and time. Then a text under the
// name of a line is not read as one: users could put any event into it.
func (r *reader) isFields() bool {
	for i := range r.body.members {
		if m := &r.body.members[i]; m.name.Known && !m.name.Time && (m.part == none || m.part >= vendor) {
			return true
		}
	}
	return r.hasCEF()
}

// isEmpty reports whether the map has no member, or but a line without a
// character.
func (r *reader) isEmpty() bool {
	if len(r.body.members) != 1 {
		return len(r.body.members) == 0
	}
	m := &r.body.members[0]
	isLine := slices.ContainsFunc(r.lines, func(p path) bool { return len(p) == 1 && p[0] == m.key })
	return isLine && strings.Trim(m.value.Text, "\r\n\x00") == "" && (m.value.Kind == msgpack.String || m.value.Kind == msgpack.Bytes)
}

// addAttributes takes the members that are attributes of the model.
func (r *reader) addAttributes(e *audit.Event, l *layout) {
	for i := range l.members {
		switch m := &l.members[i]; {
		case m.key == audit.AttrConflict:
			e.Conflict = r.catalog.ByName(m.text())
		case m.name.Attribute, slices.Contains(r.extra, m.key):
			r.add(m)
		}
	}
}

// addRest takes all members but those of a CEF header, if there is one. What
// others spell as words of a syslog header is that. A text comes last.
func (r *reader) addRest(e *audit.Event, text *member) {
	isCEF := e.Source.Format.Body == audit.CEF
	for i := range r.body.members {
		m := &r.body.members[i]
		switch {
		case m == text:
		case m.name.Known && m.value.Kind == msgpack.String: // as nearly all are
			r.parser.Member(&m.name, m.value.Text)
		case m.name.Known:
			r.add(m)
		case isCEF && m.part >= vendor:
		case !m.part.take(e, m):
			r.add(m)
		}
	}
	if text != nil {
		r.addText(text)
	}
}

// addText takes a text that stands beside fields as the event's message, or under
// its own name when there is one.
func (r *reader) addText(m *member) {
	n := &r.message
	if r.parser.Has(n) {
		n = &m.name
	}
	r.parser.Member(n, strings.TrimRight(m.value.Text, "\r\n\x00"))
}

// add takes a member, each value of an array by itself.
func (r *reader) add(m *member) {
	if m.value.Kind != msgpack.Array {
		r.addValue(&m.name, m.value, m.whole)
		return
	}
	in := msgpack.NewReader(m.whole)
	head, _ := in.Next()
	for range head.Int {
		v, whole, _ := readValue(&in, 0) // which was found in order before
		r.addValue(&m.name, v, whole)
	}
}

func (r *reader) addValue(n *wire.Name, v msgpack.Value, whole string) {
	switch v.Kind {
	case msgpack.String, msgpack.Bytes:
		r.parser.Member(n, v.Text)
	case msgpack.Int:
		r.parser.MemberInt(n, v.Int)
	case msgpack.Nil:
	default:
		r.parser.Member(n, valueText(v, whole))
	}
}

// readLine reads a record that holds the line as received, with or without its
// header. What stands beside it is taken where the line does not say it.
func (r *reader) readLine(e *audit.Event, line string, of *member, now time.Time) {
	r.parser.Parse(e, line, now)
	if e.Source.Format.Header == audit.NoHeader {
		if j, ok := r.joinHeader(line, of); ok {
			r.readJoined(e, j, now)
			e.Raw = line
		}
	}
	r.addBeside(e, of)
}

// addBeside takes what stands beside a line: attributes of the model go before
// what the line says, other names that are known behind it. What nobody knows is
// passed over, unless the configuration names it.
func (r *reader) addBeside(e *audit.Event, line *member) {
	r.parser.Beside(e)
	for _, l := range [...]*layout{&r.body, &r.attributes} {
		for i := range l.members {
			m := &l.members[i]
			switch {
			case m == line:
			case m.name.Attribute, slices.Contains(r.extra, m.key):
				r.parser.Forget(&m.name)
				r.add(m)
			case m.name.Known && m.part == none && !r.parser.Has(&m.name):
				r.add(m)
			}
		}
	}
	r.parser.End()
}

// isOwnJSON reports whether the map is one that wire.AppendJSON wrote.
func (r *reader) isOwnJSON() bool {
	fields, raw := r.body.find("fields"), r.body.find("raw")
	return fields != nil && raw != nil && fields.value.Kind == msgpack.Map && raw.value.Kind == msgpack.String
}
