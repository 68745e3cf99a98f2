package siemexporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
)

// bounded is the exporter as the collector sees it. A batch goes into the queue
// in parts that it has room for, since one that is larger than the queue would
// be refused for ever. Shutdown sends what is queued as long as the destination
// takes it, and until its context ends.
type bounded struct {
	exporter.Logs
	siem   *siem
	room   room
	stored bool // the queue outlives the collector
}

// room is how much the queue takes.
type room struct {
	sizer exporterhelper.RequestSizerType
	part  int // the largest part of a batch that has several frames; 0: no limit
	frame int // the largest frame, in bytes; 0: no limit
}

// room gives a part a quarter of the queue, so that it need not be empty first.
func (c *Config) room() room {
	q := c.Queue.Get()
	switch {
	case q == nil || q.Sizer == exporterhelper.RequestSizerTypeRequests:
		return room{}
	case q.Sizer == exporterhelper.RequestSizerTypeBytes:
		return room{q.Sizer, int(q.QueueSize / 4), int(q.QueueSize)}
	}
	return room{sizer: q.Sizer, part: int(q.QueueSize / 4)}
}

// ConsumeLogs renders a batch and puts it into the queue. Of a batch that is
// refused, all that is not in the queue is counted so.
func (b *bounded) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	account := b.siem.account
	account.receive(ld.LogRecordCount())
	rest, n := b.siem.render(ld)
	account.refuse(refusedEmpty, n.empty)
	for begun := false; rest.Len() > 0; {
		var part delivery.Frames
		part, rest = rest.Cut(fitting(rest, b.room.part, b.room.sizer))
		if b.room.frame > 0 && part.Size() > b.room.frame {
			account.refuse(refusedTooLarge, part.Len()) // a part of one frame
			continue
		}
		if begun || rest.Len() > 0 {
			part = delivery.Frames{}.Append(part) // so as not to keep the rest
		}
		if err := b.offer(ctx, ld, part, begun); err != nil {
			account.refuse(b.why(err), rest.Len())
			return err
		}
		begun = true
	}
	b.siem.count(ctx, n)
	return nil
}

// why returns the reason of a refusal by the queue, or by the destination where
// there is none between.
func (b *bounded) why(err error) reason {
	switch {
	case errors.Is(err, exporterhelper.ErrQueueIsFull):
		return refusedQueueFull
	case b.stored:
		return refusedStorage
	}
	return refusedGivenUp
}

const (
	// maxRoomWait bounds what a batch whose beginning was taken waits for room.
	maxRoomWait = 10 * time.Second

	firstRoomWait = 5 * time.Millisecond // then twice as long each time, up to
	lastRoomWait  = time.Second
)

// offer puts a part into the queue. When the batch has begun, it waits for room:
// a batch that is refused then comes again whole, and its beginning twice.
func (b *bounded) offer(ctx context.Context, ld plog.Logs, part delivery.Frames, begun bool) error {
	waiting, cancel := context.WithTimeout(ctx, maxRoomWait)
	defer cancel()
	r := newRequest(part, time.Now())
	ctx = context.WithValue(ctx, partKey{}, r)
	err := b.Logs.ConsumeLogs(ctx, ld)
	for wait := firstRoomWait; begun && errors.Is(err, exporterhelper.ErrQueueIsFull) && waiting.Err() == nil; wait = min(2*wait, lastRoomWait) {
		select {
		case <-time.After(wait):
		case <-waiting.Done():
		}
		err = b.Logs.ConsumeLogs(ctx, ld)
	}
	if err != nil {
		b.siem.account.drop(b.why(err), r.origins)
	}
	return err
}

// partKey has the part of a batch, a request, in the context with which it is
// put into the queue: exporterhelper knows whole batches only.
type partKey struct{}

// convert returns the request that the part is.
func convert(ctx context.Context, _ plog.Logs) (xexporterhelper.Request, error) {
	r, ok := ctx.Value(partKey{}).(request)
	if !ok {
		return nil, errForeignRequest
	}
	return r, nil
}

// Shutdown ends the queue, and with ctx the sending.
func (b *bounded) Shutdown(ctx context.Context) error {
	b.siem.stopping.Store(true)
	defer context.AfterFunc(ctx, b.siem.end)()
	err := b.Logs.Shutdown(ctx)
	b.siem.account.close(b.stored, b.siem.doubtful, b.siem.logger)
	b.siem.telemetry.Shutdown()
	return err
}
