package siemexporter

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
)

// account counts what became of the records, in this run of the process:
//
//	received + restored = confirmed + queued + refused
type account struct {
	telemetry *metadata.TelemetryBuilder
	exporter  metric.MeasurementOption
	reasons   [len(reasonNames)]metric.MeasurementOption

	mu      sync.Mutex
	figures figures
	taken   map[*entry]struct{} // by a consumer of the queue, which is not done with them
	closed  bool                // the run is over
}

// figures are numbers of records.
type figures struct {
	received  int64 // offered to the exporter
	restored  int64 // read back from storage, where an earlier run had put them
	confirmed int64
	resent    int64 // written again
	refused   [len(reasonNames)]int64
}

// queued returns how many are neither confirmed nor refused.
func (f figures) queued() int64 {
	n := f.received + f.restored - f.confirmed
	for _, refused := range f.refused {
		n -= refused
	}
	return n
}

// reason is why a record was refused.
type reason int

const (
	refusedEmpty     reason = iota // there is no byte to send
	refusedTooLarge                // more than the queue holds
	refusedTooLong                 // more than a datagram holds
	refusedQueueFull               // handed back
	refusedStorage                 // handed back: it could not be stored
	refusedDamaged                 // in storage
	refusedGivenUp                 // retries ended
	refusedShutdown                // left in memory
)

var reasonNames = [...]string{
	refusedEmpty:     "empty",
	refusedTooLarge:  "too_large",
	refusedTooLong:   "too_long",
	refusedQueueFull: "queue_full",
	refusedStorage:   "storage",
	refusedDamaged:   "damaged",
	refusedGivenUp:   "given_up",
	refusedShutdown:  "shutdown",
}

// entry is a part of a batch in the queue.
type entry struct {
	born time.Time // when it was put there
	left int       // records neither confirmed nor refused; guarded by account
}

// origin says of which entry some frames are.
type origin struct {
	*entry
	frames int
}

// cutOrigins returns the origins of the first n frames and of the rest.
func cutOrigins(all []origin, n int) (first, rest []origin) {
	for i, o := range all {
		if n < o.frames {
			first = append(all[:i:i], origin{o.entry, n})
			return first, append([]origin{{o.entry, o.frames - n}}, all[i+1:]...)
		}
		n -= o.frames
	}
	return all, nil
}

func newAccount(t *metadata.TelemetryBuilder, id component.ID) *account {
	a := &account{telemetry: t, exporter: measured(id), taken: map[*entry]struct{}{}}
	for i, name := range reasonNames {
		a.reasons[i] = measured(id, attribute.String("reason", name))
	}
	return a
}

// measured are the attributes of a metric of this exporter.
func measured(id component.ID, more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(append(more, attribute.String("exporter", id.String()))...))
}

// receive counts records that the exporter was offered.
func (a *account) receive(n int) {
	a.move(&a.figures.received, a.telemetry.SiemExporterReceived, a.exporter, n, n)
}

// restore counts records of an earlier run.
func (a *account) restore(n int) {
	a.move(&a.figures.restored, a.telemetry.SiemExporterRestored, a.exporter, n, n)
}

// resend counts records that were written again.
func (a *account) resend(n int) {
	a.move(&a.figures.resent, a.telemetry.SiemExporterResent, a.exporter, n, 0)
}

// refuse counts records that are in no entry.
func (a *account) refuse(why reason, n int) {
	a.move(&a.figures.refused[why], a.telemetry.SiemExporterRefused, a.reasons[why], n, -n)
}

// confirm counts frames that need not be sent again.
func (a *account) confirm(all []origin) {
	n := a.settle(all)
	a.move(&a.figures.confirmed, a.telemetry.SiemExporterConfirmed, a.exporter, n, -n)
}

// drop counts frames that will not be sent.
func (a *account) drop(why reason, all []origin) { a.refuse(why, a.settle(all)) }

// move adds n to a figure and its counter, and what this changes to queued.
func (a *account) move(figure *int64, counter metric.Int64Counter, with metric.MeasurementOption, n, queued int) {
	if n == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	*figure += int64(n)
	ctx := context.Background()
	counter.Add(ctx, int64(n), with)
	a.telemetry.SiemExporterQueued.Add(ctx, int64(queued), a.exporter)
}

// settle takes frames out of their entries and returns how many were still in
// them: an entry that was handed back is sent all the same, when its consumer
// has it already.
func (a *account) settle(all []origin) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range all {
		m := min(o.frames, o.left)
		o.left -= m
		n += m
		if o.left == 0 {
			delete(a.taken, o.entry)
		}
	}
	return n
}

// take notes that a consumer of the queue has frames.
func (a *account) take(all []origin) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range all {
		if o.left > 0 {
			a.taken[o.entry] = struct{}{}
		}
	}
}

// age returns how long ago the oldest record came that a consumer has; consumers
// take the oldest first.
func (a *account) age(now time.Time) (age time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for e := range a.taken {
		age = max(age, now.Sub(e.born))
	}
	return age
}

// close ends the account. What is queued in memory is lost then.
func (a *account) close(stored bool, doubtful int, logger *zap.Logger) {
	if left := a.total().queued(); left > 0 && !stored {
		a.refuse(refusedShutdown, int(left))
		logger.Error("Records are lost, which were queued in memory: use sending_queue::storage to keep them.", zap.Int64("records", left))
	}
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	logger.Info("What became of the records of this run.", append(a.total().fields(), zap.Int("doubtful", doubtful))...)
}

func (a *account) total() figures {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.figures
}

func (f figures) fields() []zap.Field {
	refused := map[string]int64{}
	for i, n := range f.refused {
		if n > 0 {
			refused[reasonNames[i]] = n
		}
	}
	return []zap.Field{
		zap.Int64("received", f.received),
		zap.Int64("restored", f.restored),
		zap.Int64("confirmed", f.confirmed),
		zap.Int64("queued", f.queued()),
		zap.Any("refused", refused),
		zap.Int64("resent", f.resent),
	}
}
