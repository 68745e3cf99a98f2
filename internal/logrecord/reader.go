package logrecord

import (
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// Reader reads log records as events. It changes none, and it is not safe for
// concurrent use.
type Reader struct {
	// Extra names attributes of the record or its Resource that are no fields
	// and are read as such all the same, each under its own name. It is set
	// before the first record is read.
	Extra []string

	// Now is the receipt of records that do not say when they were observed.
	Now time.Time

	catalog  *audit.Catalog
	parser   *wire.Parser
	event    audit.Event
	resource [len(audit.Words)]string // words on the Resource, in the order of resourceWords
	peer     string                   // on the Resource
	extra    []audit.Field            // on the Resource
	columns  []column                 // of the last record, by place
	odd      column                   // one that is not kept
	repairs  map[string]audit.Repairs

	attached audit.Event // what a foreign record says in attributes
	line     []byte      // the message that would say so
}

// NewReader returns a Reader that finds types in c and reads times without a
// zone in loc; nil is UTC.
func NewReader(c *audit.Catalog, loc *time.Location) *Reader {
	return &Reader{catalog: c, parser: wire.NewParser(loc), repairs: map[string]audit.Repairs{}}
}

// Each calls f with every record of ld and the event it carries. The event is
// used again for the next record; its strings are the record's.
func (r *Reader) Each(ld plog.Logs, f func(lr plog.LogRecord, e *audit.Event)) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			ours := sl.Scope().Name() == ScopeName
			r.readResource(rl.Resource().Attributes(), ours)
			for _, lr := range sl.LogRecords().All() {
				r.read(lr, ours)
				f(lr, &r.event)
			}
		}
	}
}

// attrHost is all that is believed of a foreign Resource: service.name and the
// like speak of the collector there, not of the device.
const attrHost = "host.name"

func (r *Reader) readResource(attrs pcommon.Map, ours bool) {
	clear(r.resource[:])
	for i := range resourceWords {
		if attr := resourceWords[i].Attr; ours || attr == attrHost {
			if v, ok := attrs.Get(attr); ok {
				r.resource[i] = textOf(v)
			}
		}
	}
	r.peer, r.extra = "", r.extra[:0]
	if v, ok := attrs.Get(audit.AttrPeer); ok {
		r.peer = textOf(v)
	}
	for _, key := range r.Extra {
		if v, ok := attrs.Get(key); ok {
			r.extra = append(r.extra, audit.Field{Key: key, Text: textOf(v)})
		}
	}
}

func (r *Reader) read(lr plog.LogRecord, ours bool) {
	e := &r.event
	e.Reset()
	e.Received = timeOf(lr.ObservedTimestamp())
	if e.Received.IsZero() {
		e.Received = r.Now
	}
	if ours || hasFormat(lr) {
		e.Raw, e.Time = textOf(lr.Body()), timeOf(lr.Timestamp())
		r.attributes(e, lr.Attributes())
	} else {
		r.foreign(e, lr)
	}
	if s := audit.NumberSeverity(int32(lr.SeverityNumber())); s != audit.NoSeverity {
		e.Severity = s
	}
	if name, ok := strings.CutPrefix(lr.EventName(), audit.PrefixEventName); ok {
		e.Type = r.catalog.ByName(name)
	}
	for i := range resourceWords {
		if word := resourceWords[i].Text(&e.Source); *word == "" {
			*word = r.resource[i]
		}
	}
	e.Peer = r.peer
	for _, f := range r.extra {
		e.Add(f)
	}
}

// attributes reads the attributes of the model; others are passed over.
func (r *Reader) attributes(e *audit.Event, attrs pcommon.Map) {
	i := 0
	for key, v := range attrs.All() {
		c := r.column(i, key)
		if c.read != nil {
			c.read(r, e, v)
		}
		if c.isField {
			addValues(e, c.field, v)
		}
		i++
	}
}

// column is what an attribute's key says.
type column struct {
	key     string
	isField bool
	field   audit.Field // without a value
	read    func(*Reader, *audit.Event, pcommon.Value)
}

// column resolves the key of the i-th attribute. What stood there in the
// record before is tried first: most records are laid out like the last.
func (r *Reader) column(i int, key string) *column {
	if i < len(r.columns) && r.columns[i].key == key {
		return &r.columns[i]
	}
	c := &r.odd
	switch {
	case len(key) > maxCachedLen:
	case i < len(r.columns):
		c = &r.columns[i]
	case i == len(r.columns) && i < maxCached:
		r.columns = append(r.columns, column{})
		c = &r.columns[i]
	}
	*c = column{key: key, read: headerAttrs[key]}
	c.field, c.isField = fieldName(key)
	if !c.isField && slices.Contains(r.Extra, key) {
		c.field, c.isField = audit.Field{Key: key}, true
	}
	return c
}

// fieldName returns a field without a value, named as the attribute says.
func fieldName(attr string) (f audit.Field, ok bool) {
	if t := audit.Attributes.Lookup(attr); t > audit.TermSD {
		return audit.Field{Term: t}, true
	}
	for t, prefix := range prefixes {
		if strings.HasPrefix(attr, prefix) {
			return audit.Field{Term: audit.TermID(t), Key: attr[len(prefix):]}, true
		}
	}
	return audit.Field{}, false
}

// addValues adds a field for each value in v.
func addValues(e *audit.Event, f audit.Field, v pcommon.Value) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		f.Num, f.IsNum = v.Int(), true
	case pcommon.ValueTypeSlice:
		for _, element := range v.Slice().All() {
			if element.Type() != pcommon.ValueTypeSlice {
				addValues(e, f, element)
			}
		}
		return
	default:
		f.Text = textOf(v)
	}
	if !absent(&f) {
		e.Add(f)
	}
}

// headerAttrs reads what is no field.
var headerAttrs = makeHeaderAttrs()

func makeHeaderAttrs() map[string]func(*Reader, *audit.Event, pcommon.Value) {
	m := map[string]func(*Reader, *audit.Event, pcommon.Value){
		audit.AttrFacility: func(_ *Reader, e *audit.Event, v pcommon.Value) {
			if n, ok := number(v, syslog.MaxFacility); ok {
				e.Source.HasPRI, e.Source.Facility = true, n
			}
		},
		audit.AttrSeverity: func(_ *Reader, e *audit.Event, v pcommon.Value) {
			if n, ok := number(v, syslog.MaxSeverity); ok {
				e.Source.HasPRI, e.Source.Severity = true, n
			}
		},
		audit.AttrRepairs: func(r *Reader, e *audit.Event, v pcommon.Value) {
			e.Repairs = r.parseRepairs(textOf(v))
		},
		audit.AttrConflict: func(r *Reader, e *audit.Event, v pcommon.Value) {
			e.Conflict = r.catalog.ByName(textOf(v))
		},
	}
	for attr, set := range wire.HeaderAttrs {
		if m[attr] == nil {
			m[attr] = func(_ *Reader, e *audit.Event, v pcommon.Value) { set(e, textOf(v)) }
		}
	}
	return m
}

// number reads a number of a syslog header.
func number(v pcommon.Value, limit int64) (n uint8, ok bool) {
	if v.Type() != pcommon.ValueTypeInt || v.Int() < 0 || v.Int() > limit {
		return 0, false
	}
	return uint8(v.Int()), true
}

// parseRepairs is audit.ParseRepairs, done once for each of the usual
// combinations.
func (r *Reader) parseRepairs(text string) audit.Repairs {
	set, ok := r.repairs[text]
	if !ok {
		set = audit.ParseRepairs(text)
		if len(r.repairs) < maxCached && len(text) <= maxRepairsLen {
			r.repairs[strings.Clone(text)] = set
		}
	}
	return set
}

// maxRepairsLen is longer than all names of repairs together.
const maxRepairsLen = 1024

// textOf returns a value as text. That of a string is the record's own.
func textOf(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeBytes:
		return string(v.Bytes().AsRaw())
	case pcommon.ValueTypeEmpty:
		return ""
	}
	return v.AsString()
}

func timeOf(ts pcommon.Timestamp) time.Time {
	if ts == 0 {
		return time.Time{}
	}
	return ts.AsTime()
}
