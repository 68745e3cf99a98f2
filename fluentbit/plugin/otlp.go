package plugin

import (
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
)

// group is what the mark of a group says of its Resource. Many events have one
// group.
type group struct {
	mark     string // its body
	resource layout
}

// readOTLP reads what in_opentelemetry keeps of a log record beside its body:
//
//	metadata = {"otlp": {"attributes": {…}, "event_name": …, "severity_number": …,
//	                     "timestamp": …, "observed_timestamp": …}}
//	         | the attributes    (before Fluent Bit 3.1)
//	group    = {"resource": {"attributes": {…}}, "scope": {…}}
//
// A group is only that of events which have the first form, as all that
// in_opentelemetry puts in groups: a client of in_forward can begin a group and
// leave it open before the events of others.
func (r *reader) readOTLP(ev *event) {
	r.otlp.forget()
	r.attributes.forget()
	r.isOTLP = ev.metadata != "" && r.otlp.readWithin(ev.metadata, "otlp")
	if m := r.otlp.find("attributes"); m != nil {
		r.attributes.read(m.whole)
	} else if !r.isOTLP {
		r.attributes.read(ev.metadata)
	}
	if r.isOTLP && ev.group != r.group.mark {
		r.readGroup(ev.group)
	}
}

// readGroup reads the body of a mark, which outlives its chunk.
func (r *reader) readGroup(mark string) {
	g := &r.group
	g.mark = strings.Clone(mark)
	g.resource.forget()
	if v, whole, ok := within(g.mark, "resource"); ok && v.Kind == msgpack.Map {
		g.resource.readWithin(whole, "attributes")
	}
}

// attrHost and the address of who has sent it are all that is believed of a
// Resource that is not ours: service.name and the like speak of the program there,
// not of the device.
const attrHost = "host.name"

// addOTLP adds to an event what OTLP says of it, and the event lacks.
func (r *reader) addOTLP(e *audit.Event) {
	if n := r.otlp.find("severity_number"); n != nil && n.value.Kind == msgpack.Int {
		if s := audit.NumberSeverity(int32(n.value.Int)); s != audit.NoSeverity {
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
	if r.isOTLP {
		r.addResource(e)
	}
}

// addResource sets the words of the header that attributes of the Resource are,
// where the event has none.
func (r *reader) addResource(e *audit.Event) {
	ours := r.attributes.find(audit.AttrFormat) != nil
	for i := range r.group.resource.members {
		switch m := &r.group.resource.members[i]; {
		case m.key == audit.AttrPeer:
			e.Peer = m.word()
		case ours || m.key == attrHost:
			setWord(e, m)
		}
	}
}

func setWord(e *audit.Event, m *member) {
	for i := range audit.Words {
		if w := &audit.Words[i]; w.Attr == m.key {
			if word := w.Text(&e.Source); *word == "" {
				*word = m.word()
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
