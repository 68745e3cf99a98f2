package logrecord

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// writer writes the parts of an event as attributes, each key once.
type writer struct {
	built  xpdata.MapBuilder // of a new record
	attrs  pcommon.Map       // of a record that is extended
	extend bool
	names  *names // nil: none are kept
}

// at returns the value of a key that the record does not have yet.
func (w *writer) at(key string) (v pcommon.Value, ok bool) {
	if !w.extend {
		return w.built.AppendEmpty(key), true
	}
	v, had := w.attrs.GetOrPutEmpty(key)
	return v, !had
}

func (w *writer) text(key, text string) {
	if v, ok := w.at(key); ok {
		v.SetStr(text)
	}
}

func (w *writer) int(key string, n int64) {
	if v, ok := w.at(key); ok {
		v.SetInt(n)
	}
}

// header writes the format and PRI.
func (w *writer) header(e *audit.Event) {
	w.text(audit.AttrFormat, e.Source.Format.String())
	if e.Source.HasPRI {
		w.int(audit.AttrFacility, int64(e.Source.Facility))
		w.int(audit.AttrSeverity, int64(e.Source.Severity))
	}
}

func (w *writer) words(e *audit.Event, words []audit.Word) {
	for i := range words {
		if text := *words[i].Text(&e.Source); text != "" {
			w.text(words[i].Attr, text)
		}
	}
}

// fields writes fields, of which those with one name stand together.
func (w *writer) fields(fields []audit.Field) {
	for len(fields) > 0 {
		n := sameName(fields)
		w.field(fields[:n])
		fields = fields[n:]
	}
}

// sameName counts the fields in front that have one name.
func sameName(fields []audit.Field) int {
	n := 1
	for n < len(fields) && fields[n].SameName(&fields[0]) {
		n++
	}
	return n
}

// field writes the values of one name: one as it is, more as a slice. A value
// that says there is none makes no attribute.
func (w *writer) field(values []audit.Field) {
	for len(values) > 0 && absent(&values[0]) {
		values = values[1:]
	}
	if len(values) == 0 {
		return
	}
	v, ok := w.at(w.names.of(&values[0]))
	if !ok {
		return
	}
	if len(values) == 1 {
		setValue(v, &values[0])
		return
	}
	slice := v.SetEmptySlice()
	slice.EnsureCapacity(len(values))
	for i := range values {
		if !absent(&values[i]) {
			setValue(slice.AppendEmpty(), &values[i])
		}
	}
}

func absent(f *audit.Field) bool { return !f.IsNum && audit.NotApplicable(f.Text) }

func setValue(v pcommon.Value, f *audit.Field) {
	if f.IsNum {
		v.SetInt(f.Num)
	} else {
		v.SetStr(f.Text)
	}
}

func (w *writer) fault(f audit.Fault) {
	if !f.IsZero() {
		w.text(audit.AttrFault, f.String())
	}
}

// maxSkew is how far event time may be from receipt without being reported.
const maxSkew = time.Hour

// classification writes what Classify found.
func (w *writer) classification(lr plog.LogRecord, e *audit.Event) {
	if e.Severity != audit.NoSeverity {
		lr.SetSeverityNumber(plog.SeverityNumber(e.Severity.Number()))
		lr.SetSeverityText(e.Severity.String())
	}
	if e.Type == nil {
		return
	}
	lr.SetEventName(audit.PrefixEventName + e.Type.Name)
	if e.Evidence != audit.NoEvidence {
		w.text(audit.AttrClassifiedBy, e.Evidence.String())
	}
	if e.Conflict != nil {
		w.text(audit.AttrConflict, e.Conflict.Name)
	}
}

// skew writes how far the clocks differ.
func (w *writer) skew(e *audit.Event) {
	if e.Time.IsZero() || e.Received.IsZero() {
		return
	}
	if skew := e.Time.Sub(e.Received); skew.Abs() > maxSkew {
		w.int(audit.AttrClockSkew, int64(skew/time.Second))
	}
}

// names keeps the attributes of keys that no Term spells, by TermUnknown and
// TermSD.
type names [2]map[string]string

// maxCached bounds what is kept for the next record, since senders choose the
// keys; maxCachedLen bounds the length of one.
const (
	maxCached    = 256
	maxCachedLen = 64
)

// prefixes stand before the keys of fields that no Term spells.
var prefixes = [2]string{audit.TermUnknown: audit.PrefixExt, audit.TermSD: audit.PrefixSD}

// of returns the attribute of a field. Fields of different names have
// different attributes.
func (n *names) of(f *audit.Field) string {
	if f.Term > audit.TermSD {
		return audit.Terms[f.Term].Attr
	}
	if n != nil {
		if name, ok := n[f.Term][f.Key]; ok {
			return name
		}
	}
	name := prefixes[f.Term] + f.Key
	if n != nil && len(f.Key) <= maxCachedLen && len(n[f.Term]) < maxCached {
		if n[f.Term] == nil {
			n[f.Term] = map[string]string{}
		}
		n[f.Term][name[len(prefixes[f.Term]):]] = name
	}
	return name
}
