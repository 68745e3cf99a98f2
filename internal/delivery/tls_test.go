package delivery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// certificate makes one that vouches for itself.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// secure returns a Sender that trusts the server, and what the server needs.
func secure(t *testing.T, l net.Listener) (*Sender, *tls.Config) {
	cert, pool := certificate(t)
	s := sender(t, "tcp", l.Addr().String())
	s.config.TLS = func() (*tls.Config, error) { return &tls.Config{RootCAs: pool}, nil }
	return s, &tls.Config{Certificates: []tls.Certificate{cert}}
}

// acceptTLS accepts a connection; the handshake is made while the test goes on.
func acceptTLS(t *testing.T, l *net.TCPListener, config *tls.Config) <-chan *tls.Conn {
	accepted := make(chan *tls.Conn, 1)
	go func() {
		l.SetDeadline(time.Now().Add(patience))
		c, err := l.AcceptTCP()
		if err != nil {
			t.Error(err)
			close(accepted)
			return
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(patience))
		secured := tls.Server(c, config)
		if err := secured.Handshake(); err != nil {
			c.Close()
		}
		accepted <- secured
	}()
	return accepted
}

func TestTLS(t *testing.T) {
	f := func(version uint16) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		s, config := secure(t, l)
		config.MaxVersion = version
		var seen atomic.Uint32
		s.config.Events.Secured = func(_ string, state tls.ConnectionState) { seen.Store(uint32(state.Version)) }
		batch := numbered(5000, 100)
		accepted := acceptTLS(t, l, config)
		got := make(chan string, 1)
		go func() {
			c := <-accepted
			b, _ := io.ReadAll(c)
			got <- string(b)
			c.Close()
		}()
		send(t, s, batch)
		if n := s.Close(t.Context()); n != 0 {
			t.Errorf("%d in doubt", n)
		}
		if <-got != string(batch.All()) || seen.Load() != uint32(version) {
			t.Errorf("not what was sent, or version %x", seen.Load())
		}
	}
	f(tls.VersionTLS12)
	f(tls.VersionTLS13)
}

// TestRefusedCertificate has a server that wants a client certificate. Under TLS
// 1.3 the client has finished its handshake before, and written.
func TestRefusedCertificate(t *testing.T) {
	f := func(version uint16, tickets bool) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		s, config := secure(t, l)
		config.MaxVersion, config.SessionTicketsDisabled = version, !tickets
		config.ClientAuth = tls.RequireAnyClientCert
		accepted := acceptTLS(t, l, config)
		o, err := s.Send(t.Context(), frames("a\n"))
		if err == nil || o.Confirmed != 0 || !strings.Contains(err.Error(), "remote error: tls:") {
			t.Errorf("%+v: %v", o, err)
		}
		<-accepted

		config.ClientAuth = tls.NoClientCert
		accepted = acceptTLS(t, l, config)
		send(t, s, frames("a\n"))
		if got := read(t, <-accepted, 2); got != "a\n" {
			t.Errorf("got %q", got)
		}
	}
	f(tls.VersionTLS12, true)
	f(tls.VersionTLS13, true)
	f(tls.VersionTLS13, false)
}

// TestReplayTLS has peers that end with something unread, one without a word
// and one with close_notify.
func TestReplayTLS(t *testing.T) {
	f := func(notify bool) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		s, config := secure(t, l)
		batch := numbered(500, 100)
		accepted := acceptTLS(t, l, config)
		send(t, s, batch)
		c := <-accepted
		if got := read(t, c, 250); got != string(batch.All()[:250]) {
			t.Errorf("got %q", got)
		}
		again := acceptTLS(t, l, config)
		if notify {
			c.Close()
		} else {
			c.NetConn().Close()
		}
		if got := read(t, <-again, batch.Size()); got != string(batch.All()) {
			t.Error("what came again is not what was sent")
		}
	}
	f(false)
	f(true)
}

// TestNoReplayTLS has peers that read everything, and close with and without
// close_notify.
func TestNoReplayTLS(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s, config := secure(t, l)
	s.config.Events.Replayed = func(string, int) { t.Error("replayed") }
	for _, notify := range []bool{true, false, true, false} {
		accepted := acceptTLS(t, l, config)
		send(t, s, frames("a\n"))
		c := <-accepted
		if got := read(t, c, 2); got != "a\n" {
			t.Errorf("got %q", got)
		}
		rest(t, s)
		if notify {
			c.Close()
		} else {
			c.NetConn().Close()
		}
	}
}

// TestHandshakeTimeout has a peer that accepts and says nothing.
func TestHandshakeTimeout(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s, _ := secure(t, l)
	s.config.Timeout = 20 * time.Millisecond
	if o, err := s.Send(t.Context(), frames("a\n")); err == nil || o != (Outcome{}) {
		t.Errorf("%+v: %v", o, err)
	}
}

// TestNewCertificates are asked for with every connection.
func TestNewCertificates(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s, config := secure(t, l)
	other, pool := certificate(t)
	accepted := acceptTLS(t, l, config)
	send(t, s, frames("a\n"))
	c := <-accepted
	read(t, c, 2)

	s.begin(t.Context())
	s.config.TLS = func() (*tls.Config, error) { return &tls.Config{RootCAs: pool}, nil }
	s.done()
	config = &tls.Config{Certificates: []tls.Certificate{other}}
	accepted = acceptTLS(t, l, config)
	rest(t, s)
	c.Close()
	send(t, s, frames("b\n"))
	if got := read(t, <-accepted, 2); got != "b\n" {
		t.Errorf("got %q", got)
	}
}
