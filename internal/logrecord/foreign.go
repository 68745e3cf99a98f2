package logrecord

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// foreign reads a record that is not ours: its Body as a message, then what
// the message lacks from the attributes that others write, in the order of
// foreignWords, then the attributes that are spelt like ours, which win.
func (r *Reader) foreign(e *audit.Event, lr plog.LogRecord) {
	attrs := lr.Attributes()
	r.parse(e, lr)
	r.attach(e, attrs)
	for _, w := range foreignWords {
		if word := w.text(&e.Source); *word == "" {
			*word = textAt(attrs, w.attr)
		}
	}
	takePRI(e, lr)
	for key := range attrs.All() {
		if f, ok := fieldName(key); ok {
			e.Fields = slices.DeleteFunc(e.Fields, func(g audit.Field) bool { return g.SameName(&f) })
		}
	}
	r.attributes(e, attrs)
	if t := timeOf(lr.Timestamp()); !t.IsZero() && (e.Time.IsZero() || !hasZone(e)) {
		e.Time = t
	}
}

// parse reads the Body, or the attribute that holds the message where there
// is none. A map is read as the JSON it came from.
func (r *Reader) parse(e *audit.Event, lr plog.LogRecord) {
	text := textOf(lr.Body())
	for i := 0; text == "" && i < len(messageAttrs); i++ {
		text = textAt(lr.Attributes(), messageAttrs[i])
	}
	if text == "" {
		return
	}
	now := e.Received
	if now.IsZero() {
		now = timeOf(lr.Timestamp())
	}
	received := e.Received
	if lr.Body().Type() == pcommon.ValueTypeMap {
		r.parser.ParseMap(e, text, now, r.catalog)
	} else {
		r.parser.Parse(e, text, now)
	}
	e.Received = received
}

// messageAttrs are where others put the text behind the syslog header.
var messageAttrs = [...]string{"message", "syslog.message", "syslog.content"}

// foreignWords are the words of the syslog header as others spell them: the
// syslogreceiver, and otel-arrow's syslog_cef receiver.
var foreignWords = [...]struct {
	attr string
	text func(*audit.Source) *string
}{
	{"hostname", func(s *audit.Source) *string { return &s.Host }},
	{"appname", func(s *audit.Source) *string { return &s.App }},
	{"proc_id", func(s *audit.Source) *string { return &s.ProcID }},
	{"msg_id", func(s *audit.Source) *string { return &s.MsgID }},
	{"syslog.host_name", func(s *audit.Source) *string { return &s.Host }},
	{"syslog.app_name", func(s *audit.Source) *string { return &s.App }},
	{"syslog.tag", func(s *audit.Source) *string { return &s.App }},
	{"syslog.process_id_str", func(s *audit.Source) *string { return &s.ProcID }},
	{"syslog.process_id", func(s *audit.Source) *string { return &s.ProcID }},
	{"syslog.msg_id", func(s *audit.Source) *string { return &s.MsgID }},
}

// notExtensions are the attributes of others that could be CEF keys by their
// form.
var notExtensions = []string{"appname", "facility", "hostname", "message", "msg_id", "priority", "proc_id", "structured_data", "version"}

// takePRI takes Facility and Severity where the message has none.
func takePRI(e *audit.Event, lr plog.LogRecord) {
	if e.Source.HasPRI {
		return
	}
	attrs := lr.Attributes()
	if pri, ok := numberAt(attrs, "priority", syslog.MaxFacility<<3|syslog.MaxSeverity); ok {
		e.Source.HasPRI, e.Source.Facility, e.Source.Severity = true, pri>>3, pri&syslog.MaxSeverity
		return
	}
	facility, ok := numberAt(attrs, "syslog.facility", syslog.MaxFacility)
	severity, ok2 := numberAt(attrs, "syslog.severity", syslog.MaxSeverity)
	if !ok {
		facility, ok = numberAt(attrs, "facility", syslog.MaxFacility)
	}
	if !ok2 {
		severity, ok2 = audit.NumberSeverity(int32(lr.SeverityNumber())).Syslog()
	}
	if ok && ok2 {
		e.Source.HasPRI, e.Source.Facility, e.Source.Severity = true, facility, severity
	}
}

// attach adds what attributes say of STRUCTURED-DATA and CEF and e lacks. They
// are put into a message again, so that wire.Parser alone knows what labels,
// aliases and times mean.
func (r *Reader) attach(e *audit.Event, attrs pcommon.Map) {
	const header = "<13>1 - - - - - "
	r.line = appendSD(append(r.line[:0], header...), attrs)
	if len(r.line) == len(header) {
		r.line = append(r.line, '-')
	}
	bare := len(r.line) == len(header)+1
	r.line = append(r.line, ' ')
	body := len(r.line)
	if e.Source.Format.Body != audit.CEF {
		r.line = appendCEF(r.line, attrs)
	}
	if bare && len(r.line) == body {
		return
	}
	line := string(r.line)
	r.parser.Parse(&r.attached, line, e.Received)
	merge(e, &r.attached)
	if e.Raw == "" {
		e.Raw = line[body:]
	}
}

// merge adds to e what it lacks of from.
func merge(e, from *audit.Event) {
	if e.Source.Format.Body == audit.Text {
		e.Source.Format.Body = from.Source.Format.Body
	}
	if e.Time.IsZero() {
		e.Time = from.Time
	}
	if e.UID.IsZero() {
		e.UID = from.UID
	}
	e.Repairs |= from.Repairs
	for i := range audit.Words {
		if text := audit.Words[i].Text; *text(&e.Source) == "" {
			*text(&e.Source) = *text(&from.Source)
		}
	}
	for fields := from.Fields; len(fields) > 0; {
		n := sameName(fields)
		if !slices.ContainsFunc(e.Fields, func(f audit.Field) bool { return f.SameName(&fields[0]) }) {
			for _, f := range fields[:n] {
				e.Add(f)
			}
		}
		fields = fields[n:]
	}
}

// appendSD appends STRUCTURED-DATA, an SD-ELEMENT for each SD-PARAM: those in
// the text that otel-arrow has, or in the syslogreceiver's map of maps. A name
// that is no SD-NAME would make text of them all, so it is left out.
func appendSD(dst []byte, attrs pcommon.Map) []byte {
	add := func(id, name, value string) bool {
		if syslog.LegalSDName(id) && syslog.LegalSDName(name) {
			dst = append(append(dst, '['), id...)
			dst = append(append(dst, ' '), name...)
			dst = append(syslog.AppendParamValue(append(dst, `="`...), value), `"]`...)
		}
		return true
	}
	if text := textAt(attrs, "syslog.structured_data"); text != "" {
		syslog.Params(text, add)
		return dst
	}
	sd, ok := attrs.Get("structured_data")
	if !ok || sd.Type() != pcommon.ValueTypeMap {
		return dst
	}
	for id, params := range sd.Map().All() {
		if params.Type() != pcommon.ValueTypeMap {
			continue
		}
		for name, value := range params.Map().All() {
			add(id, name, textOf(value))
		}
	}
	return dst
}

// headerCEF are the fields of the CEF header, in its order, as ParseCEF and
// otel-arrow spell them. Only the last three are spelt so by us too.
var headerCEF = [...]string{
	"cef.device_vendor", "cef.device_product", "cef.device_version",
	"cef.device_event_class_id", "cef.name", "cef.severity",
}

// appendCEF appends the CEF message that the attributes are of: nothing, when
// there is no field of its header among them. The extension is ParseCEF's map,
// or else the attributes that otel-arrow writes with the keys as sent.
func appendCEF(dst []byte, attrs pcommon.Map) []byte {
	begin, found := len(dst), false
	dst = append(dst, "CEF:1"...)
	for _, attr := range headerCEF {
		v, ok := attrs.Get(attr)
		found = found || ok
		dst = append(dst, '|')
		if ok {
			dst = cef.AppendHeaderField(dst, textOf(v), 0)
		}
	}
	extensions, nested := attrs.Get("cef.extensions")
	nested = nested && extensions.Type() == pcommon.ValueTypeMap
	if !found && !nested {
		return dst[:begin]
	}
	dst = append(dst, '|')
	if nested {
		return appendExtension(dst, extensions.Map(), nil)
	}
	return appendExtension(dst, attrs, notExtensions)
}

// appendExtension appends the pairs, msg last: a key behind it could be one of
// its words.
func appendExtension(dst []byte, pairs pcommon.Map, except []string) []byte {
	for key, v := range pairs.All() {
		if key != "msg" && cef.LegalKey(key) && !slices.Contains(except, key) {
			dst = appendPair(dst, key, v)
		}
	}
	if msg, ok := pairs.Get("msg"); ok {
		dst = appendPair(dst, "msg", msg)
	}
	return dst
}

func appendPair(dst []byte, key string, v pcommon.Value) []byte {
	if v.Type() == pcommon.ValueTypeMap {
		return dst
	}
	text := textOf(v)
	if text == "" {
		return dst
	}
	dst = append(append(dst, key...), '=')
	return append(cef.AppendValue(dst, text, 0), ' ')
}

// textAt returns an attribute as text, "" when there is none.
func textAt(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok {
		return textOf(v)
	}
	return ""
}

func numberAt(attrs pcommon.Map, key string, limit int64) (uint8, bool) {
	if v, ok := attrs.Get(key); ok {
		return number(v, limit)
	}
	return 0, false
}
