package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// encodings are all that a fuzz target renders with.
var encodings = func() (encodings []Encoding) {
	for _, format := range []string{"cef", "rfc5424", "sensage"} {
		for _, keys := range []string{"vendor", "standard"} {
			encodings = append(encodings, Encoding{Format: format, Keys: keys})
		}
	}
	return append(encodings,
		Encoding{CEFVersion: 1, Header: "rfc3164"},
		Encoding{Header: "none", MaxMessageSize: 1024},
		Encoding{MaxMessageSize: 1024},
		Encoding{Format: "rfc5424", MaxMessageSize: 1024},
		Encoding{Format: "rfc5424", Message: "key_value"},
		Encoding{Format: "rfc5424", Message: "cef", BOM: true},
		Encoding{Format: "rfc5424", Message: "json"},
		Encoding{Format: "sensage", MaxMessageSize: 1500},
		Encoding{Format: "raw"},
		Encoding{TimeFormat: "cef_date", HostnameRule: "source_dvchost", Hostname: "gw"},
		Encoding{Header: "cef", HostnameRule: "no_ipv6", Hostname: "gw", MaxMessageSize: 1024},
		Encoding{Header: "none", HostnameRule: "collector", Hostname: "gw"},
		Encoding{TimePrecision: "milliseconds", Token: shortToken, MaxMessageSize: 1280},
		Encoding{Format: "rfc5424", Token: shortToken, HostnameRule: "collector", Hostname: "gw", MaxMessageSize: 1280},
		Encoding{Format: "sensage", HostnameRule: "no_ipv6", Hostname: "gw", Header: "cef"},
	)
}()

// A token that is an SD-NAME, and one as Sumo Logic prints it in its manual.
const (
	shortToken = "token@41123"
	longToken  = "E5kTyaEcth45/DU81M236oU4vM8j1ZaqTpWgjXB6lod7cFTeq09zzMn5ErmM0O/3@41123"
)

func newEncoder(tb testing.TB, c Encoding) *Encoder {
	tb.Helper()
	enc, err := NewEncoder(c)
	if err != nil {
		tb.Fatal(err)
	}
	return enc
}

func seeds(f *testing.F) {
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add(c.Input)
	}
	for _, s := range []string{"", " ", "<13>", "<13>1 - - - - - - a\nb=c", "CEF:0|", "CEF:0|a|b|c|d|e|5|cs1Label=User cs1= act=\xff\\", `[{"a":1},{"b":2}]`, `{"fields":{},"raw":""}`} {
		f.Add(s)
	}
}

// FuzzParse: no input panics, Raw is the input, what is at fault lies in it,
// every field is UTF-8, and the bits that Has reads are true.
func FuzzParse(f *testing.F) {
	seeds(f)
	p := NewParser(nil)
	f.Fuzz(func(t *testing.T, msg string) {
		var e audit.Event
		p.Parse(&e, msg, corpus.Now)
		if e.Raw != msg {
			t.Fatalf("Raw is %q", e.Raw)
		}
		if e.Fault.Offset < 0 || e.Fault.Offset > len(msg) {
			t.Fatalf("fault at %d of %d bytes", e.Fault.Offset, len(msg))
		}
		for _, field := range e.Fields {
			if !utf8.ValidString(field.Text) || !utf8.ValidString(field.Key) || !e.Has(field.Term) && field.Term > audit.TermSD {
				t.Fatalf("field %+v", field)
			}
		}
		n := 0
		p.SplitJSON(msg, func(string) bool { n++; return true })
		if n == 0 {
			t.Fatal("SplitJSON lost the message")
		}
	})
}

// hostile builds an event from fuzz bytes: every field's Term, key and value,
// and every header word, hold what the fuzzer likes.
func hostile(data []byte) *audit.Event {
	next := func() string {
		if len(data) == 0 {
			return ""
		}
		n := min(int(data[0])%61, len(data)-1)
		s := string(data[1 : 1+n])
		data = data[1+n:]
		return s
	}
	e := &audit.Event{Received: corpus.Now, Raw: next()}
	for i := range audit.Words {
		*audit.Words[i].Text(&e.Source) = next()
	}
	e.Source.Host, e.Source.App = next(), next()
	if len(data) > 8 {
		e.Time = time.Unix(int64(binary.LittleEndian.Uint32(data)), 0).UTC()
		e.Source.HasPRI, e.Source.Facility, e.Source.Severity = data[4]&1 == 0, data[5]%24, data[6]%8
		copy(e.UID[:], data)
	}
	for len(data) > 1 {
		t := audit.TermID(data[0]) % audit.NumTerms
		data = data[1:]
		f := audit.Field{Term: t}
		if t <= audit.TermSD {
			f.Key = next()
		}
		f.Text = next()
		if t.Row().Kind == audit.Int && len(f.Text)%2 == 0 {
			f = audit.Field{Term: t, Num: int64(len(data)) - 20, IsNum: true}
		}
		e.Add(f)
	}
	return e
}

// FuzzOneFrame: whatever bytes are in any field, one event leaves as exactly
// one frame without CR, LF and NUL, under the limit, and reading it gives no
// Term that the event did not have.
func FuzzOneFrame(f *testing.F) {
	f.Add([]byte("\x05a\nb\rc\x00\x02CE\x01|\x03=\\]\x10suser=root\n<13>1 forged\x00\x07pam@1 a\x04] [x"))
	f.Add(bytes.Repeat([]byte("\x01\x09cs1Label=\x05\"\\]\r\n"), 9))
	p := NewParser(nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		e := hostile(data)
		for _, c := range encodings {
			for _, framing := range []syslog.Framing{syslog.OctetCounting, syslog.NonTransparent} {
				c.Framing = framing
				oneFrame(t, p, e, c)
			}
		}
	})
}

func oneFrame(t *testing.T, p *Parser, e *audit.Event, c Encoding) {
	enc := newEncoder(t, c)
	msg, _ := enc.Append(nil, e)
	if c.Format != "raw" && bytes.ContainsAny(msg, "\r\n\x00\u2028\u2029") {
		t.Fatalf("%+v: CR, LF, NUL or a line separator in %q", c, msg)
	}
	if c.MaxMessageSize > 0 && len(msg) > c.MaxMessageSize {
		t.Fatalf("%+v: %d bytes in %q", c, len(msg), msg)
	}
	frame, _ := enc.AppendFrame(nil, e)
	framer := syslog.Framer{Framing: c.Framing, MaxMessageSize: 1 << 20}
	i, j, n, flags, ok := framer.Next(frame)
	if len(msg) > 0 && (!ok || n != len(frame) || flags != 0) {
		t.Fatalf("%+v: frame %q is cut at %d, flags %v", c, frame, n, flags)
	}
	if c.Format == "raw" {
		return
	}
	if string(msg) != string(frame[i:j]) {
		t.Fatalf("%+v: message %q in frame %q", c, msg, frame[i:j])
	}
	var back audit.Event
	p.Parse(&back, string(msg), corpus.Now)
	for k := range back.Fields {
		term := back.Fields[k].Term
		if term > audit.TermSD && !e.Has(term) && !e.Has(sameKey[term]) {
			t.Fatalf("%+v: %q is read with a %s that the event has not; event %s", c, msg, term.Row().Attr, render(e))
		}
	}
}

// sameKey are the Derived Terms that the standard's keys write in the place of
// what they were derived from.
var sameKey = map[audit.TermID]audit.TermID{audit.SUID: audit.UserID, audit.SPID: audit.ProcessID}

// FuzzRoundTrip: what CEF with the vendor's keys and RFC 5424 say is read back
// as the same event, and said the same way again.
func FuzzRoundTrip(f *testing.F) {
	seeds(f)
	p := NewParser(nil)
	f.Fuzz(func(t *testing.T, msg string) {
		if len(msg) > 4000 {
			return // the dictionary's lengths cut what is longer
		}
		var e audit.Event
		p.Parse(&e, msg, corpus.Now)
		for _, c := range []Encoding{
			{Hostname: "h"},
			{Format: "rfc5424", Hostname: "h"},
			{Hostname: "h", TimeFormat: "cef_date", HostnameRule: "source_dvchost"},
			{Hostname: "h", Header: "cef", HostnameRule: "no_ipv6"},
			{Hostname: "h", HostnameRule: "collector", TimePrecision: "milliseconds", Token: longToken},
			{Format: "rfc5424", Hostname: "h", HostnameRule: "collector", Token: longToken},
		} {
			if c.Header == "cef" && isFar(&e) {
				continue // nothing says the year
			}
			enc := newEncoder(t, c)
			once, truncated := enc.Append(nil, &e)
			if truncated {
				continue
			}
			var back audit.Event
			p.Parse(&back, string(once), corpus.Now)
			if want, got := portable(enc, &e), portable(enc, &back); want != got {
				t.Fatalf("%s:\n%q is read as\n%s\nwant\n%s", c.Format, once, got, want)
			}
			if want, got := sourceHost(&e), sourceHost(&back); beside(enc, &e) && want != got {
				t.Fatalf("%+v:\n%q is read with the host %q, want %q", c, once, got, want)
			}
			twice, _ := enc.Append(nil, &back)
			if string(once) != string(twice) {
				t.Fatalf("no fixed point:\n%q\n%q", once, twice)
			}
		}
	})
}

// beside reports whether a message tells the source's host beside HOSTNAME.
func beside(enc *Encoder, e *audit.Event) bool {
	_, host := enc.hosts(e)
	return sourceHost(e) != "" && strings.TrimFunc(host, isBlank) != "" && !strings.ContainsFunc(host, isBreak) &&
		(enc.Format == "rfc5424" || !isFar(e))
}

// isFar reports whether CEF has no rt for an event's time.
func isFar(e *audit.Event) bool {
	milli := timeOf(e).UnixMilli()
	return milli < leastMilli || milli > mostMilli
}

// portable renders what every format carries of an event: its fields, msg
// first, keys and values as a strict writer has them.
func portable(enc *Encoder, e *audit.Event) string {
	var first, rest strings.Builder
	names := &cefNames
	if enc.Format == "rfc5424" {
		names = &paramNames
		if textForm(e, "text") == "key_value" {
			names = &pairNames
		}
	}
	enc.nameFields(e, names)
	for i := range e.Fields {
		f := &e.Fields[i]
		out := &rest
		if f.Term == audit.Message {
			out = &first
		}
		key := f.Attr()
		if f.Term == audit.TermUnknown || f.Term == audit.TermSD && enc.Format == "cef" {
			key = "pam.ext." + unreserve(enc.names[i], names.vocabularies...)
		}
		fmt.Fprintf(out, "%s=%q\n", key, strings.TrimRight(string(appendLine(nil, f.String())), " "))
	}
	return first.String() + rest.String()
}

// render shows an event as text, a line a field.
func render(e *audit.Event) string {
	var b strings.Builder
	for i := range e.Fields {
		fmt.Fprintf(&b, "%s=%q ", e.Fields[i].Attr(), e.Fields[i].String())
	}
	if !e.Fault.IsZero() {
		fmt.Fprintf(&b, "fault=%q ", e.Fault)
	}
	if e.Repairs != 0 {
		fmt.Fprintf(&b, "repairs=%s ", e.Repairs)
	}
	return strings.TrimSuffix(b.String(), " ")
}
