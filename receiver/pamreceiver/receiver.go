package pamreceiver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/otelcol-pam/otelcol-pam/receiver/pamreceiver/internal/metadata"
)

// maxShutdown bounds a shutdown whose context has no end, as the collector's
// own has none: what is refused for so long is given up.
const maxShutdown = 10 * time.Second

// pamReceiver has the listeners of one entry under receivers.
type pamReceiver struct {
	settings  receiver.Settings
	protocols ProtocolsConfig
	next      consumer.Logs
	telemetry *metadata.TelemetryBuilder

	maxWait time.Duration // between two offers of a batch that is held

	udp     *udpListener // nil: not configured or not started
	tcp     *tcpListener
	tls     *tcpListener
	stop    func()         // ends reading
	abandon func()         // ends offering what is held
	running sync.WaitGroup // the goroutines of all sockets
}

func newReceiver(settings receiver.Settings, cfg *Config, next consumer.Logs) (*pamReceiver, error) {
	telemetry, err := metadata.NewTelemetryBuilder(settings.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &pamReceiver{
		settings: settings, protocols: cfg.Protocols, next: next, telemetry: telemetry,
		maxWait: time.Second,
		stop:    func() {}, abandon: func() {},
	}, nil
}

// Start listens on all endpoints or on none.
func (r *pamReceiver) Start(ctx context.Context, host component.Host) error {
	s := &shared{
		settings: r.settings, telemetry: r.telemetry, next: r.next,
		maxWait: r.maxWait, running: &r.running, host: host,
		workers: newWorkers(maxWorkers, r.settings.BuildInfo.Version), retryNow: make(chan struct{}),
	}
	s.reading, r.stop = context.WithCancel(context.Background())
	offering, abandon := context.WithCancelCause(context.Background())
	s.offering, r.abandon = offering, func() { abandon(errShutdown) }
	err := errors.Join(r.startUDP(ctx, s), r.startTCP(ctx, s), r.startTLS(ctx, s))
	if err != nil {
		r.end()
	}
	return err
}

func (r *pamReceiver) startUDP(ctx context.Context, s *shared) error {
	cfg := r.protocols.UDP.Get()
	if cfg == nil {
		return nil
	}
	l, err := listenUDP(ctx, s, cfg)
	if err != nil {
		return fmt.Errorf("protocols::udp: endpoint: cannot listen on %q: %w", cfg.Listener.Endpoint, err)
	}
	r.udp = l
	r.running.Go(l.serve)
	return nil
}

func (r *pamReceiver) startTCP(ctx context.Context, s *shared) error {
	cfg := r.protocols.TCP.Get()
	if cfg == nil {
		return nil
	}
	l, err := listenTCP(ctx, s, &cfg.Stream, nil)
	if err != nil {
		return fmt.Errorf("protocols::tcp: endpoint: cannot listen on %q: %w", cfg.Stream.Listener.Endpoint, err)
	}
	r.tcp = l
	r.running.Go(l.serve)
	return nil
}

func (r *pamReceiver) startTLS(ctx context.Context, s *shared) error {
	cfg := r.protocols.TLS.Get()
	if cfg == nil {
		return nil
	}
	sec, err := newSecurity(ctx, cfg, r.settings.Logger)
	if err != nil {
		return fmt.Errorf("protocols::tls: tls: %w", err)
	}
	l, err := listenTCP(ctx, s, &cfg.Stream, sec)
	if err != nil {
		return fmt.Errorf("protocols::tls: endpoint: cannot listen on %q: %w", cfg.Stream.Listener.Endpoint, err)
	}
	r.tls = l
	r.running.Go(l.serve)
	return sec.certificate.observe(l.listener)
}

// Shutdown stops listening, hands on what was received, and offers what the
// pipeline refuses until ctx ends.
func (r *pamReceiver) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxShutdown)
	defer cancel()
	defer context.AfterFunc(ctx, r.abandon)()
	r.end()
	r.telemetry.Shutdown()
	return nil
}

// end stops reading, waits until all is handed on, and leaves nothing behind.
func (r *pamReceiver) end() {
	r.stop()
	r.running.Wait()
	r.abandon()
}
