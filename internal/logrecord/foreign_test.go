package logrecord

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

type attrs = map[string]any

// foreignRecord returns a record as somebody else writes it.
func foreignRecord(t *testing.T, body any, m attrs) (plog.Logs, plog.LogRecord) {
	t.Helper()
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "collector")
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetObservedTimestamp(timestamp(at))
	fill(t, lr.Body(), body)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		fill(t, lr.Attributes().PutEmpty(key), m[key])
	}
	return ld, lr
}

// fill is FromRaw in the order of keys.
func fill(t *testing.T, v pcommon.Value, raw any) {
	t.Helper()
	if m, ok := raw.(attrs); ok {
		v.SetEmptyMap()
		for _, key := range slices.Sorted(maps.Keys(m)) {
			fill(t, v.Map().PutEmpty(key), m[key])
		}
	} else if err := v.FromRaw(raw); err != nil {
		t.Fatal(err)
	}
}

func TestForeign(t *testing.T) {
	r := NewReader(audit.Builtin(), nil)
	f := func(body any, m attrs, want string) {
		t.Helper()
		ld, lr := foreignRecord(t, body, m)
		before := recordText(lr)
		n := 0
		r.Each(ld, func(_ plog.LogRecord, e *audit.Event) {
			n++
			equalText(t, eventText(e), want)
		})
		if n != 1 || recordText(lr) != before {
			t.Errorf("%d records, or the record was changed", n)
		}
	}

	// A line from a file or a socket, as string and as bytes.
	const line = `<13>1 2026-11-01T10:00:00Z pam1 senhasegura 7 - - CEF:0|MT4|senhasegura|3|16|Login|5|suser=ann dpt=22`
	read := `
cef_rfc5424 time=2026-11-01T10:00:00Z received=2026-11-01T12:00:00Z pri=1.5 cef.device_event_class_id=16 cef.name=Login cef.severity=5 host.name=pam1 pam.syslog.app_name=senhasegura pam.syslog.proc_id=7 pam.vendor=MT4 service.name=senhasegura service.version=3
  user.name: "ann"
  destination.port: 22
`
	f(line, nil, read)
	f([]byte(line), nil, read)
	f(line, attrs{"log.file.name": "x.log"}, read)

	// syslogreceiver: the line stays in Body, the attributes repeat it.
	syslogreceiver := attrs{
		"appname": "senhasegura", "facility": 1, "hostname": "pam1", "priority": 13, "proc_id": "7", "version": 1,
		"message": "CEF:0|MT4|senhasegura|3|16|Login|5|suser=ann dpt=22",
	}
	f(line, syslogreceiver, read)

	// syslogreceiver: Body holds nothing, or the message alone.
	bare := `
cef received=2026-11-01T12:00:00Z pri=1.5 cef.device_event_class_id=16 cef.name=Login cef.severity=5 host.name=pam1 pam.syslog.app_name=senhasegura pam.syslog.proc_id=7 pam.vendor=MT4 service.name=senhasegura service.version=3
  user.name: "ann"
  destination.port: 22
`
	f(nil, syslogreceiver, bare)
	f(syslogreceiver["message"], syslogreceiver, bare)

	// syslogreceiver: structured data, foreign and our own.
	f("Logged in.", attrs{
		"appname": "app", "msg_id": "ID47", "priority": 165,
		"structured_data": attrs{
			"ex@32473":  attrs{"a.b": `q"\]`},
			"pam@32473": attrs{"dpt": "22", "suser": "ann", "uid": "00ff0000000000000000000000000001"},
			"bad id]":   attrs{"x": "y"},
		},
	}, `
text received=2026-11-01T12:00:00Z uid=00ff0000000000000000000000000001 pri=20.5 pam.syslog.app_name=app pam.syslog.msg_id=ID47
  pam.message: "Logged in."
  pam.sd.ex@32473.a%2Eb: "q\"\\]"
  destination.port: 22
  user.name: "ann"
`)

	// What is no SD-NAME is left out, and takes nothing with it.
	long := strings.Repeat("x", 33)
	f(nil, attrs{"structured_data": attrs{
		"ex@1":   attrs{"": "1", "a=b": "2", long: "3"},
		long:     attrs{"a": "4"},
		"origin": attrs{"ip": "192.0.2.1", long: "5"},
	}}, `
text received=2026-11-01T12:00:00Z
  pam.sd.origin.ip: "192.0.2.1"
`)
	f(nil, attrs{"syslog.structured_data": `[origin ip="192.0.2.1"][ex@1 ` + long + `="1"]`}, `
text received=2026-11-01T12:00:00Z
  pam.sd.origin.ip: "192.0.2.1"
`)
	f(nil, attrs{"syslog.structured_data": `[a b="c"] CEF:0|v|p|1|2|n|3|suser=ann`, "cef.name": "Login"}, `
cef received=2026-11-01T12:00:00Z cef.name=Login
  pam.sd.a.b: "c"
`)
	f(nil, attrs{"syslog.structured_data": `[origin ip="192.0.2.1`, "cef.name": "Login"}, `
cef received=2026-11-01T12:00:00Z cef.name=Login
`)

	// ParseCEF: labels, aliases, escapes and the time mean what they mean.
	f("Login", attrs{
		"cef.version": "0", "cef.device_vendor": "MT4", "cef.device_product": "senhasegura", "cef.device_version": "3|4",
		"cef.device_event_class_id": "16", "cef.name": "Login", "cef.severity": "5",
		"cef.extensions": attrs{
			"cs1": "7", "cs1Label": "Id", "dport": "22", "msg": "a=b\\c\nd", "rt": "1793527200000", "own": "", "unheard": "x",
		},
	}, `
cef time=2026-11-01T10:00:00Z received=2026-11-01T12:00:00Z cef.device_event_class_id=16 cef.name=Login cef.severity=5 pam.vendor=MT4 service.name=senhasegura service.version=3|4 repairs=alias
  pam.message: "Login"
  pam.file.id: "7"
  destination.port: 22
  pam.ext.unheard: "x"
`)
	f(nil, attrs{"cef.name": "Login", "cef.extensions": attrs{"msg": "in a=b", "suser": "ann", "unheard": "x"}}, `
cef received=2026-11-01T12:00:00Z cef.name=Login
  user.name: "ann"
  pam.ext.unheard: "x"
  pam.message: "in a=b"
`)
	f(line, attrs{"cef.device_vendor": "other", "cef.extensions": attrs{"suser": "bob", "src": "::1"}}, read)

	// otel-arrow: no Body, keys of the extension among the attributes.
	f(nil, attrs{
		"cef.version": 0, "cef.device_vendor": "MT4", "cef.device_product": "senhasegura", "cef.device_version": "3",
		"cef.device_event_class_id": "16", "cef.name": "Login", "cef.severity": "5", "input.format": "cef_rfc5424",
		"suser": "ann", "dpt": "22",
		"syslog.app_name": "senhasegura", "syslog.facility": 1, "syslog.severity": 5, "syslog.host_name": "pam1",
		"syslog.process_id": 7, "syslog.version": 1, "syslog.structured_data": `[ex@32473 a="b"]`,
	}, `
cef received=2026-11-01T12:00:00Z pri=1.5 cef.device_event_class_id=16 cef.name=Login cef.severity=5 host.name=pam1 pam.syslog.app_name=senhasegura pam.syslog.proc_id=7 pam.vendor=MT4 service.name=senhasegura service.version=3
  pam.sd.ex@32473.a: "b"
  destination.port: 22
  user.name: "ann"
`)
	f(nil, attrs{"syslog.tag": "sshd", "syslog.content": "Logged in."}, `
text received=2026-11-01T12:00:00Z pam.syslog.app_name=sshd
  pam.message: "Logged in."
`)

	// Attributes that are spelt like ours win, over Body and over the others.
	f(line, attrs{"hostname": "x", "host.name": "pam2", "user.name": "***", "destination.port": "", "pam.ext.more": 1}, `
cef_rfc5424 time=2026-11-01T10:00:00Z received=2026-11-01T12:00:00Z pri=1.5 cef.device_event_class_id=16 cef.name=Login cef.severity=5 host.name=pam2 pam.syslog.app_name=senhasegura pam.syslog.proc_id=7 pam.vendor=MT4 service.name=senhasegura service.version=3
  pam.ext.more: 1
  user.name: "***"
`)

	// Attributes that are no syslog at all, and hostile ones.
	f("x", attrs{"priority": "high", "facility": 99, "hostname": attrs{"a": 1}, "structured_data": "[x", "cef.extensions": "y"}, `
text received=2026-11-01T12:00:00Z host.name={"a":1}
  pam.message: "x"
`)
	f(nil, nil, `
text received=2026-11-01T12:00:00Z
`)
	f(nil, attrs{"cef.extensions": attrs{"a b": "1", "": "2", "c=d": "3", "suser": "ann dst=10.0.0.1"}}, `
cef received=2026-11-01T12:00:00Z
  user.name: "ann dst=10.0.0.1"
`)

	// Our JSON as a map, and the JSON of the A2A audit API.
	f(attrs{
		"time": "2026-11-01T10:00:00.000Z", "host": "pam1", "type": "none", "severity": "alert", "raw": "the line",
		"repairs":  []any{"bom", "alias"},
		"fields":   attrs{"user.name": "ann", "destination.port": 22.0, "pam.action": []any{"a", "b"}, "pam.ext.x": "y"},
		"resource": attrs{"host.name": "pam1"},
	}, nil, `
json time=2026-11-01T10:00:00Z received=2026-11-01T12:00:00Z host.name=pam1 severity=alert repairs=alias,bom
  destination.port: 22
  pam.action: "a"
  pam.action: "b"
  pam.ext.x: "y"
  user.name: "ann"
`)
	f(attrs{"action": "secret_retrieval", "user": "ann", "timestamp": "2026-11-01T10:00:00Z"}, nil, `
json time=2026-11-01T10:00:00Z received=2026-11-01T12:00:00Z
  pam.a2a.action: "secret_retrieval"
  user.name: "ann"
`)
}

// TestForeignTime holds that a record's time gives way only to one that says
// its zone.
func TestForeignTime(t *testing.T) {
	f := func(body string, stamp time.Time, want string) {
		t.Helper()
		ld, lr := foreignRecord(t, body, nil)
		if !stamp.IsZero() {
			lr.SetTimestamp(timestamp(stamp))
		}
		r := NewReader(audit.Builtin(), time.FixedZone("", -3*60*60))
		r.Each(ld, func(lr plog.LogRecord, e *audit.Event) {
			Extend(lr, e, len(e.Fields))
			if got := timeText(e.Time) + " " + timeText(timeOf(lr.Timestamp())); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	var none time.Time
	const zone, local, untimed = "<13>1 2026-11-01T10:00:00Z h a - - - x", "<13>Nov  1 07:00:00 h a: x", "x"
	f(zone, none, "2026-11-01T10:00:00Z 2026-11-01T10:00:00Z")
	f(zone, at, "2026-11-01T10:00:00Z 2026-11-01T10:00:00Z")
	f(local, none, "2026-11-01T10:00:00Z 2026-11-01T10:00:00Z")
	f(local, at, "2026-11-01T12:00:00Z 2026-11-01T12:00:00Z")
	f(untimed, at, "2026-11-01T12:00:00Z 2026-11-01T12:00:00Z")
	f(untimed, none, " ")
}

// TestReaderNow stands for receipt in records that do not say it.
func TestReaderNow(t *testing.T) {
	ld, lr := foreignRecord(t, "<13>Jan  2 07:00:00 h a: x", nil)
	lr.SetObservedTimestamp(0)
	r := NewReader(audit.Builtin(), nil)
	r.Now = at
	r.Each(ld, func(lr plog.LogRecord, e *audit.Event) {
		if got := timeText(e.Time) + " " + timeText(e.Received); got != "2026-01-02T07:00:00Z 2026-11-01T12:00:00Z" {
			t.Error(got)
		}
		Extend(lr, e, 0)
		if lr.ObservedTimestamp() != timestamp(at) {
			t.Error("the record does not say when it was received")
		}
	})
}

// classified does what Classify might.
func classified(e *audit.Event) {
	e.Type, e.Evidence, e.Severity = &audit.Type{Name: "session.started"}, audit.ByText, audit.Notice
	e.Conflict = &audit.Type{Name: "session.ended"}
	e.Add(audit.Field{Term: audit.UserID, Text: "42"})
	e.Add(audit.Field{Term: audit.UserName, Text: "second"})
	e.Add(audit.Field{Term: audit.Outcome, Text: "success"})
}

func TestExtend(t *testing.T) {
	r := NewReader(audit.Builtin(), nil)
	f := func(ld plog.Logs, want string) {
		t.Helper()
		for range 2 { // what is there already stays
			r.Each(ld, func(lr plog.LogRecord, e *audit.Event) {
				had := len(e.Fields)
				classified(e)
				Extend(lr, e, had)
			})
		}
		equalText(t, logsText(ld), want)
	}
	b := NewBatch("1")
	ours := func() plog.Logs {
		b.Add(with(audit.Event{Raw: "x", Time: at.Add(-2 * time.Hour), Received: at, Source: audit.Source{Host: "h"}}, text(audit.UserName, "ann")))
		return b.Logs()
	}

	// A record of ours gets what Classify found.
	f(ours(), `
resource host.name="h"
 record time=2026-11-01T10:00:00Z observed=2026-11-01T12:00:00Z event=pam.session.started severity=10/notice body="x"
  pam.format: "text"
  user.name: "ann"
  user.id: "42"
  pam.outcome: "success"
  pam.classified_by: "text"
  pam.classification.conflict: "session.ended"
  pam.clock_skew: -7200
`)
	// A record of somebody else gets everything, on the record.
	ld, _ := foreignRecord(t, "<13>1 2026-11-01T12:00:00Z h - - - - CEF:0|v|p|1|2|n|3|suser=ann dst=::1",
		attrs{"destination.address": "***", "hostname": "h", "pam.message": ""})
	f(ld, `
resource service.name="collector"
 record time=2026-11-01T12:00:00Z observed=2026-11-01T12:00:00Z event=pam.session.started severity=10/notice body="<13>1 2026-11-01T12:00:00Z h - - - - CEF:0|v|p|1|2|n|3|suser=ann dst=::1"
  destination.address: "***"
  hostname: "h"
  pam.message: ""
  pam.format: "cef_rfc5424"
  pam.syslog.facility: 1
  pam.syslog.severity: 5
  cef.device_event_class_id: "2"
  cef.name: "n"
  cef.severity: "3"
  host.name: "h"
  pam.vendor: "v"
  service.name: "p"
  service.version: "1"
  user.name: ["ann" "second"]
  user.id: "42"
  pam.outcome: "success"
  pam.classified_by: "text"
  pam.classification.conflict: "session.ended"
`)
}

// TestExtendedIsOurs holds that a record which Extend has been at is read by
// its attributes, so that what a site redacts does not come back from Body.
func TestExtendedIsOurs(t *testing.T) {
	ld, lr := foreignRecord(t, "<13>1 2026-11-01T12:00:00Z h - - - - CEF:0|v|p|1|2|n|3|suser=ann dst=::1", nil)
	r := NewReader(audit.Builtin(), nil)
	r.Each(ld, func(lr plog.LogRecord, e *audit.Event) { Extend(lr, e, len(e.Fields)) })
	lr.Attributes().RemoveIf(func(key string, _ pcommon.Value) bool { return key == "user.name" })
	r.Each(ld, func(_ plog.LogRecord, e *audit.Event) {
		equalText(t, eventText(e), `
cef_rfc5424 time=2026-11-01T12:00:00Z received=2026-11-01T12:00:00Z pri=1.5 cef.device_event_class_id=2 cef.name=n cef.severity=3 host.name=h pam.vendor=v service.name=p service.version=1
  destination.address: "::1"
`)
	})
}

// FuzzForeign holds that no value of somebody else's attributes gives a field
// that has no attribute, and that values arrive whole, in one line where the
// grammar has no escape for a break.
func FuzzForeign(f *testing.F) {
	for _, s := range []string{"ann", "a dst=10.0.0.1", `a\`, "a\ndst=1", "a|b|c", `q"] x`, `"][y z="1"`, "a\\=b\r", "- CEF:0|a|b|c|d|e|f|dst=1", "\x00", " a ", "a\u0085\u2028\u2029b"} {
		f.Add(s)
	}
	r := NewReader(audit.Builtin(), nil)
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ToValidUTF8(value, "?")
		ld, _ := foreignRecord(t, nil, attrs{
			"cef.name": value, "cef.device_vendor": value, "hostname": value,
			"cef.extensions":  attrs{"act": value, "suser": value, "unheard": value, "zz": "end"},
			"structured_data": attrs{"ex@1": attrs{"a": value}},
		})
		r.Each(ld, func(_ plog.LogRecord, e *audit.Event) {
			for i := range e.Fields {
				got := &e.Fields[i]
				var n *names
				switch name := n.of(got); name {
				case "pam.action", "user.name", "pam.ext.unheard", "pam.sd.ex@1.a":
					escaped := "\r\n"
					if got.Term == audit.TermSD {
						escaped = ""
					}
					if want := oneLine(value, escaped); got.Text != want {
						t.Errorf("%s is %q, not %q", name, got.Text, want)
					}
				case "pam.ext.zz":
				default:
					t.Errorf("field %s: %q of value %q", name, got.Text, value)
				}
			}
			if e.Source.Host != value || e.Source.Name != value {
				t.Errorf("host %q, name %q of value %q", e.Source.Host, e.Source.Name, value)
			}
		})
	})
}

// oneLine is s with a space for each rune at which some reader cuts a line, but
// for those that are escaped.
func oneLine(s, escaped string) string {
	return strings.Map(func(r rune) rune {
		if !strings.ContainsRune(escaped, r) && (unicode.IsControl(r) || r == '\u2028' || r == '\u2029') {
			return ' '
		}
		return r
	}, s)
}

// FuzzForeignSD holds that no STRUCTURED-DATA of somebody else becomes text or
// hides what stands beside it.
func FuzzForeignSD(f *testing.F) {
	for _, s := range []string{"a", "", "a=b", "é", "a.b%", strings.Repeat("x", 33), ` a="b"]`, ` a="b"] CEF:0|a`, `] x`, `][`, "][pam@"} {
		f.Add(s)
	}
	r := NewReader(audit.Builtin(), nil)
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "pam@") { // is ours, and may be anything
			return
		}
		for _, attribute := range []attrs{
			{"structured_data": attrs{"a": attrs{s: "1"}, "origin": attrs{"ip": "::1", s: "2"}, "z" + s: attrs{"b": "3"}}},
			{"syslog.structured_data": `[origin ip="::1"` + s},
		} {
			ld, _ := foreignRecord(t, nil, attribute)
			r.Each(ld, func(_ plog.LogRecord, e *audit.Event) {
				found := false
				for i := range e.Fields {
					found = found || e.Fields[i].Key == "origin.ip"
					if e.Fields[i].Term != audit.TermSD {
						t.Errorf("%q: a field %+v", s, e.Fields[i])
					}
				}
				if !found || e.Raw != "" || !e.Fault.IsZero() || e.Source.Format != (audit.Format{}) {
					t.Errorf("%q: %+v", s, e)
				}
			})
		}
	})
}
