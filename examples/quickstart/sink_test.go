package main

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestReport plays messages into sinks and holds the last line, and the error,
// against what they must say.
func TestReport(t *testing.T) {
	f := func(cef, rfc5424, sensage int, last, message string) {
		t.Helper()
		t.Setenv("PAM_SIEM_CEF", "127.0.0.1:0")
		t.Setenv("PAM_SIEM_RFC5424", "127.0.0.1:0")
		t.Setenv("PAM_SIEM_SENSAGE", "127.0.0.1:0")
		all, err := openSinks()
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range []int{cef, rfc5424, sensage} {
			sendMessages(t, all[i], n)
		}
		if err := all.close(); err != nil {
			t.Error(err)
		}
		var out bytes.Buffer
		err = all.report(&out, played{tcp: 2, udp: 1})
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if got := lines[len(lines)-1]; got != last || len(lines) != cef+rfc5424+sensage+1 {
			t.Errorf("%d lines, the last is\n%s\nwant\n%s", len(lines), got, last)
		}
		if got := strings.ReplaceAll(errorText(err), "\n", "; "); got != message {
			t.Errorf("error %q, want %q", got, message)
		}
	}
	f(3, 3, 3, "in: 3 lines (2 tcp, 1 udp); out: 9 lines (3 cef, 3 rfc5424, 3 sensage): none lost", "")
	f(3, 1, 4, "in: 3 lines (2 tcp, 1 udp); out: 8 lines (3 cef, 1 rfc5424, 4 sensage): NOT ALL",
		"rfc5424: 2 of 3 lines are missing; sensage: 1 lines more than the 3 that went in")
}

// sendMessages sends n messages in either framing.
func sendMessages(t *testing.T, s *sink, n int) {
	t.Helper()
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var stream []byte
	for range n {
		stream = syslog.AppendFrame(stream, syslog.OctetCounting, []byte("<13>1 - - - - - - a message"))
	}
	if _, err := conn.Write(stream); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for s.count() < n { // the listener is closed next
		time.Sleep(time.Millisecond)
	}
}

func TestCutMessage(t *testing.T) {
	s := &sink{format: "cef"}
	s.read(strings.NewReader("<13>one\n<13>tw"))
	if got := strings.Join(s.got, " "); got != "<13>one" || s.err == nil {
		t.Errorf("got %q, %v", got, s.err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
