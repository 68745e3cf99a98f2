package pamreceiver

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/receiver/pamreceiver/internal/metadata"
)

// shared is what all sockets of a receiver have in common.
type shared struct {
	settings  receiver.Settings
	telemetry *metadata.TelemetryBuilder
	next      consumer.Logs
	maxWait   time.Duration
	running   *sync.WaitGroup

	reading  context.Context // ends when sockets are to be read no more
	offering context.Context // ends when what is held is to be given up

	host    component.Host
	mu      sync.Mutex
	holding int // sockets that hold a batch
}

// beginHold notes that a socket holds a batch, and tells the host when it is the
// first.
func (s *shared) beginHold(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding++
	if s.holding == 1 {
		s.settings.Logger.Warn("The pipeline refuses records for now; they are held and offered again", zap.Error(err))
		s.report(componentstatus.NewRecoverableErrorEvent(err))
	}
}

// endHold notes that a socket holds its batch no more, and tells the host when
// it was the last.
func (s *shared) endHold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding--
	if s.holding == 0 {
		s.settings.Logger.Info("The pipeline takes records again")
		s.report(componentstatus.NewEvent(componentstatus.StatusOK))
	}
}

// report reports to the host, which during a shutdown has its own events.
func (s *shared) report(e *componentstatus.Event) {
	if s.reading.Err() == nil {
		componentstatus.ReportStatus(s.host, e)
	}
}

// pause waits for d, less if reading ends in the meantime or offering has ended.
func (s *shared) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	reading := s.reading.Done()
	if s.reading.Err() != nil {
		reading = nil
	}
	select {
	case <-timer.C:
	case <-reading:
	case <-s.offering.Done():
	}
}

// interrupt ends a socket's reads when reading ends. The func it returns is
// called after the last read, and reports whether that was why.
func (s *shared) interrupt(setDeadline func(time.Time) error) (interrupted func() bool) {
	done := make(chan struct{})
	stop := context.AfterFunc(s.reading, func() {
		_ = setDeadline(time.Unix(1, 0))
		close(done)
	})
	return func() bool {
		if !stop() {
			<-done
		}
		return s.reading.Err() != nil
	}
}

// At a shutdown what the kernel already has is read, connections that were not
// accepted yet among it: its sender believes it delivered. drainTries pauses
// in a row without anything end that, since a deadline may pass on a busy
// machine before the read begins. So do drainSize bytes, for a sender that
// goes on, and drainConns connections.
const (
	drainPause = 20 * time.Millisecond
	drainTries = 3
	drainSize  = 8 << 20
	drainConns = 4 << 10
)

// drain calls read, which returns how much it read and heeds the deadline, while
// there is something, up to limit.
func (s *shared) drain(limit int, setDeadline func(time.Time) error, read func() (int, error)) {
	for size, tries := 0, 0; size < limit && tries < drainTries && s.offering.Err() == nil; tries++ {
		_ = setDeadline(time.Now().Add(drainPause))
		n, err := read()
		switch {
		case n > 0:
			size += n
			tries = -1
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return
		}
	}
}

// listener is what all sockets of a protocol have in common.
type listener struct {
	*shared
	obs      *receiverhelper.ObsReport
	location *time.Location
	tenant   string
	size     int // max_message_size

	plain    []metric.AddOption // of counters with no more than receiver and transport
	parsed   [audit.NumFormats][]metric.AddOption
	repaired [len(audit.RepairTable)][]metric.AddOption
	base     []attribute.KeyValue
}

// newListener resolves what records and counters need, so that nothing of it
// is left for the time of a record.
func newListener(s *shared, cfg *ListenerConfig, transport string) (*listener, error) {
	location, err := time.LoadLocation(cfg.Location)
	if err != nil {
		return nil, err
	}
	obs, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: s.settings.ID, Transport: transport, LongLivedCtx: true, ReceiverCreateSettings: s.settings,
	})
	if err != nil {
		return nil, err
	}
	l := &listener{shared: s, obs: obs, location: location, tenant: cfg.Tenant, size: int(cfg.MaxMessageSize)}
	l.base = []attribute.KeyValue{
		attribute.String("receiver", s.settings.ID.String()),
		attribute.String("transport", transport),
	}
	l.plain = l.options()
	for body := audit.Text; body <= audit.JSON; body++ {
		for header := audit.NoHeader; header <= audit.ISO; header++ {
			f := audit.Format{Header: header, Body: body}
			l.parsed[f.Index()] = l.options(attribute.String("format", f.String()))
		}
	}
	for i, repair := range audit.RepairTable {
		l.repaired[i] = l.options(attribute.String("repair", repair.Name))
	}
	return l, nil
}

// options gives a counter's attributes.
func (l *listener) options(more ...attribute.KeyValue) []metric.AddOption {
	set := attribute.NewSet(append(more, l.base...)...)
	return []metric.AddOption{metric.WithAttributeSet(set)}
}

// failed counts and logs a read or an accept that failed though the socket is
// open. The caller goes on.
func (l *listener) failed(err error) {
	l.telemetry.PamReceiverReadErrors.Add(context.Background(), 1, l.plain...)
	l.settings.Logger.Warn("A read or an accept failed; the receiver goes on", zap.Error(err))
}

// peer is the address of a sender as network.peer.address has it.
func peer(addr netip.Addr) string { return addr.Unmap().WithZone("").String() }
