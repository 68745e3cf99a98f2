package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog/syslogtest"
)

// TestRsyslogTemplate has rsyslogd write every message anew, as it does unless
// told otherwise. With its own templates an LF ends a counted message.
func TestRsyslogTemplate(t *testing.T) {
	d := newRsyslog(t)
	f := func(name, framing, template string) {
		t.Run(name, func(t *testing.T) {
			rewritten(t, func(t *testing.T, from, to string) {
				d.start(t, fmt.Sprintf(`
input(type="imtcp" address="127.0.0.1" port=%q supportOctetCountedFraming="off")
action(type="omfwd" target="127.0.0.1" port=%q protocol="tcp" TCP_Framing=%q template=%q)
`, port(from), port(to), framing, template)).ready(t, "tcp/"+from)
			})
		})
	}
	f("RFC5424/LF", "traditional", "RSYSLOG_SyslogProtocol23Format")
	f("RFC5424/OctetCounting", "octet-counted", "RSYSLOG_SyslogProtocol23Format")
	f("Default/LF", "traditional", "RSYSLOG_ForwardFormat")
	f("Default/OctetCounting", "octet-counted", "RSYSLOG_ForwardFormat")
}

// TestSyslogNGTemplate has syslog-ng write every message anew, with the
// SD-ELEMENT that it adds. It too ends a counted message with an LF.
func TestSyslogNGTemplate(t *testing.T) {
	d := newSyslogNG(t)
	f := func(name, driver string) {
		t.Run(name, func(t *testing.T) {
			rewritten(t, func(t *testing.T, from, to string) {
				d.start(t, fmt.Sprintf(`
log {
  source { network(ip("127.0.0.1") port(%s) transport("tcp") flags(syslog-protocol)); };
  destination { %s; };
};
`, port(from), fmt.Sprintf(driver, port(to)))).ready(t, "tcp/"+from)
			})
		})
	}
	f("RFC5424/LF", `network("127.0.0.1" port(%s) transport("tcp") flags(syslog-protocol))`)
	f("RFC5424/OctetCounting", `syslog("127.0.0.1" port(%s) transport("tcp"))`)
}

// rewritten sends those lines of the corpus that are RFC 5424 to the letter
// through a daemon, and demands the same event of what the daemon makes of
// them.
func rewritten(t *testing.T, start func(t *testing.T, from, to string)) {
	in, pam, s := freeAddress(t), freeAddress(t), newSink(t, true)
	startCollector(t, fmt.Sprintf(sinkConfig, fmt.Sprintf("pam: {protocols: {tcp: {endpoint: %q}}}", pam), s.address, "pam"))
	start(t, in, pam)
	var cases []corpus.Case
	for _, c := range loadCorpus(t) {
		if syslogtest.Check5424([]byte(c.Input)) == nil {
			cases = append(cases, c)
		}
	}
	if len(cases) < 50 {
		t.Fatalf("only %d lines are RFC 5424", len(cases))
	}
	conn, err := net.Dial("tcp", in)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, c := range cases {
		if _, err := fmt.Fprintln(conn, c.Input); err != nil {
			t.Fatal(err)
		}
	}
	got := s.wait(t, len(cases))
	for i, c := range cases {
		want, have := essence(event(c.Input, time.Now())), essence(event(got[i], time.Now()))
		have["type"] = read(got[i]).MsgID
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s:\nin  %s\nout %s\n%s", c.Name, c.Input, got[i], diff)
		}
	}
}

// essence is what no daemon may change of an event. Its line breaks are spaces
// in the MSG that was sent.
func essence(e *audit.Event) map[string]string {
	m := map[string]string{"time": e.Time.UTC().String(), "host": e.Source.Host, "app": e.Source.App, "type": e.Source.MsgID}
	if e.Type != nil {
		m["type"] = e.Type.Name
	}
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Term != audit.TermSD {
			m[f.Attr()] += fmt.Sprintf("%q %d, ", lineBreaks.Replace(f.Text), f.Num)
		}
	}
	return m
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")
