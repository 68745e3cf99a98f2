package pamreceiver

import (
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// startTLS starts a receiver with a server's certificate; options go under tls,
// more under tls::tls.
func (a *authority) start(t *testing.T, s *sink, options, more string) *setup {
	t.Helper()
	a.issue(t, "server", pkix.Name{CommonName: "localhost"})
	return start(t, "protocols: {tls: {endpoint: '127.0.0.1:0'"+options+
		", tls: {cert_file: "+a.path("server.pem")+", key_file: "+a.path("server.key")+more+"}}}", s)
}

// dialTLS connects for the length of the test, and shakes hands.
func dialTLS(t *testing.T, addr net.Addr, cfg *tls.Config) *tls.Conn {
	t.Helper()
	conn := tls.Client(dial(t, addr), cfg)
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return conn
}

// ended waits until n connections have ended for a reason.
func (s *setup) ended(t *testing.T, reason string, n int64) {
	t.Helper()
	wait(t, func() bool {
		return s.counter(t, "otelcol_pam_receiver_connections_closed", "reason", reason) >= n
	})
	if got := s.counter(t, "otelcol_pam_receiver_connections_closed", "reason", reason); got != n {
		t.Errorf("%d connections ended for %s, want %d", got, reason, n)
	}
}

// wait waits until done is true.
func wait(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

// TestTLSInIsOut is TestInIsOut over TLS, with records of TLS of any size.
func TestTLSInIsOut(t *testing.T) {
	a := newAuthority(t)
	for seed := range uint64(4) {
		s := newSink(flaky(rand.New(rand.NewPCG(seed, 1)), errBusy))
		r := a.start(t, s, "", "")
		want := lines(1000)
		cfg := a.client(t)
		cfg.MaxVersion = []uint16{tls.VersionTLS12, tls.VersionTLS13}[seed%2]
		conn := dialTLS(t, r.tls.socket.Addr(), cfg)
		send(t, conn, framed(rand.New(rand.NewPCG(seed, 0)), want))
		if got := s.take(t, len(want)); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s", seed, cmp.Diff(want, got))
		}
		conn.Close()
		r.ended(t, "peer", 1)
		for name, want := range map[string]int64{"otelcol_receiver_accepted_log_records": 1000, "otelcol_pam_receiver_connections": 0} {
			if got := r.counter(t, name, "transport", "tls"); got != want {
				t.Errorf("%s: got %d, want %d", name, got, want)
			}
		}
		r.Shutdown(context.Background())
	}
}

// TestTLSVersion wants TLS 1.2 at least.
func TestTLSVersion(t *testing.T) {
	a := newAuthority(t)
	r := a.start(t, newSink(nil), "", "")
	cfg := a.client(t)
	cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if err := tls.Client(dial(t, r.tls.socket.Addr()), cfg).Handshake(); err == nil {
		t.Error("TLS 1.1 is taken")
	}
	r.ended(t, "handshake", 1)
}

// TestTLSClientCertificate has senders with a certificate, without, and with
// that of another authority.
func TestTLSClientCertificate(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	var subjects []string
	s := newSink(func(ld plog.Logs) error {
		for _, resource := range each(ld) {
			subject, _ := resource.Attributes().Get("tls.client.subject")
			subjects = append(subjects, subject.Str())
		}
		return nil
	})
	a.issue(t, "client", pkix.Name{CommonName: "pam.example.com", Organization: []string{"Acme, Inc."}})
	other.issue(t, "client", pkix.Name{CommonName: "pam.example.com"})
	r := a.start(t, s, "", ", client_ca_file: "+a.path("ca.pem"))
	f := func(cfg *tls.Config, version uint16, want string) {
		t.Helper()
		subjects = nil
		cfg.RootCAs, cfg.MaxVersion = a.client(t).RootCAs, version
		conn := tls.Client(dial(t, r.tls.socket.Addr()), cfg)
		_, err := conn.Write([]byte("<13>one\n"))
		if err == nil { // TLS 1.3 tells a client of a refused certificate when it reads
			conn.CloseWrite()
			_, err = conn.Read(make([]byte, 1))
		}
		got := err.Error()
		if err == io.EOF {
			s.wait(t, func() bool { return len(subjects) > 0 })
			got = strings.Join(subjects, "|")
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		f(a.client(t, "client"), version, `CN=pam.example.com,O=Acme\, Inc.`)
	}
	f(a.client(t), tls.VersionTLS13, "remote error: tls: certificate required")
	f(other.client(t, "client"), tls.VersionTLS13, "remote error: tls: unknown certificate authority")
	f(a.client(t), tls.VersionTLS12, "remote error: tls: handshake failure")
	r.ended(t, "peer", 2)
	r.ended(t, "handshake", 3)
}

// TestTLSHandshakes has peers that shake no hands. Another is served meanwhile.
func TestTLSHandshakes(t *testing.T) {
	a := newAuthority(t)
	s := newSink(nil)
	r := a.start(t, s, ", handshake_timeout: 50ms", "")
	dial(t, r.tls.socket.Addr())                           // says nothing
	write(t, dial(t, r.tls.socket.Addr()), "\x16\x03\x01") // says no more
	write(t, dial(t, r.tls.socket.Addr()), "<13>one\n")    // knows nothing of TLS
	write(t, dial(t, r.tls.socket.Addr()), "\x16\x03\x01\x00\x05hello")
	dial(t, r.tls.socket.Addr()).Close() // only looks
	conn := dialTLS(t, r.tls.socket.Addr(), a.client(t))
	write(t, conn, "<13>two\n")
	if got := s.take(t, 1); !slices.Equal(got, []string{"<13>two"}) {
		t.Errorf("got %q", got)
	}
	r.ended(t, "handshake_timeout", 2)
	r.ended(t, "handshake", 2)
	r.ended(t, "peer", 1)
	if got := r.counter(t, "otelcol_pam_receiver_connections", "", ""); got != 1 {
		t.Errorf("%d connections are open, want 1", got)
	}
}

// TestTLSShutdown shuts down when a pipeline that had refused takes again, and
// much of what was written is in the kernel. The peer is told that it ends.
func TestTLSShutdown(t *testing.T) {
	a := newAuthority(t)
	stopping := make(chan struct{})
	s := newSink(func(plog.Logs) error {
		select {
		case <-stopping:
			return nil
		default:
			return errBusy
		}
	})
	r := a.start(t, s, "", "")
	conn := dialTLS(t, r.tls.socket.Addr(), a.client(t))
	want := lines(500)
	write(t, conn, want[0]+"\n")
	s.wait(t, func() bool { return s.offers >= 1 })
	for _, line := range want[1:] {
		write(t, conn, line+"\n")
	}
	close(stopping)
	if err := r.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, s.take(t, 500)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer got %v, want a proper end", err)
	}
	r.ended(t, "shutdown", 1)
}

// TestTLSNeverReads has senders that write, close, and never read, while the
// pipeline refuses: what they wrote is in the kernels then, and is sent.
func TestTLSNeverReads(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "client", pkix.Name{CommonName: "pam.example.com"})
	for _, more := range []string{"", ", client_ca_file_reload: true, client_ca_file: " + a.path("ca.pem")} {
		var takes atomic.Bool
		s := newSink(func(plog.Logs) error {
			if takes.Load() {
				return nil
			}
			return errBusy
		})
		r := a.start(t, s, "", more)
		cfg := a.client(t, "client")
		cfg.ClientSessionCache = tls.NewLRUClientSessionCache(1) // it wants tickets
		conn := dialTLS(t, r.tls.socket.Addr(), cfg)
		conn.NetConn().(*net.TCPConn).SetWriteBuffer(1 << 20)
		want := lines(3000)
		write(t, conn, want[0]+"\n")
		s.wait(t, func() bool { return s.offers >= 1 })
		write(t, conn, strings.Join(want[1:], "\n")+"\n")
		conn.Close()
		takes.Store(true)
		if diff := cmp.Diff(want, s.take(t, len(want))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		r.ended(t, "peer", 1)
	}
}

// TestTLSReload replaces the server's certificate, once by files that are no
// good, and what senders must show.
func TestTLSReload(t *testing.T) {
	a, next := newAuthority(t), newAuthority(t)
	a.issue(t, "client", pkix.Name{CommonName: "old"})
	next.issue(t, "client", pkix.Name{CommonName: "new"})
	r := a.start(t, newSink(nil), "", ", reload_interval: 1ms, client_ca_file_reload: true, client_ca_file: "+a.path("ca.pem"))
	serial := func() int64 {
		conn := dialTLS(t, r.tls.socket.Addr(), a.client(t, "client"))
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	first := serial()
	a.issue(t, "server", pkix.Name{CommonName: "localhost"})
	wait(t, func() bool { return serial() > first })
	second := serial()
	a.write(t, "server.pem", []byte("no certificate"))
	time.Sleep(10 * time.Millisecond) // so that it is read
	if got := serial(); got != second {
		t.Errorf("certificate %d is shown, want %d", got, second)
	}

	ca, err := os.ReadFile(next.path("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, "ca.pem", ca)
	wait(t, func() bool {
		cfg := next.client(t, "client")
		cfg.RootCAs = a.client(t).RootCAs
		conn := tls.Client(dial(t, r.tls.socket.Addr()), cfg)
		conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, err := conn.Read(make([]byte, 1))
		return errors.Is(err, os.ErrDeadlineExceeded) // not refused
	})
}

// TestTLSReloadKeeps has cipher suites, which hold for reloaded authorities too.
func TestTLSReloadKeeps(t *testing.T) {
	a := newAuthority(t)
	r := a.start(t, newSink(nil), "", ", cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384], client_ca_file_reload: true, client_ca_file: "+a.path("ca.pem"))
	cfg, err := r.tls.security.config.GetConfigForClient(nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}; !slices.Equal(cfg.CipherSuites, want) || len(cfg.CurvePreferences) == 0 {
		t.Errorf("got cipher suites %v, want %v", cfg.CipherSuites, want)
	}
}

func TestTLSStartErrors(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "server", pkix.Name{CommonName: "localhost"})
	a.write(t, "empty.pem", nil)
	f := func(keys, want string) {
		t.Helper()
		r := create(t, "protocols: {tls: {endpoint: '127.0.0.1:0', tls: {"+strings.ReplaceAll(keys, "DIR", a.dir)+"}}}", newSink(nil))
		err := r.Start(t.Context(), r.host)
		if err == nil {
			t.Fatalf("%s: no error", keys)
		}
		if got := strings.ReplaceAll(err.Error(), a.dir, "DIR"); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	f("cert_file: DIR/none.pem, key_file: DIR/server.key",
		"protocols::tls: tls: failed to load TLS config: failed to load TLS cert and key: open DIR/none.pem: ")
	f("cert_file: DIR/server.pem, key_file: DIR/ca.key",
		"protocols::tls: tls: failed to load TLS config: failed to load TLS cert and key: failed to load TLS cert and key PEMs: tls: private key does not match public key")
	f("cert_file: DIR/server.pem, key_file: DIR/server.key, client_ca_file: DIR/empty.pem",
		"protocols::tls: tls: failed to load client CA CertPool: failed to parse CA DIR/empty.pem")
}

// TestCertificateRemaining has a certificate that expires in an hour.
func TestCertificateRemaining(t *testing.T) {
	a := newAuthority(t)
	r := a.start(t, newSink(nil), "", "")
	m, err := r.tel.GetMetric("otelcol_pam_receiver_certificate_remaining")
	if err != nil {
		t.Fatal(err)
	}
	points := m.Data.(metricdata.Gauge[int64]).DataPoints
	if len(points) != 1 || points[0].Value > 3600 || points[0].Value < 3000 {
		t.Errorf("got %+v, want an hour", points)
	}
	if transport, _ := points[0].Attributes.Value("transport"); transport.AsString() != "tls" {
		t.Errorf("got transport %q, want tls", transport.AsString())
	}
}
