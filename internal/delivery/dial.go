package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// probation is how long a new connection over TLS 1.3 waits for a session
// ticket, which not all servers send.
const probation = time.Second

// dial connects to endpoint i.
func (s *Sender) dial(ctx context.Context, i int) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	endpoint := s.config.Endpoints[i]
	c, err := s.open(ctx, endpoint)
	if report := s.config.Events.Dialed; report != nil {
		report(endpoint, err)
	}
	if err != nil {
		return nil, err
	}
	c.index, c.since = i, time.Now()
	go func() {
		c.watch()
		s.ended(c)
	}()
	return c, nil
}

func (s *Sender) open(ctx context.Context, endpoint string) (*conn, error) {
	dialer := net.Dialer{KeepAliveConfig: s.config.KeepAlive}
	raw, err := dialer.DialContext(ctx, s.config.Network, endpoint)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	c := &conn{socket: newSocket(raw, endpoint, &s.config), config: &s.config, gone: make(chan struct{})}
	c.stream = c.socket
	if s.config.TLS == nil {
		return c, nil
	}
	if err := c.secure(ctx); err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	return c, nil
}

// secure shakes hands.
func (c *conn) secure(ctx context.Context) error {
	config, err := c.config.TLS()
	if err != nil {
		return err
	}
	config = config.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(c.endpoint)
	}
	ticket := make(chan struct{})
	config.ClientSessionCache = tickets{sync.OnceFunc(func() { close(ticket) })}
	secured := tls.Client(c.socket, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer to the TLS handshake within %s", c.timeout)
		}
		return err
	}
	state := secured.ConnectionState()
	if state.Version >= tls.VersionTLS13 {
		c.ticket, c.probation = ticket, time.Now().Add(probation)
	}
	if report := c.config.Events.Secured; report != nil {
		report(c.endpoint, state)
	}
	c.stream = secured
	return nil
}
