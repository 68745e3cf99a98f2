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
)

// siem renders batches and sends them. What renders and what sends is for one
// goroutine at a time, so each is taken from its channel and put back.
type siem struct {
	logger       *zap.Logger
	telemetry    *metadata.TelemetryBuilder
	account      *account
	certificates *certificates
	security     *security // nil where nothing is to be secured
	retry        configretry.BackOffConfig
	renderers    chan *renderer
	senders      chan sender
	health       *health
	exporter     metric.MeasurementOption
	format       metric.MeasurementOption

	life     context.Context // ends when shutdown must not take longer
	end      context.CancelFunc
	stopping atomic.Bool
	gaveUp   atomic.Bool // while stopping, the destination did not take a batch
	doubtful int         // frames, when all connections are closed
}

// sender has a connection.
type sender struct {
	*delivery.Sender
	number int // from 0
}

// newExporter puts queue, retries and siem together.
func newExporter(ctx context.Context, set exporter.Settings, c *Config) (exporter.Logs, error) {
	s, err := newSIEM(set, c)
	if err != nil {
		return nil, err
	}
	if set.Logger.Core().Enabled(zap.InfoLevel) {
		// Without the line for every attempt: health logs what changes.
		set.Logger = set.Logger.WithOptions(zap.IncreaseLevel(zap.WarnLevel))
	}
	retry := c.Retry
	retry.MaxElapsedTime = 0 // retried sees to it, and counts
	encoding := codec{c.framing(), newRun(), s.account}
	logs, err := xexporterhelper.NewLogsRequest(ctx, set, convert, s.push,
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}), // progress counts, not time
		exporterhelper.WithRetry(retry),
		xexporterhelper.WithQueueBatch(c.Queue, xexporterhelper.QueueBatchSettings{Encoding: encoding}),
		exporterhelper.WithStart(s.start),
		exporterhelper.WithShutdown(s.shutdown),
	)
	if err != nil {
		return nil, err
	}
	return &bounded{Logs: logs, siem: s, room: c.room(), stored: c.stored()}, nil
}

func newSIEM(set exporter.Settings, c *Config) (*siem, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	s := &siem{
		logger:       set.Logger,
		telemetry:    telemetry,
		account:      newAccount(telemetry, set.ID),
		certificates: newCertificates(set.ID),
		retry:        c.Retry,
		renderers:    make(chan *renderer, runtime.GOMAXPROCS(0)),
		health:       newHealth(set.Logger),
		exporter:     measured(set.ID),
		format:       measured(set.ID, attribute.String("format", c.Format)),
	}
	s.life, s.end = context.WithCancel(context.Background())
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
func (s *siem) addSenders(id component.ID, c *Config) {
	d := c.destination()
	if c.Transport == "tls" {
		s.security = c.security()
		s.security.loaded = s.certificates.client
		d.TLS = s.security.load
	}
	events := s.events(id, c)
	all := d.Endpoints
	s.senders = make(chan sender, c.senders())
	for i := range cap(s.senders) {
		d.Events = events
		d.Events.Stalled = func(endpoint string) {
			s.health.report(i, fmt.Errorf("%s: takes nothing for %s, though it is alive", endpoint, c.Timeout))
		}
		if c.LoadBalance == "round_robin" {
			first := i % len(all)
			d.Endpoints = slices.Concat(all[first:], all[:first])
		}
		s.senders <- sender{delivery.NewSender(d), i}
	}
}

// events returns what counts the work of package delivery.
func (s *siem) events(id component.ID, c *Config) delivery.Events {
	dialed, sent := map[string]metric.MeasurementOption{}, map[string]metric.MeasurementOption{}
	for _, e := range c.endpoints() {
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
			add(ctx, t.SiemExporterSent, frames, sent[endpoint])
			add(ctx, t.SiemExporterBytesSent, size, sent[endpoint])
		},
		Replayed: func(_ string, frames int) { s.account.resend(frames) },
	}
}

// observe registers what is measured when it is asked for.
func (s *siem) observe() error {
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
func (s *siem) start(_ context.Context, host component.Host) error {
	s.health.start(host)
	if s.security == nil {
		return nil
	}
	_, err := s.security.load()
	return err
}

// render renders a batch.
func (s *siem) render(ld plog.Logs) (delivery.Frames, rendered) {
	r := <-s.renderers
	defer func() { s.renderers <- r }()
	return r.render(ld, time.Now())
}

// count counts how a batch was rendered that was taken.
func (s *siem) count(ctx context.Context, n rendered) {
	add(ctx, s.telemetry.SiemExporterTruncated, n.truncated, s.format)
	add(ctx, s.telemetry.SiemExporterFlattened, n.flattened, s.exporter)
}

// errStopping ends the batches behind one that could not be sent while the
// collector stops. Each would else wait for the destination in vain.
var errStopping = errors.New("stopping, and the destination is not reached")

// push sends a batch. Its error says what is left of it.
func (s *siem) push(ctx context.Context, req xexporterhelper.Request) error {
	r, ok := req.(request)
	if !ok {
		return errForeignRequest
	}
	if r.Len() == 0 {
		return nil
	}
	s.account.take(r.origins)
	if r.tried.IsZero() {
		r.tried = time.Now()
	}
	if s.gaveUp.Load() {
		return s.retried(r, errStopping)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()

	sender := <-s.senders
	defer func() { s.senders <- sender }()
	rest, err := s.send(ctx, sender, r)
	if err != nil && s.stopping.Load() { // there is no later
		rest, err = s.send(ctx, sender, rest)
		s.gaveUp.Store(err != nil)
	}
	s.health.report(sender.number, err)
	if err != nil {
		return s.retried(rest, err)
	}
	return nil
}

// retried returns what the failure left, to be tried again. Where there are no
// more tries, it is refused.
func (s *siem) retried(r request, err error) error {
	limit := s.retry.MaxElapsedTime
	if s.retry.Enabled && (limit == 0 || time.Since(r.tried) < limit) {
		return unsentError{err, r}
	}
	s.account.drop(refusedGivenUp, r.origins)
	return consumererror.NewPermanent(err)
}

// send sends frames and counts them. A frame that no datagram can hold would
// fail for ever, and is passed over.
func (s *siem) send(ctx context.Context, to sender, r request) (rest request, err error) {
	for {
		o, err := to.Send(ctx, r.Frames)
		s.account.resend(min(r.again, o.Written))
		r.again = max(r.again, o.Written)
		done, rest := r.cut(o.Confirmed)
		s.account.confirm(done.origins)
		if !errors.Is(err, delivery.ErrTooLong) {
			return rest, err
		}
		done, r = rest.cut(1)
		s.account.drop(refusedTooLong, done.origins)
	}
}

func add(ctx context.Context, counter metric.Int64Counter, n int, with metric.MeasurementOption) {
	if n > 0 {
		counter.Add(ctx, int64(n), with)
	}
}

// shutdown closes the connections, when the queue is done with them.
func (s *siem) shutdown(ctx context.Context) error {
	var idle []sender
	for range cap(s.senders) {
		idle = append(idle, <-s.senders)
	}
	var closing sync.WaitGroup
	var doubtful atomic.Int64
	for _, to := range idle {
		closing.Go(func() { doubtful.Add(int64(to.Close(ctx))) })
		s.senders <- to
	}
	closing.Wait()
	s.doubtful = int(doubtful.Load())
	s.end()
	return nil
}
