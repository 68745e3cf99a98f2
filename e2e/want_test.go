package e2e

import (
	"strconv"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// loadCorpus returns the lines of testdata.
func loadCorpus(t *testing.T) []corpus.Case {
	t.Helper()
	cases, err := corpus.Load("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// message is one that must come out of the collector.
type message struct {
	name string // of the case
	text string // as it went in
}

// messages returns what lines hold: a JSON array holds several messages.
func messages(cases []corpus.Case) (all []message) {
	p := wire.NewParser(nil)
	for _, c := range cases {
		p.SplitJSON(c.Input, func(text string) bool {
			all = append(all, message{c.Name, text})
			return true
		})
	}
	return all
}

// event is what a message says.
func event(text string, now time.Time) *audit.Event {
	var e audit.Event
	wire.NewParser(nil).Parse(&e, text, now)
	audit.Builtin().Classify(&e)
	return &e
}

// render returns what must have been sent for a message where got was: the
// rendering of the same event. What only the collector knew is taken from got,
// which are the log.record.uid and, for a message without a time, the time of
// receipt. A log record's time has no zone, so it leaves in UTC.
func render(t *testing.T, enc *wire.Encoder, m message, got string) string {
	t.Helper()
	sent := event(got, time.Now())
	e := event(m.text, time.Now())
	e.UID = sent.UID
	if e.Time = e.Time.UTC(); e.Time.IsZero() {
		e.Received = sent.Time.UTC()
		if header := read(got); header.Form == syslog.RFC5424 {
			e.Received = header.Time.UTC()
		}
		if age := time.Since(e.Received); age < -time.Second || age > patience+time.Minute {
			t.Errorf("%s: received at %v", m.name, e.Received)
		}
	}
	out, _ := enc.Append(nil, e)
	return string(out)
}

// read reads the syslog header of a message.
func read(text string) *syslog.Message {
	var m syslog.Message
	var p syslog.Parser
	p.Parse(&m, text, time.Now())
	return &m
}

func newEncoder(t *testing.T, c wire.Encoding) *wire.Encoder {
	t.Helper()
	enc, err := wire.NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

// parts are those of a syslog message, as any reader of it has them. A reader
// has "" for NILVALUE.
type parts struct {
	Facility, Severity       string
	Time                     time.Time // zero: NILVALUE; of RFC 3164 in year 0
	Host, App, ProcID, MsgID string
	StructuredData           string
	Params                   map[string]string // of SD-ID and PARAM-NAME; of a repeated one the last value
	Msg                      string
}

// ours returns the parts of a message as this project reads them.
func ours(text string) parts {
	m := read(text)
	p := parts{
		Facility: strconv.Itoa(int(m.Facility)), Severity: strconv.Itoa(int(m.Severity)),
		Time: m.Time.UTC(), Host: m.Hostname, App: m.AppName, ProcID: m.ProcID, MsgID: m.MsgID,
		StructuredData: m.StructuredData, Params: map[string]string{}, Msg: m.Msg,
	}
	if m.Form == syslog.RFC3164 {
		p.Time = yearless(p.Time)
	}
	syslog.Params(m.StructuredData, func(id, name, value string) bool {
		p.Params[id+" "+name] = value
		return true
	})
	return p
}

// yearless returns a time in year 0. The header of RFC 3164 has no year, and
// every reader has its own rule for it.
func yearless(at time.Time) time.Time { return at.AddDate(-at.Year(), 0, 0) }

// word returns "" for NILVALUE.
func word(s string) string {
	if s == "-" {
		return ""
	}
	return s
}
