package pamreceiver

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
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
	settings     receiver.Settings
	telemetry    *metadata.TelemetryBuilder
	next         consumer.Logs
	maxWait      time.Duration
	running      *sync.WaitGroup
	workers      chan *worker  // for connections
	largeBuffers atomic.Int32  // connections with a large buffer
	retryNow     chan struct{} // lets a socket that holds a batch offer it again

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

// heldPause is the time between two offers of held batches, in the mean over
// all sockets that hold one. Each offer costs the making of its records.
const heldPause = 5 * time.Millisecond

// longest is how long a held batch waits for its next offer at most.
func (s *shared) longest() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.maxWait, time.Duration(s.holding)*heldPause)
}

// await waits for the time of the next offer of a held batch: for d, less if
// another that was held has been taken, or ctx ends.
func (s *shared) await(ctx context.Context, d time.Duration) { s.waitFor(ctx, d, s.retryNow) }

// wake lets the socket that has waited longest offer its batch.
func (s *shared) wake() {
	select {
	case s.retryNow <- struct{}{}:
	default:
	}
}

// report reports to the host, which during a shutdown has its own events.
func (s *shared) report(e *componentstatus.Event) {
	if s.reading.Err() == nil {
		componentstatus.ReportStatus(s.host, e)
	}
}

// pause waits for d, less if reading ends in the meantime or offering has ended.
func (s *shared) pause(d time.Duration) { s.waitFor(s.offering, d, nil) }

// waitFor waits for d, less if reading ends in the meantime, if ctx has ended or
// if sooner comes.
func (s *shared) waitFor(ctx context.Context, d time.Duration, sooner <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	reading := s.reading.Done()
	if s.reading.Err() != nil {
		reading = nil
	}
	select {
	case <-timer.C:
	case <-sooner:
	case <-reading:
	case <-ctx.Done():
	}
}

// past is a deadline that ends a read that waits.
var past = time.Unix(1, 0)

// interrupt calls end, which ends a read that waits, when reading ends. The func
// it returns is called after the last read, and reports whether reading has
// ended.
func interrupt(reading context.Context, end func()) (interrupted func() bool) {
	done := make(chan struct{})
	stop := context.AfterFunc(reading, func() {
		end()
		close(done)
	})
	return func() bool {
		if !stop() {
			<-done
		}
		return reading.Err() != nil
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

	failures   notice
	unfinished notice
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

// set gives a metric's attributes.
func (l *listener) set(more ...attribute.KeyValue) attribute.Set {
	return attribute.NewSet(append(more, l.base...)...)
}

// options gives a counter's attributes.
func (l *listener) options(more ...attribute.KeyValue) []metric.AddOption {
	return []metric.AddOption{metric.WithAttributeSet(l.set(more...))}
}

// failed counts and logs a read or an accept that failed though the socket is
// open. The caller goes on.
func (l *listener) failed(err error) {
	l.telemetry.PamReceiverReadErrors.Add(context.Background(), 1, l.plain...)
	l.failures.log(l.settings.Logger, "A read or an accept failed; the receiver goes on", zap.Error(err))
}

// noticePause is how long a notice is silent after it was logged.
const noticePause = time.Minute

// notice is a line of the log about what senders can cause as often as they
// like. It is logged the first time, and then once in a while with how often it
// was due.
type notice struct {
	mu   sync.Mutex
	next time.Time
	n    int
}

func (n *notice) log(logger *zap.Logger, text string, fields ...zap.Field) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.n++
	if now := time.Now(); now.After(n.next) {
		logger.Warn(text, append(fields, zap.Int("times", n.n))...)
		n.next, n.n = now.Add(noticePause), 0
	}
}

// peer is the address of a sender as network.peer.address has it.
func peer(addr netip.Addr) string { return addr.Unmap().WithZone("").String() }
