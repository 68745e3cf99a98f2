package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// daemon is a syslog daemon that others wrote.
type daemon interface {
	// send makes the daemon pass on the lines that come to one address over
	// TCP, byte for byte, to another.
	send(t *testing.T, w way, from, to string) *process
	// receive makes the daemon write what comes to each address to a file.
	receive(t *testing.T, w way, files map[string]string) *process
	// store makes the daemon write what comes to an address to a file, byte for
	// byte and an LF behind each message.
	store(t *testing.T, w way, address, file string) *process
	// read reads a line of such a file: the message, and what the daemon made
	// of it. Where the daemon does not say what ours says, it is given ours.
	read(t *testing.T, line string, ours parts) (raw string, p parts)
}

// way is how messages travel.
type way struct {
	name    string
	network string
	counted bool       // by octet counting
	secure  bool       // by TLS
	mutual  bool       // with a client certificate
	expired bool       // is the server's certificate
	host    string     // the server's address, where it is not this machine
	ca      *authority // that issued it; nil without TLS
	clients *authority // that must have issued the client's; nil without one
}

var ways = []way{
	{name: "TCP/OctetCounting", network: "tcp", counted: true},
	{name: "TCP/LF", network: "tcp"},
	{name: "TLS/OctetCounting", network: "tcp", counted: true, secure: true},
	{name: "TLS/LF", network: "tcp", secure: true},
	{name: "UDP", network: "udp"},
}

// certified returns the way with a CA of its own, where it needs one.
func (w way) certified(t *testing.T) way {
	t.Helper()
	if w.secure {
		w.ca = newAuthority(t)
	}
	if w.mutual {
		w.clients = w.ca
	}
	return w
}

// server returns the server's certificate.
func (w way) server(t *testing.T) pair {
	t.Helper()
	valid := time.Hour
	if w.expired {
		valid = -time.Minute
	}
	return w.ca.issue(t, w.host, valid)
}

// receiver returns the protocols of a pam receiver that takes what is sent this
// way.
func (w way) receiver(t *testing.T, address string) string {
	t.Helper()
	if w.ca == nil {
		return fmt.Sprintf("{%s: {endpoint: %q}}", w.network, address)
	}
	server := w.server(t)
	return fmt.Sprintf("{tls: {endpoint: %q, tls: {cert_file: %q, key_file: %q}}}", address, server.cert, server.key)
}

// dial connects to such a receiver.
func (w way) dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial(w.network, address)
	if err != nil {
		t.Fatal(err)
	}
	if w.ca != nil {
		roots := x509.NewCertPool()
		roots.AddCert(w.ca.cert)
		conn = tls.Client(conn, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// exporter returns the keys of a siem exporter that sends this way, up to the
// closing brace.
func (w way) exporter(t *testing.T, addresses ...string) string {
	t.Helper()
	keys := fmt.Sprintf("{endpoint: %q, hostname: gw", addresses[0])
	if len(addresses) > 1 {
		keys = fmt.Sprintf(`{endpoints: ["%s"], hostname: gw`, strings.Join(addresses, `", "`))
	}
	switch {
	case w.ca == nil:
		keys += ", transport: " + w.network
	case w.clients == nil:
		keys += fmt.Sprintf(", transport: tls, tls: {ca_file: %q}", w.ca.file)
	default:
		client := w.clients.issue(t, "localhost", time.Hour)
		keys += fmt.Sprintf(", transport: tls, tls: {ca_file: %q, cert_file: %q, key_file: %q}", w.ca.file, client.cert, client.key)
	}
	switch {
	case w.counted:
		keys += ", framing: octet_counting"
	case w.network != "udp":
		keys += ", framing: non_transparent"
	}
	return keys
}

// renderings are what the collector sends to the daemon, each to a port of its
// own.
var renderings = []struct {
	name     string
	keys     string
	encoding wire.Encoding
}{
	{"rfc5424", "format: rfc5424", wire.Encoding{Format: "rfc5424"}},
	{"cef", "format: cef", wire.Encoding{}},
	{"cef_rfc3164", "format: cef, header: rfc3164", wire.Encoding{Header: "rfc3164"}},
}

func TestRsyslog(t *testing.T)  { testDaemon(t, newRsyslog(t)) }
func TestSyslogNG(t *testing.T) { testDaemon(t, newSyslogNG(t)) }

// testDaemon sends the corpus through the daemon, the collector, and the
// daemon again, and compares what arrives with what must.
func testDaemon(t *testing.T, d daemon) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			cases := loadCorpus(t)
			r := startRelay(t, d, w.certified(t))
			r.play(t, cases)
			for i, want := range renderings {
				t.Run(want.name, func(t *testing.T) {
					enc := want.encoding
					enc.Hostname, enc.ProcID = "gw", r.collector.pid()
					compare(t, d, newEncoder(t, enc), messages(cases), readLines(t, r.files[i]))
				})
			}
		})
	}
}

// relay is a daemon that sends to a collector that sends to a daemon.
type relay struct {
	collector *collector
	in        string   // where it takes messages
	files     []string // of the second, in the order of renderings
}

func startRelay(t *testing.T, d daemon, w way) *relay {
	t.Helper()
	r := startCollecting(t, d, w)
	from := freeAddress(t)
	d.send(t, w, from, r.in)
	r.in = from
	return r
}

// startCollecting starts a relay without its first daemon.
func startCollecting(t *testing.T, d daemon, w way) *relay {
	t.Helper()
	r := &relay{in: freeAddress(t)}
	files := map[string]string{}
	exporters := ""
	for _, out := range renderings {
		file, address := filepath.Join(t.TempDir(), out.name), freeAddress(t)
		r.files = append(r.files, file)
		files[address] = file
		exporters += fmt.Sprintf("  siem/%s: %s, %s}\n", out.name, w.exporter(t, address), out.keys)
	}
	d.receive(t, w, files)
	r.collector = startCollector(t, fmt.Sprintf(`
receivers:
  pam: {protocols: %s}
processors:
  suid:
exporters:
%s
service:
  pipelines:
    logs: {receivers: [pam], processors: [suid], exporters: [siem/rfc5424, siem/cef, siem/cef_rfc3164]}
`, w.receiver(t, r.in), exporters))
	return r
}

// inFlight is how many messages may be on their way: over UDP nobody tells
// their sender that there is no room for more.
const inFlight = 32

// play sends the lines and waits until all have arrived everywhere.
func (r *relay) play(t *testing.T, cases []corpus.Case) {
	t.Helper()
	conn, err := net.Dial("tcp", r.in)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i := 0; i < len(cases); i += inFlight {
		until := min(i+inFlight, len(cases))
		for _, c := range cases[i:until] {
			if _, err := fmt.Fprintln(conn, c.Input); err != nil {
				t.Fatal(err)
			}
		}
		want := len(messages(cases[:until]))
		for _, file := range r.files {
			waitFor(t, func() string {
				n := len(readLines(t, file))
				return unless(n >= want, "more in %s than %d of %d messages", filepath.Base(file), n, want)
			})
		}
	}
}

// compare compares what a daemon received with what the encoder renders, and
// every part that the daemon found with the same part as we read it.
func compare(t *testing.T, d daemon, enc *wire.Encoder, sent []message, received []string) {
	t.Helper()
	if len(received) != len(sent) {
		t.Fatalf("%d messages came of %d", len(received), len(sent))
	}
	for i, m := range sent {
		raw, _ := d.read(t, received[i], parts{})
		if event(raw, time.Now()).UID == [16]byte{} {
			t.Errorf("%s: has no log.record.uid: %s", m.name, raw)
		}
		want := render(t, enc, m, raw)
		if raw != want {
			t.Errorf("%s:\ngot  %s\nwant %s", m.name, raw, want)
			continue
		}
		wanted := ours(want)
		if _, got := d.read(t, received[i], wanted); !cmp.Equal(wanted, got) {
			t.Errorf("%s: %s\nis read otherwise (-ours +theirs):\n%s", m.name, raw, cmp.Diff(wanted, got))
		}
	}
}

// readLines returns the whole lines of a file, none if it is not there yet.
func readLines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	return lines[:len(lines)-1]
}
