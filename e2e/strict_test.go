package e2e

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gosyslog "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/octetcounting"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog/syslogtest"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// strictly are the encodings whose messages are RFC 5424 to the letter.
var strictly = []wire.Encoding{
	{Format: "rfc5424"},
	{Format: "rfc5424", Keys: "standard", EnterpriseID: 99999},
	{Format: "rfc5424", Message: "key_value"},
	{Format: "rfc5424", Message: "cef"},
	{Format: "rfc5424", Message: "json", BOM: true},
	{Format: "rfc5424", MaxMessageSize: 1024},
	{Format: "cef"},
	{Format: "cef", CEFVersion: 1, Keys: "standard"},
	{Format: "sensage", Header: "rfc5424"},
}

// eachStrictly calls f with the messages of the corpus in each encoding.
func eachStrictly(t *testing.T, f func(t *testing.T, sent [][]byte)) {
	all := messages(append(loadCorpus(t), hostile...))
	for _, c := range strictly {
		c.Hostname, c.ProcID = "gw", "7"
		enc := newEncoder(t, c)
		name := strings.Join([]string{c.Format, c.Keys, c.Message, strconv.Itoa(c.MaxMessageSize)}, ",")
		t.Run(name, func(t *testing.T) {
			var sent [][]byte
			for i, m := range all {
				e := event(m.text, corpus.Now)
				e.UID[0], e.UID[1] = byte(i), byte(i>>8)
				out, _ := enc.Append(nil, e)
				sent = append(sent, out)
			}
			f(t, sent)
		})
	}
}

// hostile are lines that the corpus cannot hold, or has no reason to: they are
// made to break out of a header word, a PARAM-VALUE or a frame.
var hostile = func() (cases []corpus.Case) {
	for i, line := range []string{
		"<13>1 2026-06-18T17:49:41Z h a p m [x@1 k=\"a\\\"b\\]c\\\\d\"] CEF:0|MT4|s|1|16|n\\|m|5|suser=a\\=b \"]\\\\ act=]\\n[y@2 z=\"1\"] msg=a\\r\\nb",
		"CEF:0|\"]|[|\\\\|=|]|5|k=\\\\ k=\" k=] msg=\\\\",
		"CEF:0|MT4|s|1|16|a b|5|suser=\x00\x01\x7f\u0085\u2028\ufeff act=\xff\xfe\xc3 msg=\xed\xa0\x80",
		"<191>1 2026-06-18T17:49:41.123456Z " + strings.Repeat("h", 300) + " " + strings.Repeat("a", 60) + " " + strings.Repeat("p", 140) + " " + strings.Repeat("m", 40) + " - x y",
		"CEF:0|MT4|s|1|16|n|5|" + strings.Repeat("é]\"\\\\", 500) + "=1 suser=" + strings.Repeat("é]\"\\\\", 500),
		"<13>1 2026-06-18T17:49:41Z h a p m [pam@1 suser=\"forged\"][pam@32473 uid=\"no\"] x=y z=\"]\"",
		`{"a b":"c]","\"":"\\","é":[1,{"x":"]"}],"":"empty"}`,
	} {
		cases = append(cases, corpus.Case{Name: fmt.Sprintf("hostile/%d", i), Input: line})
	}
	return cases
}()

// TestGoSyslog has every message read by another's strict parser, one by one
// and as a stream of counted frames.
func TestGoSyslog(t *testing.T) {
	eachStrictly(t, func(t *testing.T, sent [][]byte) {
		machine := rfc5424.NewParser()
		var stream []byte
		for _, msg := range sent {
			if err := syslogtest.Check5424(msg); err != nil {
				t.Errorf("%v\n%s", err, msg)
			}
			m, err := machine.Parse(msg)
			if err != nil {
				t.Errorf("%v\n%s", err, msg)
				continue
			}
			sameParts(t, string(msg), ofGoSyslog(m, string(msg)))
			stream = syslog.AppendFrame(stream, syslog.OctetCounting, msg)
		}
		n := 0
		octetcounting.NewParser(gosyslog.WithMaxMessageLength(1<<20), gosyslog.WithListener(func(r *gosyslog.Result) {
			if r.Error != nil {
				t.Errorf("frame %d: %v", n, r.Error)
			} else if n < len(sent) {
				sameParts(t, string(sent[n]), ofGoSyslog(r.Message, string(sent[n])))
			}
			n++
		})).Parse(bytes.NewReader(stream))
		if n != len(sent) || n == 0 {
			t.Errorf("%d frames were read of %d", n, len(sent))
		}
	})
}

// TestRsyslogParams has every message read by rsyslogd, with its parameters
// parsed by mmpstrucdata.
func TestRsyslogParams(t *testing.T) {
	d := newRsyslog(t)
	eachStrictly(t, func(t *testing.T, sent [][]byte) {
		address, file := freeAddress(t), filepath.Join(t.TempDir(), "received")
		d.receive(t, ways[0], map[string]string{address: file})
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, msg := range sent {
			if _, err := conn.Write(syslog.AppendFrame(nil, syslog.OctetCounting, msg)); err != nil {
				t.Fatal(err)
			}
		}
		waitFor(t, func() string {
			n := len(readLines(t, file))
			return unless(n >= len(sent), "more than %d of %d messages", n, len(sent))
		})
		for i, line := range readLines(t, file) {
			want := string(sent[i])
			raw, p := d.read(t, line, ours(want))
			if raw != want {
				t.Errorf("got  %q\nwant %q", raw, want)
			}
			sameParts(t, want, p)
		}
	})
}

// sameParts compares what another reader made of a message with what we do.
func sameParts(t *testing.T, msg string, theirs parts) {
	t.Helper()
	if diff := cmp.Diff(ours(msg), theirs); diff != "" {
		t.Errorf("%s\nis read otherwise (-ours +theirs):\n%s", msg, diff)
	}
}

// ofGoSyslog returns the parts of msg as go-syslog has them. It does not keep
// STRUCTURED-DATA as sent.
func ofGoSyslog(m gosyslog.Message, msg string) parts {
	s := m.(*rfc5424.SyslogMessage)
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	p := parts{
		Facility: strconv.Itoa(int(*s.Facility)), Severity: strconv.Itoa(int(*s.Severity)),
		Host: text(s.Hostname), App: text(s.Appname), ProcID: text(s.ProcID), MsgID: text(s.MsgID),
		StructuredData: ours(msg).StructuredData, Params: map[string]string{}, Msg: strings.TrimPrefix(text(s.Message), "\uFEFF"),
	}
	if s.Timestamp != nil {
		p.Time = s.Timestamp.UTC()
	}
	if s.StructuredData != nil {
		for id, params := range *s.StructuredData {
			for name, value := range params {
				p.Params[id+" "+name] = value
			}
		}
	}
	return p
}
