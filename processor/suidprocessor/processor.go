package suidprocessor

import (
	"context"
	"runtime"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/processor/suidprocessor/internal/metadata"
)

// audit.AttrUnknown marks a record whose type was not found, with on_unknown: tag.

// suid classifies batches, several at once.
type suid struct {
	onUnknown string
	telemetry *metadata.TelemetryBuilder
	id        attribute.KeyValue
	conflicts metric.MeasurementOption
	dropped   metric.MeasurementOption
	workers   chan *worker // those that have nothing to do
}

func newProcessor(set processor.Settings, c *Config) (*suid, error) {
	location, err := time.LoadLocation(c.Location)
	if err != nil {
		return nil, err
	}
	precedence, err := audit.ParsePrecedence(c.Precedence)
	if err != nil {
		return nil, err
	}
	catalog, err := audit.NewCatalog(nil, precedence)
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	id := attribute.String("processor", set.ID.String())
	p := &suid{
		onUnknown: c.OnUnknown,
		telemetry: telemetry,
		id:        id,
		conflicts: metric.WithAttributeSet(attribute.NewSet(id)),
		dropped:   metric.WithAttributeSet(attribute.NewSet(id, attribute.String("reason", "unknown_type"))),
		workers:   make(chan *worker, runtime.GOMAXPROCS(0)),
	}
	for range cap(p.workers) {
		p.workers <- &worker{
			catalog: catalog,
			reader:  logrecord.NewReader(catalog, location),
			tallies: map[kind]*tally{},
		}
	}
	return p, nil
}

// process classifies every record. It has no error: what is not understood
// goes on as it came.
func (p *suid) process(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	w := <-p.workers
	defer func() { p.workers <- w }()
	w.classify(ld, time.Now(), p.onUnknown == "tag")
	p.count(ctx, w)
	if p.onUnknown != "drop" || w.unknown == 0 {
		return ld, nil
	}
	p.telemetry.SuidProcessorDropped.Add(ctx, int64(w.unknown), p.dropped)
	w.removeUnknown(ld)
	if ld.ResourceLogs().Len() == 0 {
		return ld, processorhelper.ErrSkipProcessingData
	}
	return ld, nil
}

func (p *suid) count(ctx context.Context, w *worker) {
	for _, t := range w.seen {
		if t.with == nil {
			t.with = metric.WithAttributeSet(attribute.NewSet(append(t.kind.attributes(), p.id)...))
		}
		p.telemetry.SuidProcessorClassified.Add(ctx, t.n, t.with)
		t.n = 0
	}
	if w.conflicts > 0 {
		p.telemetry.SuidProcessorConflicts.Add(ctx, int64(w.conflicts), p.conflicts)
	}
}

func (p *suid) shutdown(context.Context) error {
	p.telemetry.Shutdown()
	return nil
}

// worker classifies one batch at a time.
type worker struct {
	catalog *audit.Catalog
	reader  *logrecord.Reader
	tallies map[kind]*tally // at most the catalog's types times the kinds of evidence

	// Of the batch:
	seen      []*tally
	known     []bool // of each record, whether its type was found
	unknown   int
	conflicts int
}

// kind is what records are counted by.
type kind struct {
	event    *audit.Type // nil: unknown
	evidence audit.Evidence
}

// tally is a count of the records of one kind.
type tally struct {
	kind kind
	n    int64
	with metric.MeasurementOption // made once
}

func (w *worker) classify(ld plog.Logs, now time.Time, tag bool) {
	w.seen, w.known, w.unknown, w.conflicts = w.seen[:0], w.known[:0], 0, 0
	w.reader.Now = now
	w.reader.Each(ld, func(lr plog.LogRecord, e *audit.Event) {
		had := len(e.Fields)
		w.catalog.Classify(e)
		logrecord.Extend(lr, e, had)
		w.tally(e)
		if tag && e.Type == nil {
			lr.Attributes().PutBool(audit.AttrUnknown, true)
		}
	})
}

func (w *worker) tally(e *audit.Event) {
	k := kind{event: e.Type, evidence: e.Evidence}
	if e.Type == nil {
		k.evidence = audit.NoEvidence
		w.unknown++
	}
	if e.Conflict != nil {
		w.conflicts++
	}
	w.known = append(w.known, e.Type != nil)
	t := w.tallies[k]
	if t == nil {
		t = &tally{kind: k}
		w.tallies[k] = t
	}
	if t.n == 0 {
		w.seen = append(w.seen, t)
	}
	t.n++
}

// removeUnknown removes the records of the batch whose type was not found,
// and what is empty without them.
func (w *worker) removeUnknown(ld plog.Logs) {
	i := 0
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		rl.ScopeLogs().RemoveIf(func(sl plog.ScopeLogs) bool {
			sl.LogRecords().RemoveIf(func(plog.LogRecord) bool {
				i++
				return !w.known[i-1]
			})
			return sl.LogRecords().Len() == 0
		})
		return rl.ScopeLogs().Len() == 0
	})
}

func (k kind) attributes() []attribute.KeyValue {
	name, evidence := "unknown", "none"
	if k.event != nil {
		name = k.event.Name
	}
	if k.evidence != audit.NoEvidence {
		evidence = k.evidence.String()
	}
	return []attribute.KeyValue{attribute.String("type", name), attribute.String("evidence", evidence)}
}
