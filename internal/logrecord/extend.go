package logrecord

import (
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// Extend writes what Classify found onto the record that e was read from: the
// fields from had on, where had is their number before Classify, the event
// name, the severity and how the type was decided. Attributes that are there
// stay as they are, and the Resource is not touched.
//
// A record that is not ours yet gets all of e that it lacks, the words that
// Batch puts on a Resource among it.
func Extend(lr plog.LogRecord, e *audit.Event, had int) {
	w := writer{attrs: lr.Attributes(), extend: true}
	if !hasFormat(lr) {
		w.message(lr, e)
	} else {
		w.fields(e.Fields[min(had, len(e.Fields)):])
	}
	w.classification(lr, e)
	w.skew(e)
}

// message adds all that was read, as Batch.Add writes it, and the times.
func (w *writer) message(lr plog.LogRecord, e *audit.Event) {
	w.attrs.EnsureCapacity(w.attrs.Len() + len(e.Fields) + room)
	if t := timestamp(e.Time); t != 0 && (lr.Timestamp() == 0 || hasZone(e)) {
		lr.SetTimestamp(t)
	}
	if lr.ObservedTimestamp() == 0 {
		lr.SetObservedTimestamp(timestamp(e.Received))
	}
	if !e.UID.IsZero() {
		w.text(audit.AttrUID, e.UID.String())
	}
	w.header(e)
	w.words(e, audit.Words[:])
	w.fields(e.Fields)
	if e.Repairs != 0 {
		w.text(audit.AttrRepairs, e.Repairs.String())
	}
	w.fault(e.Fault)
}

// hasFormat reports whether lr was written by Batch or by Extend.
func hasFormat(lr plog.LogRecord) bool {
	_, ok := lr.Attributes().Get(audit.AttrFormat)
	return ok
}

// hasZone reports whether the source said in which zone its time is.
func hasZone(e *audit.Event) bool { return e.Repairs&audit.ZoneAssumed == 0 }
