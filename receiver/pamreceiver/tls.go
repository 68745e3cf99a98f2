package pamreceiver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

// security is what a listener has for TLS (RFC 5425).
type security struct {
	config      *tls.Config
	timeout     time.Duration // of a handshake
	certificate *certificate
}

// newSecurity reads the files that cfg names.
func newSecurity(ctx context.Context, cfg *TLSConfig, logger *zap.Logger) (*security, error) {
	config, err := cfg.TLS.LoadTLSConfig(ctx)
	if err != nil {
		return nil, err
	}
	cert := &certificate{load: config.GetCertificate, logger: logger}
	if _, err := cert.get(nil); err != nil {
		return nil, err
	}
	config.GetCertificate = cert.get
	// A sender that only writes never reads the tickets of TLS 1.3. When it
	// closes, its kernel finds them unread and sends a reset, instead of what it
	// has not sent yet.
	config.SessionTicketsDisabled = true
	if reload := config.GetConfigForClient; reload != nil {
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			c, err := reload(hello)
			if err == nil { // which says nothing of these
				c.CipherSuites, c.CurvePreferences = config.CipherSuites, config.CurvePreferences
				c.SessionTicketsDisabled = true
			}
			return c, err
		}
	}
	return &security{config: config, timeout: cfg.HandshakeTimeout, certificate: cert}, nil
}

// certificate is the server's, read again after reload_interval.
type certificate struct {
	load   func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	last   atomic.Pointer[tls.Certificate] // that could be loaded
	failed notice
	logger *zap.Logger
}

// get returns the certificate. When its files cannot be read, as in the middle
// of being replaced, it is the one that was read before.
func (c *certificate) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	cert, err := c.load(hello)
	if err == nil {
		c.last.Store(cert)
		return cert, nil
	}
	if cert = c.last.Load(); cert == nil {
		return nil, err
	}
	c.failed.log(c.logger, "The server's certificate cannot be read again; the one from before is used", zap.Error(err))
	return cert, nil
}

// remaining is the time until the certificate expires.
func (c *certificate) remaining(now time.Time) (time.Duration, error) {
	cert, err := c.get(nil)
	if err != nil {
		return 0, err
	}
	leaf := cert.Leaf
	if leaf == nil {
		if leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return 0, err
		}
	}
	return leaf.NotAfter.Sub(now), nil
}

// observe makes the time that is left a metric.
func (c *certificate) observe(l *listener) error {
	attributes := metric.WithAttributeSet(l.set())
	return l.telemetry.RegisterPamReceiverCertificateRemainingCallback(func(_ context.Context, o metric.Int64Observer) error {
		left, err := c.remaining(time.Now())
		if err == nil {
			o.Observe(int64(left/time.Second), attributes)
		}
		return err
	})
}

// handshake shakes hands with the peer, where there is TLS. It is the peer's
// matter how long that takes, and so nobody waits for it but its connection.
func (c *tcpConn) handshake() error {
	sec := c.l.security
	if sec == nil {
		return nil
	}
	conn := tls.Server(c.socket, sec.config)
	c.conn = conn
	_ = c.socket.SetDeadline(time.Now().Add(sec.timeout))
	// A peer whose part the kernel has already believes that it is connected,
	// and that what it wrote then was taken.
	interrupted := interrupt(c.open, func() { _ = c.socket.SetDeadline(time.Now().Add(drainTries * drainPause)) })
	err := conn.Handshake()
	if interrupted() && err != nil {
		return context.Cause(c.open)
	}
	_ = c.socket.SetDeadline(time.Time{})
	if err != nil {
		return c.handshakeFailed(err)
	}
	if state := conn.ConnectionState(); len(state.VerifiedChains) > 0 {
		c.origin.Subject = strings.ToValidUTF8(state.PeerCertificates[0].Subject.String(), "\uFFFD")
		c.l.conns.prove(c)
	}
	return nil
}

// handshakeFailed says in the receiver's own words why there was none.
func (c *tcpConn) handshakeFailed(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return err // it was only looking whether somebody listens
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errHandshakeTimeout
	}
	c.l.handshakes.log(c.settings.Logger, "A TLS handshake failed", zap.String("peer", c.origin.Peer), zap.Error(err))
	return fmt.Errorf("%w: %w", errHandshake, err)
}
