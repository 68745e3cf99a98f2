package siemexporter

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
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
	telemetry *metadata.TelemetryBuilder
	measured  measured
	renderers chan *renderer
	senders   chan *delivery.Sender // one for each consumer of the queue
	health    *health

	life     context.Context // ends when shutdown must not take longer
	end      context.CancelFunc
	stopping atomic.Bool
	gaveUp   atomic.Bool // while stopping, the destination did not take a batch
}

// measured are the attributes of the exporter's metrics.
type measured struct {
	exporter, format, empty, tooLarge, tooLong metric.MeasurementOption
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
	logs, err := xexporterhelper.NewLogsRequest(ctx, set, convert, s.push,
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}), // progress counts, not time
		exporterhelper.WithRetry(c.Retry),
		xexporterhelper.WithQueueBatch(c.Queue, xexporterhelper.QueueBatchSettings{Encoding: codec{c.framing()}}),
		exporterhelper.WithStart(s.start),
		exporterhelper.WithShutdown(s.shutdown),
	)
	if err != nil {
		return nil, err
	}
	return &bounded{Logs: logs, siem: s, room: c.room()}, nil
}

func newSIEM(set exporter.Settings, c *Config) (*siem, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	s := &siem{
		telemetry: telemetry,
		measured:  measure(set.ID, c.Format),
		renderers: make(chan *renderer, runtime.GOMAXPROCS(0)),
		health:    newHealth(set.Logger),
	}
	s.life, s.end = context.WithCancel(context.Background())
	for range cap(s.renderers) {
		r, err := newRenderer(c)
		if err != nil {
			return nil, err
		}
		s.renderers <- r
	}
	consumers := 1
	if c.Queue.HasValue() {
		consumers = c.Queue.Get().NumConsumers
	}
	destination := c.destination()
	destination.Events.Dialed = func(_ string, err error) { s.dialed(err) }
	s.senders = make(chan *delivery.Sender, consumers)
	for range consumers {
		s.senders <- delivery.NewSender(destination)
	}
	return s, nil
}

func measure(id component.ID, format string) measured {
	option := func(more ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(more, attribute.String("exporter", id.String()))...))
	}
	return measured{
		exporter: option(),
		format:   option(attribute.String("format", format)),
		empty:    option(attribute.String("reason", "empty")),
		tooLarge: option(attribute.String("reason", "too_large")),
		tooLong:  option(attribute.String("reason", "too_long")),
	}
}

func (s *siem) start(_ context.Context, host component.Host) error {
	s.health.start(host)
	return nil
}

// render renders a batch.
func (s *siem) render(ld plog.Logs) (delivery.Frames, rendered) {
	r := <-s.renderers
	defer func() { s.renderers <- r }()
	return r.render(ld, time.Now())
}

// count counts what happened to a batch before it was taken.
func (s *siem) count(ctx context.Context, n rendered) {
	add(ctx, s.telemetry.SiemExporterTruncated, n.truncated, s.measured.format)
	add(ctx, s.telemetry.SiemExporterFlattened, n.flattened, s.measured.exporter)
	add(ctx, s.telemetry.SiemExporterDropped, n.empty, s.measured.empty)
	add(ctx, s.telemetry.SiemExporterDropped, n.tooLarge, s.measured.tooLarge)
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
	switch {
	case r.Len() == 0:
		return nil
	case s.gaveUp.Load():
		return unsentError{errStopping, r.Frames}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()

	sender := <-s.senders
	defer func() { s.senders <- sender }()
	rest, err := s.send(ctx, sender, r.Frames)
	if err != nil && s.stopping.Load() { // there is no later
		rest, err = s.send(ctx, sender, rest)
		s.gaveUp.Store(err != nil)
	}
	s.health.report(err)
	if err != nil {
		return unsentError{err, rest}
	}
	return nil
}

// send sends frames and counts them. A frame that no datagram can hold would
// fail for ever, and is passed over.
func (s *siem) send(ctx context.Context, sender *delivery.Sender, f delivery.Frames) (rest delivery.Frames, err error) {
	for {
		o, err := sender.Send(ctx, f)
		sent, rest := f.Cut(o.Confirmed)
		add(ctx, s.telemetry.SiemExporterSent, sent.Len(), s.measured.format)
		add(ctx, s.telemetry.SiemExporterBytesSent, sent.Size(), s.measured.format)
		if !errors.Is(err, delivery.ErrTooLong) {
			return rest, err
		}
		_, f = rest.Cut(1)
		add(ctx, s.telemetry.SiemExporterDropped, 1, s.measured.tooLong)
	}
}

func (s *siem) dialed(err error) {
	ctx := context.Background()
	add(ctx, s.telemetry.SiemExporterConnectionAttempts, 1, s.measured.exporter)
	if err != nil {
		add(ctx, s.telemetry.SiemExporterConnectionFailures, 1, s.measured.exporter)
	}
}

func add(ctx context.Context, counter metric.Int64Counter, n int, with metric.MeasurementOption) {
	if n > 0 {
		counter.Add(ctx, int64(n), with)
	}
}

// shutdown closes the connections, when the queue is done with them.
func (s *siem) shutdown(ctx context.Context) error {
	var idle []*delivery.Sender
	for range cap(s.senders) {
		idle = append(idle, <-s.senders)
	}
	var closing sync.WaitGroup
	for _, sender := range idle {
		closing.Go(func() { sender.Close(ctx) })
		s.senders <- sender
	}
	closing.Wait()
	s.end()
	s.telemetry.Shutdown()
	return nil
}
