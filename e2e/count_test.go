package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// simulated returns n lines of test traffic: every type, wire form, language
// and edition.
func simulated(t *testing.T, n int) []string {
	t.Helper()
	out, err := exec.Command(built(t, "pamctl"), "simulate", "--count", strconv.Itoa(n), "--seed", "7").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != n {
		t.Fatalf("%d lines were simulated, not %d", len(lines), n)
	}
	return lines
}

// framings are how a sender may part messages, RFC 6587 section 3.4.
var framings = []func(b []byte, line string) []byte{
	func(b []byte, line string) []byte { return fmt.Appendf(b, "%d %s", len(line), line) },
	func(b []byte, line string) []byte { return append(append(b, line...), '\n') },
	func(b []byte, line string) []byte { return append(append(b, line...), "\r\n"...) },
	func(b []byte, line string) []byte { return append(append(b, line...), 0) },
}

// connections is how many senders there are.
const connections = 8

// sendAll sends the lines over as many connections, each in a framing of its
// own. Each sends one line; when begun returns, the rest follows in pieces that
// know nothing of lines. Then they are half-closed.
func sendAll(t *testing.T, address string, lines []string, begun func()) {
	t.Helper()
	var conns []*net.TCPConn
	for i := range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := conn.Write(framings[i%len(framings)](nil, share(lines, i)[0])); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn.(*net.TCPConn))
	}
	begun()
	var senders sync.WaitGroup
	for i, conn := range conns {
		senders.Go(func() {
			var stream []byte
			for _, line := range share(lines, i)[1:] {
				stream = framings[i%len(framings)](stream, line)
			}
			if err := sendPieces(conn, stream, rand.New(rand.NewPCG(uint64(i), 1))); err != nil {
				t.Errorf("connection %d: %v", i, err)
			}
		})
	}
	senders.Wait()
}

// sendPieces writes a stream in pieces of any size and half-closes.
func sendPieces(conn *net.TCPConn, stream []byte, random *rand.Rand) error {
	for len(stream) > 0 {
		n, err := conn.Write(stream[:min(1+random.IntN(1<<random.IntN(17)), len(stream))])
		if err != nil {
			return err
		}
		stream = stream[n:]
	}
	return conn.CloseWrite()
}

// share returns the lines of the ith connection. A line with PRI comes first:
// the receiver tells counted frames from lines by the first bytes, and cannot
// where a line begins with digits of its own, as that of a time does.
func share(lines []string, i int) (mine []string) {
	for j := i; j < len(lines); j += connections {
		mine = append(mine, lines[j])
	}
	first := slices.IndexFunc(mine, func(line string) bool { return line[0] == '<' })
	mine[0], mine[first] = mine[first], mine[0]
	return mine
}

// countConfig sends every line twice: as RFC 5424, and as it was received.
const countConfig = `
receivers:
  pam: {protocols: {tcp: {endpoint: %q}}}
processors:
  suid:
exporters:
  siem/rfc5424: {endpoint: %q, format: rfc5424, framing: octet_counting}
  siem/raw: {endpoint: %q, format: raw, framing: octet_counting}
service:
  pipelines:
    logs: {receivers: [pam], processors: [suid], exporters: [siem/rfc5424, siem/raw]}
`

// TestInEqualsOut counts what goes in and what comes out, by the collector's
// metrics too.
func TestInEqualsOut(t *testing.T) {
	lines := simulated(t, 20_000)
	pam, rfc, raw := freeAddress(t), newSink(t, true), newSink(t, true)
	c := startCollector(t, fmt.Sprintf(countConfig, pam, rfc.address, raw.address))
	sendAll(t, pam, lines, func() {})
	rfc.wait(t, len(lines))
	raw.wait(t, len(lines))

	f := func(want int, metric string, labels ...string) {
		t.Helper()
		waitFor(t, func() string {
			got := c.metric(t, metric, labels...)
			return unless(got == float64(want), "%s%s of %d, it is %v", metric, labels, want, got)
		})
	}
	f(len(lines), "otelcol_receiver_accepted_log_records", `receiver="pam"`)
	f(len(lines), "otelcol_pam_receiver_parsed", `receiver="pam"`, `transport="tcp"`)
	f(len(lines), "otelcol_suid_processor_classified")
	f(len(lines), "otelcol_exporter_sent_log_records", `exporter="siem/rfc5424"`)
	f(len(lines), "otelcol_exporter_sent_log_records", `exporter="siem/raw"`)

	c.stop(t)
	sameLines(t, lines, raw.all(t))
	uniqueUIDs(t, rfc.all(t), len(lines))
}

// TestShutdown ends the collector as soon as the last byte is sent. What was
// received is handed on all the same.
func TestShutdown(t *testing.T) {
	lines := simulated(t, 20_000)
	pam, rfc, raw := freeAddress(t), newSink(t, true), newSink(t, true)
	c := startCollector(t, fmt.Sprintf(countConfig, pam, rfc.address, raw.address))
	sendAll(t, pam, lines, func() { rfc.wait(t, connections) })
	c.stop(t)
	sameLines(t, lines, raw.wait(t, len(lines)))
	uniqueUIDs(t, rfc.wait(t, len(lines)), len(lines))
}

// TestShutdownBacklog ends the collector when connections have come that it
// may not have accepted yet. Their senders believe that they delivered.
func TestShutdownBacklog(t *testing.T) {
	lines := simulated(t, 300)
	pam, rfc, raw := freeAddress(t), newSink(t, true), newSink(t, true)
	c := startCollector(t, fmt.Sprintf(countConfig, pam, rfc.address, raw.address))
	for _, line := range lines {
		conn, err := net.Dial("tcp", pam)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintln(conn, line); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c.stop(t)
	sameLines(t, lines, raw.all(t))
}

// sameLines compares lines without their order, byte for byte.
func sameLines(t *testing.T, sent, got []string) {
	t.Helper()
	if len(got) != len(sent) {
		t.Errorf("%d lines came of %d", len(got), len(sent))
	}
	tally := func(lines []string) map[string]int {
		n := map[string]int{}
		for _, line := range lines {
			n[line]++
		}
		return n
	}
	in, out := tally(sent), tally(got)
	if maps.Equal(in, out) {
		return
	}
	shown := 0
	for line, n := range in {
		if out[line] != n && shown < 5 {
			t.Errorf("sent %d times, received %d times: %q", n, out[line], line)
			shown++
		}
	}
	for line, n := range out {
		if in[line] == 0 && shown < 10 {
			t.Errorf("never sent, received %d times: %q", n, line)
			shown++
		}
	}
}

// uniqueUIDs demands that every message has a log.record.uid of its own.
func uniqueUIDs(t *testing.T, got []string, want int) {
	t.Helper()
	if len(got) != want {
		t.Errorf("%d messages came of %d", len(got), want)
	}
	seen := map[[16]byte]string{}
	for _, msg := range got {
		uid := event(msg, time.Now()).UID
		if first, ok := seen[uid]; ok || uid == [16]byte{} {
			t.Fatalf("log.record.uid %x\nof %s\nand %s", uid, first, msg)
		}
		seen[uid] = msg
	}
}
