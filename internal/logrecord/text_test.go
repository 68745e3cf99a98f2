package logrecord

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// logsText renders logs, one line for each Resource, record and attribute.
func logsText(ld plog.Logs) string {
	var b strings.Builder
	for _, rl := range ld.ResourceLogs().All() {
		b.WriteString("resource")
		for k, v := range rl.Resource().Attributes().All() {
			fmt.Fprintf(&b, " %s=%s", k, valueText(v))
		}
		b.WriteByte('\n')
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				b.WriteString(recordText(lr))
			}
		}
	}
	return b.String()
}

func recordText(lr plog.LogRecord) string {
	var b strings.Builder
	b.WriteString(" record")
	put := func(name, text string) {
		if text != "" {
			b.WriteString(" " + name + "=" + text)
		}
	}
	put("time", timeText(timeOf(lr.Timestamp())))
	put("observed", timeText(timeOf(lr.ObservedTimestamp())))
	put("event", lr.EventName())
	if lr.SeverityNumber() != 0 {
		put("severity", fmt.Sprintf("%d/%s", lr.SeverityNumber(), lr.SeverityText()))
	}
	put("body", valueText(lr.Body()))
	b.WriteByte('\n')
	for k, v := range lr.Attributes().All() {
		b.WriteString("  " + k + ": " + valueText(v) + "\n")
	}
	return b.String()
}

// valueText tells the types apart: strings are quoted, bytes in hexadecimal.
func valueText(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return fmt.Sprintf("%q", v.Str())
	case pcommon.ValueTypeBytes:
		return fmt.Sprintf("0x%x", v.Bytes().AsRaw())
	case pcommon.ValueTypeSlice:
		var elements []string
		for _, e := range v.Slice().All() {
			elements = append(elements, valueText(e))
		}
		return "[" + strings.Join(elements, " ") + "]"
	}
	return v.AsString()
}

// eventText renders what an event says, one line for each field.
func eventText(e *audit.Event) string {
	var b strings.Builder
	put := func(name, text string) {
		if text != "" {
			b.WriteString(" " + name + "=" + text)
		}
	}
	b.WriteString(e.Source.Format.String())
	put("time", timeText(e.Time))
	put("received", timeText(e.Received))
	if !e.UID.IsZero() {
		put("uid", e.UID.String())
	}
	if e.Source.HasPRI {
		put("pri", fmt.Sprintf("%d.%d", e.Source.Facility, e.Source.Severity))
	}
	for _, w := range audit.Words {
		put(w.Attr, *w.Text(&e.Source))
	}
	put("severity", e.Severity.String())
	if e.Type != nil {
		put("type", e.Type.Name)
		put("by", e.Evidence.String())
	}
	if e.Conflict != nil {
		put("conflict", e.Conflict.Name)
	}
	put("repairs", e.Repairs.String())
	if !e.Fault.IsZero() {
		put("fault", fmt.Sprintf("%s@%d:%s", e.Fault.Part, e.Fault.Offset, e.Fault.Reason))
	}
	b.WriteByte('\n')
	for i := range e.Fields {
		f := &e.Fields[i]
		var n *names
		b.WriteString("  " + n.of(f) + ": ")
		if f.IsNum {
			fmt.Fprintf(&b, "%d\n", f.Num)
		} else {
			fmt.Fprintf(&b, "%q\n", f.Text)
		}
	}
	return b.String()
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// equalText fails when got is not want, which begins with a line break.
func equalText(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// at is when the tests' messages are received.
var at = time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)
