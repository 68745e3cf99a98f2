package siemexporter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v7"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// destination is where rendered batches are sent. What renders and what sends is
// for one goroutine at a time, so each is taken from its channel and put back.
type destination struct {
	logger       *zap.Logger
	telemetry    *metadata.TelemetryBuilder
	account      *account
	certificates *certificates
	security     *security // nil where nothing is to be secured
	retry        configretry.BackOffConfig
	patience     time.Duration // with a destination that takes nothing, while stopping
	renderers    chan *renderer
	lane         *lane
	senders      []sender
	working      sync.WaitGroup // the senders
	health       *health
	exporter     metric.MeasurementOption
	format       metric.MeasurementOption

	life     context.Context // ends when shutdown must not take longer
	end      context.CancelFunc
	stopping context.Context // ends when shutdown begins
	stop     context.CancelFunc
	moved    atomic.Int64 // frames written
	doubtful int          // frames, when all connections are closed
}

// sender has a connection.
type sender struct {
	*delivery.Sender
	number int // from 0
}

// newExporter puts queue, retries and destination together.
func newExporter(ctx context.Context, set exporter.Settings, c *Config) (exporter.Logs, error) {
	s, err := newDestination(set, c)
	if err != nil {
		return nil, err
	}
	if set.Logger.Core().Enabled(zap.InfoLevel) {
		// Without the line for every attempt: health logs what changes.
		set.Logger = set.Logger.WithOptions(zap.IncreaseLevel(zap.WarnLevel))
	}
	retry := c.Retry
	retry.Enabled, retry.MaxElapsedTime = true, 0 // the senders see to it; this keeps what is stored at a stop
	encoding := codec{c.encoding().Framing, newRun(), s.account, new(atomic.Uint64)}
	logs, err := xexporterhelper.NewLogsRequest(ctx, set, convert, s.push,
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}), // progress counts, not time
		exporterhelper.WithRetry(retry),
		xexporterhelper.WithQueueBatch(c.queue(), xexporterhelper.QueueBatchSettings{Encoding: encoding}),
		exporterhelper.WithStart(s.start),
		exporterhelper.WithShutdown(s.shutdown),
	)
	if err != nil {
		return nil, err
	}
	return &bounded{Logs: logs, destination: s, room: c.room(), stored: c.stored(), ticket: c.tickets()}, nil
}

func newDestination(set exporter.Settings, c *Config) (*destination, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	s := &destination{
		logger:       set.Logger,
		telemetry:    telemetry,
		account:      newAccount(telemetry, set.ID),
		certificates: newCertificates(set.ID),
		retry:        c.Retry,
		patience:     2 * c.Timeout,
		renderers:    make(chan *renderer, runtime.GOMAXPROCS(0)),
		health:       newHealth(set.Logger),
		exporter:     measured(set.ID),
		format:       measured(set.ID, attribute.String("format", c.Format)),
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.stopping, s.stop = context.WithCancel(context.Background())
	for range cap(s.renderers) {
		r, err := newRenderer(c)
		if err != nil {
			return nil, err
		}
		s.renderers <- r
	}
	s.addSenders(set.ID, c)
	return s, s.observe()
}

// addSenders adds those of the configuration. Where the load is balanced, each
// begins with another endpoint.
func (s *destination) addSenders(id component.ID, c *Config) {
	d := c.Destination()
	if c.Transport == "tls" {
		s.security = c.security()
		s.security.loaded = s.certificates.client
		d.TLS = s.security.load
	}
	events := s.events(id, c)
	all := d.Endpoints
	n := c.senders()
	s.lane = newLane(n)
	for i := range n {
		d.Events = events
		d.Events.Stalled = func(endpoint string) {
			s.health.report(i, fmt.Errorf("%s: takes nothing for %s, though it is alive", endpoint, c.Timeout))
		}
		d.Events.Connected = func(endpoint string) { s.health.use(i, endpoint) }
		d.Events.Reset = func(endpoint string, frames, inARow int) { s.health.reset(i, endpoint, frames, inARow) }
		if c.LoadBalance == "round_robin" {
			first := i % len(all)
			d.Endpoints = slices.Concat(all[first:], all[:first])
		}
		s.senders = append(s.senders, sender{delivery.NewSender(d), i})
	}
}

// events returns what counts the work of package delivery.
func (s *destination) events(id component.ID, c *Config) delivery.Events {
	dialed, sent := map[string]metric.MeasurementOption{}, map[string]metric.MeasurementOption{}
	for _, e := range c.Addresses() {
		dialed[e] = measured(id, attribute.String("endpoint", e))
		sent[e] = measured(id, attribute.String("endpoint", e), attribute.String("format", c.Format))
	}
	ctx, t := context.Background(), s.telemetry
	return delivery.Events{
		Dialed: func(endpoint string, err error) {
			add(ctx, t.SiemExporterConnectionAttempts, 1, dialed[endpoint])
			if err != nil {
				add(ctx, t.SiemExporterConnectionFailures, 1, dialed[endpoint])
			}
		},
		Secured: func(endpoint string, state tls.ConnectionState) {
			s.certificates.server(endpoint, state.PeerCertificates[0].NotAfter)
		},
		Written: func(endpoint string, frames, size int) {
			s.moved.Add(int64(frames))
			add(ctx, t.SiemExporterSent, frames, sent[endpoint])
			add(ctx, t.SiemExporterBytesSent, size, sent[endpoint])
		},
		Replayed: func(_ string, frames int) { s.account.resend(frames) },
	}
}

// observe registers what is measured when it is asked for.
func (s *destination) observe() error {
	return errors.Join(
		s.telemetry.RegisterSiemExporterOldestUnsentAgeCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(s.account.age(time.Now()).Seconds()), s.exporter)
			return nil
		}),
		s.telemetry.RegisterSiemExporterCertificateRemainingCallback(func(_ context.Context, o metric.Int64Observer) error {
			s.certificates.observe(time.Now(), o)
			return nil
		}),
	)
}

// start reads the files that a connection will need, so that what is wrong with
// them is told at once.
func (s *destination) start(_ context.Context, host component.Host) error {
	s.health.start(host)
	if s.security != nil {
		if _, err := s.security.load(); err != nil {
			return err
		}
	}
	for _, to := range s.senders {
		s.working.Go(func() { s.work(to) })
	}
	return nil
}

// render renders a batch.
func (s *destination) render(ld plog.Logs) (delivery.Frames, siem.Rendered) {
	r := <-s.renderers
	defer func() { s.renderers <- r }()
	return r.render(ld, time.Now())
}

// count counts how a batch was rendered that was taken.
func (s *destination) count(ctx context.Context, n siem.Rendered) {
	add(ctx, s.telemetry.SiemExporterTruncated, n.Truncated, s.format)
	add(ctx, s.telemetry.SiemExporterFlattened, n.Flattened, s.exporter)
}

// push has a request sent. Its error says what is left of it.
func (s *destination) push(ctx context.Context, req xexporterhelper.Request) error {
	r, ok := req.(request)
	if !ok {
		return errForeignRequest
	}
	if r.Len() == 0 {
		return nil
	}
	s.account.take(r.origins)
	w := s.lane.join(r)
	if w == nil {
		return s.unsent(r, errStopping)
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		if s.lane.leave(w) {
			s.account.drop(refusedGivenUp, w.origins)
			return ctx.Err()
		}
		return <-w.done
	}
}

// errStopping ends the requests behind one that could not be sent while the
// collector stops. Each would else wait for the destination in vain.
var errStopping = errors.New("stopping, and the destination is not reached")

// work sends what comes to the lane, until that is closed.
func (s *destination) work(to sender) {
	wait := backoff.ExponentialBackOff{
		InitialInterval:     s.retry.InitialInterval,
		RandomizationFactor: s.retry.RandomizationFactor,
		Multiplier:          s.retry.Multiplier,
		MaxInterval:         s.retry.MaxInterval,
	}
	wait.Reset()
	for {
		g := s.lane.take()
		if g == nil {
			return
		}
		rest, err := s.send(to, g)
		if err != nil && s.stopping.Err() != nil { // there is no later
			if rest, err = s.send(to, rest); err != nil {
				rest = append(rest, s.lane.refuse()...)
			}
		}
		s.health.report(to.number, err)
		if err == nil {
			wait.Reset()
			continue
		}
		s.again(rest, err)
		if s.retry.Enabled {
			s.pause(wait.NextBackOff())
		}
	}
}

// again lets requests wait to be tried again, as long as they may be.
func (s *destination) again(g group, err error) {
	var keep group
	limit, now := s.retry.MaxElapsedTime, time.Now()
	for _, w := range g {
		if w.tried.IsZero() {
			w.tried = now
		}
		late := limit > 0 && now.Sub(w.tried) >= limit
		if late || !s.retry.Enabled || s.stopping.Err() != nil {
			w.done <- s.unsent(w.request, err)
		} else {
			keep = append(keep, w)
		}
	}
	s.lane.putBack(keep)
}

// unsent is the end of a request that is not tried any more. While the collector
// stops, the queue keeps it if it has storage.
func (s *destination) unsent(r request, err error) error {
	if s.retry.Enabled && s.stopping.Err() != nil {
		return unsentError{err, r}
	}
	s.account.drop(refusedGivenUp, r.origins)
	return consumererror.NewPermanent(err)
}

// pause waits, and no longer when the collector stops.
func (s *destination) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-s.stopping.Done():
	}
}

// send sends frames and counts them. A frame that no datagram can hold would
// fail for ever, and is passed over.
func (s *destination) send(to sender, g group) (rest group, err error) {
	for {
		o, err := to.Send(s.life, g.frames())
		s.account.resend(g.written(o.Written))
		g = g.pass(o.Confirmed, s.account.confirm)
		if !errors.Is(err, delivery.ErrTooLong) {
			return g, err
		}
		g = g.pass(1, func(o []origin) { s.account.drop(refusedTooLong, o) })
	}
}

func add(ctx context.Context, counter metric.Int64Counter, n int, with metric.MeasurementOption) {
	if n > 0 {
		counter.Add(ctx, int64(n), with)
	}
}

// shutdown closes the connections, when the queue is done with them.
func (s *destination) shutdown(ctx context.Context) error {
	s.lane.close()
	s.working.Wait()
	var closing sync.WaitGroup
	var doubtful atomic.Int64
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	for _, to := range s.senders {
		closing.Go(func() { doubtful.Add(int64(to.Close(ctx))) })
	}
	closing.Wait()
	s.doubtful = int(doubtful.Load())
	s.end()
	return nil
}
