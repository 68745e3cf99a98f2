package logrecord

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

func text(t audit.TermID, s string) audit.Field { return audit.Field{Term: t, Text: s} }
func num(t audit.TermID, n int64) audit.Field   { return audit.Field{Term: t, Num: n, IsNum: true} }
func ext(key, s string) audit.Field             { return audit.Field{Key: key, Text: s} }
func sd(key, s string) audit.Field              { return audit.Field{Term: audit.TermSD, Key: key, Text: s} }
func with(e audit.Event, f ...audit.Field) *audit.Event {
	for _, f := range f {
		e.Add(f)
	}
	return &e
}

func TestBatch(t *testing.T) {
	f := func(want string, events ...*audit.Event) {
		t.Helper()
		b := NewBatch("1.2.3")
		for _, e := range events {
			b.Add(e)
		}
		equalText(t, logsText(b.Logs()), want)
	}

	// Header words, and fields in source order.
	f(`
resource host.name="pam1" pam.vendor="MT4" service.name="senhasegura" service.version="3.33"
 record time=2026-11-01T11:00:00.5Z observed=2026-11-01T12:00:00Z body="<13>1 …"
  log.record.uid: "00ff0000000000000000000000000001"
  pam.format: "cef_rfc5424"
  pam.syslog.facility: 1
  pam.syslog.severity: 0
  cef.device_event_class_id: "16"
  cef.name: "Login"
  cef.severity: "5"
  pam.syslog.app_name: "senhasegura"
  pam.syslog.msg_id: "m"
  pam.syslog.proc_id: "7"
  user.name: "ann"
  destination.port: 22
  source.address: "::1"
`, with(audit.Event{
		Time: at.Add(-time.Hour + 500*time.Millisecond), Received: at, UID: [16]byte{1: 0xff, 15: 1}, Raw: "<13>1 …",
		Source: audit.Source{
			Format: audit.Format{Header: audit.RFC5424, Body: audit.CEF}, HasPRI: true, Facility: 1,
			Host: "pam1", App: "senhasegura", ProcID: "7", MsgID: "m",
			Vendor: "MT4", Product: "senhasegura", Version: "3.33", ClassID: "16", Name: "Login", CEFSeverity: "5",
		},
	}, text(audit.UserName, "ann"), num(audit.DestinationPort, 22), text(audit.SourceAddress, "::1")))

	// Rule 1: a number that is none stays text under the same attribute.
	f(`
resource
 record body=""
  pam.format: "text"
  destination.port: "022"
  pam.repairs: "not_a_number"
`, with(audit.Event{Repairs: audit.NotANumber}, text(audit.DestinationPort, "022")))

	// Rule 2: what is not there makes no attribute, in a repeat neither.
	f(`
resource
 record body=""
  pam.format: "text"
  pam.action: ["a" "b"]
`, with(audit.Event{}, text(audit.UserName, ""), text(audit.Module, "Not applicable"), text(audit.TargetHost, "Não aplicável"),
		text(audit.Action, ""), text(audit.Action, "a"), text(audit.Action, "Not used"), text(audit.Action, "b"), ext("x", ""), ext("x", "")))

	// Rule 3: repeats are a slice at the place of the first.
	f(`
resource
 record body=""
  pam.format: "text"
  pam.action: ["a" "b" 3]
  user.name: "ann"
  pam.ext.x: ["1" "2"]
`, with(audit.Event{}, text(audit.Action, "a"), text(audit.UserName, "ann"), text(audit.Action, "b"), ext("x", "1"),
		num(audit.Action, 3), ext("x", "2")))

	// Names that no Term spells, hostile ones among them.
	f(`
resource
 record body=""
  pam.format: "text"
  pam.ext.user.name: "1"
  pam.ext.: "2"
  pam.sd.user.name: "3"
  pam.sd.a.b: "4"
  pam.ext.pam.ext.: "5"
  pam.ext.pam.sd.a.b: "6"
  pam.ext.log.record.uid: "7"
`, with(audit.Event{}, ext("user.name", "1"), ext("", "2"), sd("user.name", "3"), sd("a.b", "4"),
		ext("pam.ext.", "5"), ext("pam.sd.a.b", "6"), ext("log.record.uid", "7")))

	// What could not be read, and bytes that are not UTF-8.
	f(`
resource
 record body=0x4345463a30ff
  pam.format: "cef"
  pam.repairs: "cef_header_short,invalid_utf8"
  pam.parse.error: "Device Version, offset 4: not there"
`, &audit.Event{
		Raw: "CEF:0\xff", Source: audit.Source{Format: audit.Format{Body: audit.CEF}},
		Repairs: audit.InvalidUTF8 | audit.HeaderShort,
		Fault:   audit.Fault{Part: "Device Version", Offset: 4, Reason: "not there"},
	})

	// What Classify says; a clock an hour and a second ahead.
	f(`
resource
 record time=2026-11-01T13:00:01Z observed=2026-11-01T12:00:00Z event=pam.session.started severity=18/critical body=""
  pam.format: "text"
  pam.classified_by: "text"
  pam.classification.conflict: "session.ended"
  pam.clock_skew: 3601
`, &audit.Event{
		Time: at.Add(time.Hour + time.Second), Received: at, Severity: audit.Critical, Evidence: audit.ByText,
		Type: &audit.Type{Name: "session.started"}, Conflict: &audit.Type{Name: "session.ended"},
	})

	// Times that a Timestamp cannot hold are left out.
	f(`
resource
 record body=""
  pam.format: "text"
 record body=""
  pam.format: "text"
`, &audit.Event{Time: time.Unix(-1, 0)}, &audit.Event{Time: time.Date(2262, time.May, 1, 0, 0, 0, 0, time.UTC)})

	// A ResourceLogs for each change of sender, in order.
	one, two := audit.Source{Host: "one"}, audit.Source{Host: "two"}
	f(`
resource host.name="one"
 record body="1"
  pam.format: "text"
 record body="2"
  pam.format: "text"
resource host.name="two"
 record body="3"
  pam.format: "text"
resource host.name="one"
 record body="4"
  pam.format: "text"
`, &audit.Event{Raw: "1", Source: one}, &audit.Event{Raw: "2", Source: one}, &audit.Event{Raw: "3", Source: two}, &audit.Event{Raw: "4", Source: one})
}

func TestBatchOrigin(t *testing.T) {
	b := NewBatch("1")
	b.Add(&audit.Event{Raw: "1"})
	b.SetOrigin(Origin{Peer: "192.0.2.1", Tenant: "acme"})
	b.Add(&audit.Event{Raw: "2"})
	first := b.Logs()
	b.Add(&audit.Event{Raw: "3"})
	b.SetOrigin(Origin{Peer: "192.0.2.1", Subject: "CN=pam.example.com", Tenant: "acme"})
	b.Add(&audit.Event{Raw: "4"})
	equalText(t, logsText(first)+"--\n"+logsText(b.Logs()), `
resource
 record body="1"
  pam.format: "text"
resource network.peer.address="192.0.2.1" pam.tenant="acme"
 record body="2"
  pam.format: "text"
--
resource network.peer.address="192.0.2.1" pam.tenant="acme"
 record body="3"
  pam.format: "text"
resource network.peer.address="192.0.2.1" tls.client.subject="CN=pam.example.com" pam.tenant="acme"
 record body="4"
  pam.format: "text"
`)
	if b.records != (plog.LogRecordSlice{}) || b.Logs().LogRecordCount() != 0 {
		t.Error("Logs left records behind")
	}
}

func TestBatchScope(t *testing.T) {
	b := NewBatch("1.2.3")
	b.Add(&audit.Event{})
	sl := b.Logs().ResourceLogs().At(0).ScopeLogs().At(0)
	got := []string{sl.Scope().Name(), sl.Scope().Version(), sl.SchemaUrl()}
	if diff := cmp.Diff([]string{ScopeName, "1.2.3", SchemaURL}, got); diff != "" {
		t.Error(diff)
	}
}

// TestAttributes holds what makes two names of an event two attributes.
func TestAttributes(t *testing.T) {
	seen := map[string]bool{}
	add := func(attr string) {
		t.Helper()
		if attr == "" || seen[attr] {
			t.Errorf("attribute %q is there twice", attr)
		}
		for _, prefix := range prefixes {
			if strings.HasPrefix(attr, prefix) {
				t.Errorf("attribute %q begins with %s", attr, prefix)
			}
		}
		seen[attr] = true
	}
	for _, attr := range []string{audit.AttrSubject, audit.AttrTenant, audit.AttrClockSkew} {
		add(attr)
	}
	for attr := range headerAttrs {
		add(attr)
	}
	for id := audit.TermSD + 1; int(id) < audit.NumTerms; id++ {
		add(audit.Terms[id].Attr)
	}
	for _, w := range audit.Words {
		if !seen[w.Attr] {
			t.Errorf("%s is not read", w.Attr)
		}
	}
}

// TestNamesBounded holds that what senders choose does not stay.
func TestNamesBounded(t *testing.T) {
	var n names
	for i := range 2 * maxCached {
		f := ext(strings.Repeat("x", i), "")
		if got := n.of(&f); got != audit.PrefixExt+f.Key {
			t.Fatalf("%q", got)
		}
	}
	if got := len(n[audit.TermUnknown]); got != maxCachedLen+1 {
		t.Errorf("%d names are kept", got)
	}
}
