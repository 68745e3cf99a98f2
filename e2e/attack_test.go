package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// attackConfig has a receiver with the limits that it has by default. Every
// sender over TLS must show a certificate.
const attackConfig = `
receivers:
  pam:
    protocols:
      tcp: {endpoint: %q}
      tls:
        endpoint: %q
        tls: {cert_file: %q, key_file: %q, client_ca_file: %q}
exporters:
  siem: {endpoint: %q, format: raw}
service:
  pipelines:
    logs: {receivers: [pam], exporters: [siem]}
`

const (
	places     = 1024   // max_connections
	flood      = 3000   // connections without a word
	honest     = 20_000 // lines of a sender that does no harm, at least
	perTick    = 10     // of them every 10 ms
	each       = 8      // attackers of each kind
	tinyFrames = 1_000_000
)

// target is a listener under attack.
type target struct {
	transport string
	address   string
	config    *tls.Config // of who has a certificate; nil: without TLS
	connected int         // so far
}

// open connects, without TLS.
func (g *target) open(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", g.address)
	if err != nil {
		t.Fatal(err)
	}
	g.connected++
	return conn
}

// connect connects as one who may send.
func (g *target) connect(t *testing.T) net.Conn {
	t.Helper()
	conn := g.open(t)
	if g.config != nil {
		conn = tls.Client(conn, g.config)
	}
	return conn
}

// TestAttacks attacks a listener over TCP and one over TLS in many ways at once,
// while over each a sender that does no harm sends its lines. All of them arrive,
// the collector stays small, and counts what was done to it.
func TestAttacks(t *testing.T) {
	ca, s := newAuthority(t), newSink(t, false)
	server, client := ca.issue(t, "localhost", time.Hour), ca.issue(t, "localhost", time.Hour)
	plain := &target{transport: "tcp", address: freeAddress(t)}
	secure := &target{transport: "tls", address: freeAddress(t), config: ca.client(t, client)}
	c := startCollector(t, fmt.Sprintf(attackConfig, plain.address, secure.address, server.cert, server.key, ca.file, s.address))
	t.Logf("memory at rest %d MiB", c.memory(t, "VmRSS")>>20)
	targets := []*target{plain, secure}

	var senders sync.WaitGroup
	over := make(chan struct{})
	sent := make([]int, len(targets))
	for i, g := range targets {
		conn := g.connect(t)
		senders.Go(func() { sent[i] = sendSteadily(t, conn, g.transport, over) })
	}
	end := sync.OnceFunc(func() {
		close(over)
		senders.Wait()
	})
	defer end()
	for _, g := range targets {
		s.waitFor(t, honestLine(g.transport, 0))
	}
	for _, g := range targets {
		c.rubbish(t, g)
	}
	c.handshakes(t, secure)
	for _, g := range targets {
		c.flood(t, g)
	}
	c.fill(t, plain, s)
	end()

	for i, g := range targets {
		var want []string
		for n := range sent[i] {
			want = append(want, honestLine(g.transport, n))
		}
		c.closed(t, g)
		s.waitFor(t, want[len(want)-1])
		if got := s.only(t, honestPrefix+g.transport+" "); !slices.Equal(got, want) {
			t.Errorf("%s: %d honest lines came of %d, or not in order", g.transport, len(got), len(want))
		}
		t.Logf("%s: %d honest lines", g.transport, len(want))
	}
	c.small(t, 256<<20)
	t.Logf("memory at most %d MiB, now %d MiB", c.memory(t, "VmHWM")>>20, c.memory(t, "VmRSS")>>20)
	records := c.metric(t, "otelcol_receiver_accepted_log_records")
	parsed := c.metric(t, "otelcol_pam_receiver_parsed")
	t.Logf("%v records accepted of %v made, %d at the SIEM; %d bytes of log", records, parsed, s.count(), len(c.logged(1<<30)))
	if records != parsed || float64(s.count()) != records {
		t.Error("the numbers differ")
	}
	if log := c.logged(1 << 30); len(log) > 64<<10 || strings.Contains(log, "xxxx") {
		t.Errorf("%d bytes of log, or what attackers sent in it", len(log))
	}
}

const honestPrefix = "<13>1 2026-01-02T03:04:05Z honest "

func honestLine(transport string, i int) string {
	return fmt.Sprintf("%s%s - - - line %d", honestPrefix, transport, i)
}

// sendSteadily sends lines at a steady pace until the attack is over, and closes.
// It returns how many.
func sendSteadily(t *testing.T, conn net.Conn, transport string, over <-chan struct{}) (n int) {
	defer conn.Close()
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	for ; ; n += perTick {
		select {
		case <-over:
			if n >= honest {
				return n
			}
		default:
		}
		var b strings.Builder
		for i := range perTick {
			b.WriteString(honestLine(transport, n+i) + "\n")
		}
		if _, err := io.WriteString(conn, b.String()); err != nil {
			t.Errorf("%s: the honest sender, after %d lines: %v", transport, n, err)
			return n
		}
		<-ticks.C
	}
}

// only returns the messages that begin with prefix.
func (s *sink) only(t *testing.T, prefix string) (got []string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, msg := range s.got {
		if strings.HasPrefix(msg, prefix) {
			got = append(got, msg)
		}
	}
	return got
}

// waitFor waits until a message has come.
func (s *sink) waitFor(t *testing.T, msg string) {
	t.Helper()
	waitFor(t, func() string { return unless(len(s.only(t, msg)) > 0, "%q", msg) })
}

// rubbish is what attackers write, and how often a record of it has a repair.
var rubbish = []struct {
	name   string
	repair string
	write  func(conn io.Writer) error
}{
	{"a line without end", "frame_cut", func(conn io.Writer) error {
		block := []byte(strings.Repeat("x", 1<<20))
		for range 16 {
			if _, err := conn.Write(block); err != nil {
				return err
			}
		}
		return nil
	}},
	{"tiny frames", "", func(conn io.Writer) error {
		_, err := io.WriteString(conn, strings.Repeat("x\n", tinyFrames/2/each))
		return err
	}},
	{"empty frames", "", func(conn io.Writer) error {
		_, err := io.WriteString(conn, strings.Repeat("\n\r\x00\n", 1<<20))
		return err
	}},
	{"a huge octet count", "frame_out_of_step", func(conn io.Writer) error {
		_, err := io.WriteString(conn, "999999999 <13>lie\n")
		return err
	}},
	{"an octet count above the limit", "frame_cut", func(conn io.Writer) error {
		_, err := io.WriteString(conn, "1000000 <13>"+strings.Repeat("x", 999_996))
		return err
	}},
	{"an octet count that is never completed", "frame_no_trailer", func(conn io.Writer) error {
		_, err := io.WriteString(conn, "60000 <13>"+strings.Repeat("x", 50_000))
		time.Sleep(time.Second)
		return err
	}},
	{"a slow sender", "", func(conn io.Writer) error {
		for _, b := range []byte("<13>" + strings.Repeat("x", 200) + "\n") {
			if _, err := conn.Write([]byte{b}); err != nil {
				return err
			}
			time.Sleep(10 * time.Millisecond)
		}
		return nil
	}},
	{"noise", "", func(conn io.Writer) error {
		noise := make([]byte, 1<<20)
		rand.NewChaCha8([32]byte{}).Read(noise)
		_, err := conn.Write(append(noise, '\n'))
		return err
	}},
}

// rubbish lets attackers of every kind write to a listener at once, and compares
// the repairs.
func (c *collector) rubbish(t *testing.T, g *target) {
	t.Helper()
	var attackers sync.WaitGroup
	want := map[string]float64{}
	for _, r := range rubbish {
		for range each {
			conn := g.connect(t)
			attackers.Go(func() {
				defer conn.Close()
				if err := r.write(conn); err != nil {
					t.Errorf("%s over %s: %v", r.name, g.transport, err)
				}
			})
		}
		if r.repair != "" {
			want[r.repair] += each
		}
	}
	attackers.Wait()
	for repair, n := range want {
		c.count(t, n, "otelcol_pam_receiver_repaired", g, `repair="`+repair+`"`)
	}
	c.count(t, float64(each*len(rubbish)), "otelcol_pam_receiver_connections_closed", g, `reason="peer"`)
}

// count waits until a metric of a listener has reached n, and demands that it is
// no more.
func (c *collector) count(t *testing.T, n float64, metric string, g *target, labels ...string) {
	t.Helper()
	labels = append(labels, fmt.Sprintf("transport=%q", g.transport))
	waitFor(t, func() string {
		got := c.metric(t, metric, labels...)
		return unless(got >= n, "%s%v of %v, it is %v", metric, labels, n, got)
	})
	if got := c.metric(t, metric, labels...); got != n {
		t.Errorf("%s%v is %v, want %v", metric, labels, got, n)
	}
}

// handshakes lets attackers shake hands badly.
func (c *collector) handshakes(t *testing.T, g *target) {
	t.Helper()
	for range each {
		g.write(t, "<13>xxxx, and not TLS\n")
		g.write(t, "\x16\x03\x01\x00\x10xxxxxxxxxxxxxxxx")
		g.write(t, "")             // and never a word
		g.write(t, "\x16\x03\x01") // and never more
		conn := g.open(t)
		t.Cleanup(func() { conn.Close() })
		without := g.config.Clone()
		without.Certificates = nil
		anonymous := tls.Client(conn, without)
		if _, err := anonymous.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "certificate required") {
			t.Errorf("without a certificate: %v", err)
		}
	}
	c.count(t, 3*each, "otelcol_pam_receiver_connections_closed", g, `reason="handshake"`)
	c.count(t, 2*each, "otelcol_pam_receiver_connections_closed", g, `reason="handshake_timeout"`)
}

// write connects without TLS, writes, and stays.
func (g *target) write(t *testing.T, text string) {
	t.Helper()
	conn := g.open(t)
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// flood opens many connections without a word: they close one another, and the
// honest sender's stays.
func (c *collector) flood(t *testing.T, g *target) {
	t.Helper()
	var conns []net.Conn
	for range flood {
		conns = append(conns, g.open(t))
	}
	const before = 1.0 // the honest sender
	c.count(t, flood+before-places, "otelcol_pam_receiver_connections_closed", g, `reason="evicted"`)
	c.count(t, places, "otelcol_pam_receiver_connections", g)
	t.Logf("%s: flooded, memory %d MiB", g.transport, c.memory(t, "VmRSS")>>20)
	for _, conn := range conns {
		conn.Close()
	}
	waitFor(t, func() string {
		open := c.metric(t, "otelcol_pam_receiver_connections", fmt.Sprintf("transport=%q", g.transport))
		return unless(open <= before, "end of %v connections", open)
	})
}

// fill takes all places by connections that send, so that further ones are
// refused.
func (c *collector) fill(t *testing.T, g *target, s *sink) {
	t.Helper()
	const more = 50
	var conns []net.Conn
	for range places - 1 {
		conn := g.open(t)
		if _, err := io.WriteString(conn, "<13>I am here\n"); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	waitFor(t, func() string {
		return unless(len(s.only(t, "<13>I am here")) == places-1, "message of all connections")
	})
	c.count(t, places, "otelcol_pam_receiver_connections", g)
	for range more {
		if conn, err := net.Dial("tcp", g.address); err == nil { // else the reset came even before
			conns = append(conns, conn)
		}
		g.connected++
	}
	c.count(t, more, "otelcol_pam_receiver_connections_closed", g, `reason="refused"`)
	for _, conn := range conns {
		conn.Close()
	}
}

// closed demands that all connections to a listener have ended, and prints why.
func (c *collector) closed(t *testing.T, g *target) {
	t.Helper()
	transport := fmt.Sprintf("transport=%q", g.transport)
	const ends = "otelcol_pam_receiver_connections_closed"
	waitFor(t, func() string {
		open := c.metric(t, "otelcol_pam_receiver_connections", transport)
		return unless(open == 0, "end of %v connections over %s", open, g.transport)
	})
	c.count(t, float64(g.connected), ends, g)
	t.Logf("%s: %d connections", g.transport, g.connected)
	for _, reason := range []string{"peer", "error", "evicted", "refused", "handshake", "handshake_timeout"} {
		t.Logf("  %6v %s", c.metric(t, ends, transport, fmt.Sprintf("reason=%q", reason)), reason)
	}
}

// TestManySenders has nearly as many connections as there may be, which all send
// at once while the SIEM has stopped. The collector stays small, and when the
// SIEM reads on all lines arrive.
func TestManySenders(t *testing.T) {
	const conns, lines = 1000, 250
	ca, s := newAuthority(t), newSink(t, false)
	server, client := ca.issue(t, "localhost", time.Hour), ca.issue(t, "localhost", time.Hour)
	targets := []*target{
		{transport: "tcp", address: freeAddress(t)},
		{transport: "tls", address: freeAddress(t), config: ca.client(t, client)},
	}
	c := startCollector(t, fmt.Sprintf(attackConfig, targets[0].address, targets[1].address, server.cert, server.key, ca.file, s.address))
	release := s.hold()
	defer release()
	var want []string
	var sent atomic.Int64
	var senders sync.WaitGroup
	for i := range conns {
		var mine []string
		for j := range lines {
			mine = append(mine, fmt.Sprintf("<13>%d %d %s", i, j, strings.Repeat("y", 500)))
		}
		want = append(want, mine...)
		for _, g := range targets {
			conn := g.connect(t)
			senders.Go(func() {
				defer conn.Close()
				if err := send(conn, strings.Join(mine, "\n")+"\n", &sent); err != nil {
					t.Errorf("connection %d over %s: %v", i, g.transport, err)
				}
			})
		}
	}
	waitForPause(t, &sent)
	t.Logf("%d MiB taken of %d, memory %d MiB", sent.Load()>>20, 2*len(strings.Join(want, "\n"))>>20, c.memory(t, "VmRSS")>>20)
	release()
	senders.Wait()
	waitFor(t, func() string {
		return unless(s.count() >= 2*len(want), "more than %d of %d lines", s.count(), 2*len(want))
	})
	sameLines(t, append(want, want...), s.all(t))
	c.small(t, 512<<20) // the exporter's queue of 64 MiB among it
	t.Logf("memory at most %d MiB", c.memory(t, "VmHWM")>>20)
}

// small demands that the collector has never had more memory than most.
func (c *collector) small(t *testing.T, most int) {
	t.Helper()
	if had := c.memory(t, "VmHWM"); had > most {
		t.Errorf("it had %d MiB of memory, want %d at most", had>>20, most>>20)
	}
}

// client is the configuration of a peer that believes the authority and shows a
// certificate.
func (a *authority) client(t *testing.T, p pair) *tls.Config {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1", Certificates: []tls.Certificate{cert}}
	cfg.RootCAs.AddCert(a.cert)
	return cfg
}

// TestTLSSenders has senders that others wrote, over both versions of TLS.
func TestTLSSenders(t *testing.T) {
	ca := newAuthority(t)
	server, client := ca.issue(t, "localhost", time.Hour), ca.issue(t, "localhost", time.Hour)
	lines := make([]string, 2000)
	for i := range lines {
		lines[i] = fmt.Sprintf("<13>1 2026-01-02t03:04:05z host app - - - line %d", i)
	}
	// f sends the lines by send, which gets the collector's address.
	f := func(name string, send func(t *testing.T, to string)) {
		t.Run(name, func(t *testing.T) {
			plain, secure, s := freeAddress(t), freeAddress(t), newSink(t, false)
			c := startCollector(t, fmt.Sprintf(attackConfig, plain, secure, server.cert, server.key, ca.file, s.address))
			send(t, secure)
			if got := s.wait(t, len(lines)); !slices.Equal(got, lines) {
				t.Errorf("%d lines came of %d, or not in order", len(got), len(lines))
			}
			if n := c.metric(t, "otelcol_pam_receiver_parsed", `transport="tls"`); n != float64(len(lines)) {
				t.Errorf("%v records over TLS, want %d", n, len(lines))
			}
		})
	}
	text := strings.Join(lines, "\n") + "\n"
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		f("openssl"+version, func(t *testing.T, to string) {
			path, err := exec.LookPath("openssl")
			if err != nil {
				t.Skip("openssl is not in the PATH")
			}
			cmd := exec.Command(path, "s_client", "-connect", to, version, "-CAfile", ca.file,
				"-cert", client.cert, "-key", client.key, "-verify_return_error", "-quiet", "-no_ign_eof")
			cmd.Stdin = strings.NewReader(text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
	f("rsyslog", func(t *testing.T, to string) {
		from := freeAddress(t)
		p := newRsyslog(t).start(t, fmt.Sprintf(`
input(type="imtcp" address="127.0.0.1" port=%q)
action(type="omfwd" target="127.0.0.1" port=%q protocol="tcp" TCP_Framing="octet-counted" template="raw"
  StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"
  StreamDriver.CAFile=%q StreamDriver.CertFile=%q StreamDriver.KeyFile=%q)
`, port(from), port(to), ca.file, client.cert, client.key))
		p.ready(t, "tcp/"+from)
		sendTo(t, from, text)
	})
	f("syslog-ng", func(t *testing.T, to string) {
		from := freeAddress(t)
		p := newSyslogNG(t).start(t, fmt.Sprintf(`
log {
  source { network(ip("127.0.0.1") port(%s) transport("tcp") flags(no-parse)); };
  destination { network("127.0.0.1" port(%s) transport("tls") template("$MSG\n")
    tls(ca-file(%q) cert-file(%q) key-file(%q) peer-verify(required-trusted))); };
  flags(flow-control);
};
`, port(from), port(to), ca.file, client.cert, client.key))
		p.ready(t, "tcp/"+from)
		sendTo(t, from, text)
	})
}

// sendTo sends text over one connection.
func sendTo(t *testing.T, address, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}
