package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// forged are messages whose values and keys try to be a message of their own,
// behind an LF, a CR, a NUL or a count. They come in counted frames.
var forged = func() (cases []corpus.Case) {
	const another = "<13>1 2026-06-18T17:49:41Z forged app - - - CEF:0|MT4|s|1|16|n|5|suser=forged"
	for i, line := range []string{
		"<13>1 2026-06-18T17:49:41Z h a p m - CEF:0|MT4|s|1|16|n|5|suser=alice msg=a\n" + another,
		"<13>1 2026-06-18T17:49:41Z h a p m - CEF:0|MT4|s|1|16|n|5|suser=alice msg=a\r\n" + another + "\r\n",
		"<13>1 2026-06-18T17:49:41Z h a p m - CEF:0|MT4|s|1|16|n|5|suser=alice msg=a\x00" + another,
		`CEF:0|MT4|s|1|16|n|5|suser=a\n` + another + ` act=\r` + another + ` msg=\r\n` + another,
		"CEF:0|MT4|s|1|16|n\\n" + another + "|5|suser=a",
		fmt.Sprintf("<13>1 2026-06-18T17:49:41Z h a p m - text\n%d %s", len(another), another),
		"<13>1 2026-06-18T17:49:41Z h a p m [x@1 k=\"a\n" + another + "\"] text",
		fmt.Sprintf(`{"user":%q,"a\n%s":"b","x\r\n":["\n","\u0000"],"\u2028":"\u2029\u0085"}`, "a\n"+another, another),
		"user=\"a\n" + another + "\" \"k\n\"=b",
	} {
		cases = append(cases, corpus.Case{Name: fmt.Sprintf("forged/%d", i), Input: line})
	}
	return cases
}()

// TestForged has messages that try to be two: each is one at the SIEM, with
// exactly what the encoder renders.
func TestForged(t *testing.T) {
	f := func(name string, d daemon) {
		for _, w := range ways {
			t.Run(name+"/"+w.name, func(t *testing.T) {
				t.Parallel()
				cases := slices.Concat(forged, hostile)
				w := w.certified(t)
				r := startCollecting(t, d, w)
				conn := w.dial(t, r.in)
				for _, c := range cases {
					b := []byte(c.Input)
					if w.network != "udp" {
						b = syslog.AppendFrame(nil, syslog.OctetCounting, b)
					}
					if _, err := conn.Write(b); err != nil {
						t.Fatal(err)
					}
				}
				for i, want := range renderings {
					waitFor(t, func() string {
						n := len(readLines(t, r.files[i]))
						return unless(n >= len(cases), "more in %s than %d of %d messages", want.name, n, len(cases))
					})
					enc := want.encoding
					enc.Hostname, enc.ProcID = "gw", r.collector.pid()
					sameMessages(t, d, newEncoder(t, enc), cases, readLines(t, r.files[i]))
				}
			})
		}
	}
	f("rsyslog", newRsyslog(t))
	f("syslog-ng", newSyslogNG(t))
}

// sameMessages compares what a daemon received with what the encoder renders.
func sameMessages(t *testing.T, d daemon, enc *wire.Encoder, cases []corpus.Case, received []string) {
	t.Helper()
	if len(received) != len(cases) {
		t.Errorf("%d messages came of %d", len(received), len(cases))
	}
	for i, line := range received {
		raw, _ := d.read(t, line, parts{})
		if i >= len(cases) {
			t.Errorf("one too many: %q", raw)
		} else if want := render(t, enc, message{cases[i].Name, cases[i].Input}, raw); raw != want {
			t.Errorf("%s:\ngot  %q\nwant %q", cases[i].Name, raw, want)
		}
	}
}
