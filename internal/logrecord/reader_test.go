package logrecord

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// sameEvent compares events with all that they keep to themselves.
var sameEvent = cmp.Options{cmp.AllowUnexported(audit.Event{}), cmpopts.EquateEmpty()}

// roundTrip fails when e does not come back from a record as it was, straight
// and through the wire format of OTLP.
func roundTrip(t *testing.T, r *Reader, e *audit.Event) {
	t.Helper()
	b := NewBatch("1")
	b.Add(e)
	ld := b.Logs()
	checkStrings(t, ld)
	compare := func(how string, ld plog.Logs) {
		t.Helper()
		n := 0
		r.Each(ld, func(_ plog.LogRecord, got *audit.Event) {
			t.Helper()
			n++
			if diff := cmp.Diff(e, got, sameEvent); diff != "" {
				t.Errorf("%s: -want +got\n%s", how, diff)
			}
		})
		if n != 1 {
			t.Errorf("%s: %d records", how, n)
		}
	}
	compare("record", ld)
	bytes, err := new(plog.ProtoMarshaler).MarshalLogs(ld)
	if err != nil {
		t.Fatal(err)
	}
	if ld, err = new(plog.ProtoUnmarshaler).UnmarshalLogs(bytes); err != nil {
		t.Fatal(err)
	}
	compare("protobuf", ld)
}

// checkStrings demands what peers do: every key once, every string UTF-8.
func checkStrings(t *testing.T, ld plog.Logs) {
	t.Helper()
	check := func(m pcommon.Map) {
		seen := map[string]bool{}
		for k, v := range m.All() {
			if seen[k] {
				t.Errorf("attribute %q is there twice", k)
			}
			seen[k] = true
			if !utf8.ValidString(k) || !utf8.ValidString(v.AsString()) {
				t.Errorf("attribute %q: %q is not UTF-8", k, v.AsString())
			}
		}
	}
	for _, rl := range ld.ResourceLogs().All() {
		check(rl.Resource().Attributes())
		for _, lr := range rl.ScopeLogs().At(0).LogRecords().All() {
			check(lr.Attributes())
			if body := lr.Body(); body.Type() == pcommon.ValueTypeStr && !utf8.ValidString(body.Str()) {
				t.Errorf("body %q is not UTF-8", body.Str())
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	r := NewReader(audit.Builtin(), nil)
	f := func(e *audit.Event) {
		t.Helper()
		roundTrip(t, r, e)
	}
	f(&audit.Event{})
	f(with(audit.Event{
		Time: at.Add(time.Nanosecond), Received: at, UID: [16]byte{1, 2, 255}, Raw: "<13>1 \xff",
		Source: audit.Source{
			Format: audit.Format{Header: audit.ISO, Body: audit.KeyValue}, HasPRI: true, Facility: 23, Severity: 7,
			Host: "h", App: "a", ProcID: "p", MsgID: "m",
			Vendor: "v", Product: "p", Version: "1", ClassID: "c", Name: "n", CEFSeverity: "10",
		},
		Severity: audit.Alert,
		Repairs:  audit.InvalidUTF8 | audit.BOM | audit.FrameCut,
		Fault:    audit.Fault{Part: "SD-ID", Offset: 1 << 40, Reason: "a: b, offset 3: c"},
	},
		text(audit.UserName, "ann"), text(audit.UserName, "bob"), num(audit.SPID, -1), num(audit.SPID, 2), text(audit.SPID, "x"),
		ext("", "1"), ext("user.name", "2"), ext("", "3"), sd("", "4"), sd("a.b", "5"), audit.Field{Key: "n", Num: 7, IsNum: true},
	))
	types := 0
	for i := range audit.Types {
		if ty := audit.Builtin().ByName(audit.Types[i].Name); ty != nil {
			types++
			f(&audit.Event{Type: ty, Conflict: ty, Evidence: audit.ByText, Severity: audit.Debug})
		}
	}
	if types < 28 {
		t.Errorf("the catalog has %d types", types)
	}
}

// TestRoundTripCorpus carries every line that the tests share.
func TestRoundTripCorpus(t *testing.T) {
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	c, r, p := audit.Builtin(), NewReader(audit.Builtin(), nil), wire.NewParser(nil)
	for _, one := range cases {
		t.Run(one.Name, func(t *testing.T) {
			var e audit.Event
			p.Parse(&e, one.Input, corpus.Now)
			roundTrip(t, r, &e)
			c.Classify(&e)
			roundTrip(t, r, &e)
		})
	}
}

// TestAttributesDecide holds that what a site does to attributes is what is
// read, whatever the Body says.
func TestAttributesDecide(t *testing.T) {
	f := func(change func(m pcommon.Map), extra []string, want string) {
		t.Helper()
		b := NewBatch("1")
		b.Add(with(audit.Event{Raw: "suser=ann dst=10.0.0.1", Source: audit.Source{Host: "pam1"}},
			text(audit.UserName, "ann"), text(audit.DestinationAddress, "10.0.0.1")))
		ld := b.Logs()
		change(ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes())
		r := NewReader(audit.Builtin(), nil)
		r.Extra = extra
		r.Each(ld, func(_ plog.LogRecord, e *audit.Event) {
			t.Helper()
			if e.Raw != "suser=ann dst=10.0.0.1" {
				t.Errorf("Raw is %q", e.Raw)
			}
			equalText(t, eventText(e), want)
		})
	}
	f(func(m pcommon.Map) { m.PutStr("user.name", "***"); m.Remove("destination.address") }, nil, `
text host.name=pam1
  user.name: "***"
`)
	f(func(m pcommon.Map) { m.PutStr("user.name", ""); m.PutStr("host.name", "other") }, nil, `
text host.name=other
  destination.address: "10.0.0.1"
`)
	// Attributes that are not of the model, and of other types.
	other := func(m pcommon.Map) {
		m.Clear()
		m.PutStr("site", "1")
		m.PutBool("user.name", true)
		m.PutDouble("pam.ext.d", 1.5)
		m.PutEmptyMap("pam.ext.m").PutStr("a", "b")
		m.PutEmptyBytes("pam.ext.b").FromRaw([]byte("x"))
		m.PutEmpty("pam.ext.e")
		m.PutEmptySlice("pam.ext.s").AppendEmpty().SetEmptySlice().AppendEmpty().SetStr("deep")
		m.PutInt("pam.syslog.facility", 24)
		m.PutStr("pam.syslog.severity", "3")
		m.PutStr("log.record.uid", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
		m.PutStr("pam.parse.error", "odd")
		m.PutStr("pam.repairs", "bom,unheard_of")
		m.PutStr("pam.classified_by", "guess")
		m.PutStr("pam.classification.conflict", "none.such")
		m.PutInt("pam.clock_skew", 9)
	}
	want := `
text host.name=pam1 repairs=bom fault=@0:odd
  user.name: "true"
  pam.ext.d: "1.5"
  pam.ext.m: "{\"a\":\"b\"}"
  pam.ext.b: "x"
`
	f(other, nil, want)
	f(other, []string{"site"}, strings.Replace(want, "  user.name", "  pam.ext.site: \"1\"\n  user.name", 1))
}

// choices reads an event from bytes that a fuzzer chose.
type choices struct{ data []byte }

func (c *choices) byte() byte {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return b
}

func (c *choices) int() (n int64) {
	for range 8 {
		n = n<<8 | int64(c.byte())
	}
	return n
}

// text returns up to 31 bytes as valid UTF-8, or one of the attribute names.
func (c *choices) text() string {
	n := int(c.byte())
	if n >= 128 {
		names := [...]string{"user.name", "pam.ext.", "pam.sd.", "pam.repairs", "log.record.uid", "host.name", "x.y", ""}
		return names[n%len(names)]
	}
	n = min(n%32, len(c.data))
	s := string(c.data[:n])
	c.data = c.data[n:]
	return strings.ToValidUTF8(s, "\uFFFD")
}

func (c *choices) time() time.Time { return timeOf(pcommon.Timestamp(c.int() & (1<<62 - 1))) }

func (c *choices) event(types []*audit.Type) *audit.Event {
	e := &audit.Event{
		Time: c.time(), Received: c.time(),
		Severity: audit.Severity(c.byte() % (uint8(audit.Debug) + 1)),
		Repairs:  audit.Repairs(c.int()) & (1<<len(audit.RepairTable) - 1),
		Raw:      string([]byte{c.byte()}) + c.text(),
	}
	for i := range e.UID {
		e.UID[i] = c.byte()
	}
	e.Source.Format = audit.Format{Header: audit.Header(c.byte() % 4), Body: audit.Body(c.byte() % 4)}
	if e.Source.HasPRI = c.byte()%2 == 1; e.Source.HasPRI {
		e.Source.Facility, e.Source.Severity = c.byte()%24, c.byte()%8
	}
	for _, w := range audit.Words {
		*w.Text(&e.Source) = c.text()
	}
	if c.byte()%2 == 1 {
		parts := [...]string{"PRI", "SD-ID", "Device Version", "JSON"}
		e.Fault = audit.Fault{Part: parts[c.byte()%4], Offset: int(c.int()), Reason: c.text()}
	}
	if i := int(c.byte()); i < len(types) {
		e.Type, e.Conflict = types[i], types[int(c.byte())%len(types)]
		e.Evidence = audit.Evidence(c.byte() % (uint8(audit.BySUID) + 1))
	}
	for len(c.data) > 0 {
		f := audit.Field{Term: audit.TermID(c.byte()) % audit.NumTerms}
		if f.Term <= audit.TermSD {
			f.Key = c.text()
		}
		if f.IsNum = c.byte()%4 == 0; f.IsNum {
			f.Num = c.int()
		} else {
			f.Text = c.text()
		}
		if !absent(&f) {
			e.Add(f)
		}
	}
	return e
}

func FuzzLogRecord(f *testing.F) {
	var types []*audit.Type
	for i := range audit.Types {
		if ty := audit.Builtin().ByName(audit.Types[i].Name); ty != nil {
			types = append(types, ty)
		}
	}
	r := NewReader(audit.Builtin(), nil)
	f.Add([]byte{})
	f.Add([]byte(strings.Repeat("\x01\x85\x02ab\x81\x00\x84", 40)))
	f.Add([]byte(strings.Repeat("The quick brown fox jumps over the lazy dog. ", 9)))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := choices{data}
		roundTrip(t, r, c.event(types))
	})
}

// FuzzMessage carries what wire.Parser makes of any bytes, and reads the same
// bytes as the record of somebody else.
func FuzzMessage(f *testing.F) {
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, one := range cases {
		f.Add(one.Input)
	}
	f.Add("\xff\xfe=\xff suser=\xff \xfe=1 \xff=2")
	f.Add("CEF:0|a|b|c|\xff|e|f|\xff=1 \xfe=2 a\xffb=3 a\xfeb=4")
	r, p := NewReader(audit.Builtin(), nil), wire.NewParser(nil)
	f.Fuzz(func(t *testing.T, msg string) {
		var e audit.Event
		p.Parse(&e, msg, at)
		e.Time = timeOf(timestamp(e.Time)) // what a Timestamp cannot hold is lost
		roundTrip(t, r, &e)

		ld := plog.NewLogs()
		lr := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		lr.SetObservedTimestamp(timestamp(at))
		setBody(lr.Body(), msg)
		r.Each(ld, func(lr plog.LogRecord, got *audit.Event) {
			got.Time = timeOf(timestamp(got.Time))
			if diff := cmp.Diff(&e, got, sameEvent); diff != "" {
				t.Errorf("foreign: -want +got\n%s", diff)
			}
			Extend(lr, got, len(got.Fields))
		})
		checkStrings(t, ld)
		r.Each(ld, func(_ plog.LogRecord, got *audit.Event) {
			if diff := cmp.Diff(&e, got, sameEvent); diff != "" {
				t.Errorf("extended: -want +got\n%s", diff)
			}
		})
	})
}
