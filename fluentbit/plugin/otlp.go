package plugin

import (
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
)

// sender is what the mark of a group says of its Resource. Many events have one
// group.
type sender struct {
	group    string
	resource layout
}

// readOTLP reads what in_opentelemetry keeps of a log record beside its body:
//
//	metadata = {"otlp": {"attributes": {…}, "event_name": …, "severity_number": …,
//	                     "timestamp": …, "observed_timestamp": …}}
//	         | the attributes    (before Fluent Bit 3.1)
//	group    = {"resource": {"attributes": {…}}, "scope": {…}}
func (r *reader) readOTLP(ev *event) {
	r.otlp.members, r.attributes.members = nil, nil
	if ev.metadata != "" {
		r.readWithin(&r.otlp, ev.metadata, "otlp")
		if m := r.otlp.find("attributes"); m != nil {
			r.attributes.read(m.whole)
		} else if r.otlp.members == nil {
			r.attributes.read(ev.metadata)
		}
	}
	if ev.group == r.sender.group {
		return
	}
	r.sender.group, r.sender.resource.members = strings.Clone(ev.group), nil
	if v, whole, ok := within(r.sender.group, "resource"); ok && v.Kind == msgpack.Map {
		r.readWithin(&r.sender.resource, whole, "attributes")
	}
}

func (r *reader) readWithin(l *layout, whole, name string) {
	if v, inner, ok := within(whole, name); ok && v.Kind == msgpack.Map {
		l.read(inner)
	}
}

// attrHost is all that is believed of a Resource that is not ours: service.name
// and the like speak of the program there, not of the device.
const attrHost = "host.name"

// addOTLP adds to an event what OTLP says of it, and the event lacks.
func (r *reader) addOTLP(e *audit.Event) {
	if n := r.otlp.find("severity_number"); n != nil {
		if s := audit.NumberSeverity(int32(n.value.Int)); s != audit.NoSeverity && n.value.Kind == msgpack.Int {
			e.Severity = s
		}
	}
	if m := r.otlp.find("event_name"); m != nil {
		if name, ok := strings.CutPrefix(m.text(), audit.PrefixEventName); ok {
			e.Type = r.catalog.ByName(name)
		}
	}
	if t := r.otlp.time("observed_timestamp"); !t.IsZero() {
		e.Received = t
	}
	if t := r.otlp.time("timestamp"); e.Time.IsZero() && !t.IsZero() {
		e.Time = t
	}
	ours := r.attributes.find(audit.AttrFormat) != nil
	for i := range r.sender.resource.members {
		if m := &r.sender.resource.members[i]; ours || m.key == attrHost {
			r.addWord(e, m)
		}
	}
}

// addWord sets the word of the header that an attribute of a Resource is, where
// the event has none.
func (r *reader) addWord(e *audit.Event, m *member) {
	if m.key == audit.AttrPeer {
		e.Peer = m.text()
	}
	for i := range audit.Words {
		if w := &audit.Words[i]; w.Attr == m.key {
			if word := w.Text(&e.Source); *word == "" {
				*word = m.text()
			}
		}
	}
}

// time returns a time in nanoseconds since 1970, zero when there is none.
func (l *layout) time(key string) time.Time {
	if m := l.find(key); m != nil && m.value.Kind == msgpack.Int && m.value.Int > 0 {
		return time.Unix(0, m.value.Int).UTC()
	}
	return time.Time{}
}
