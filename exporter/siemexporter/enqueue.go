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
	destination *destination
	room        room
	stored      bool        // the queue outlives the collector
	ticket      chan uint64 // the next, for who puts a request into a queue in memory; nil: no order
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
	account := b.destination.account
	account.receive(ld.LogRecordCount())
	rest, n := b.destination.render(ld)
	account.refuse(refusedEmpty, n.Empty)
	for begun := false; rest.Len() > 0; {
		var part delivery.Frames
		part, rest = rest.Cut(min(fitting(rest, b.room.part, b.room.sizer), max(rest.Whole(maxGroup), 1)))
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
	b.destination.count(ctx, n)
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
	err := b.put(ctx, ld, r)
	for wait := firstRoomWait; begun && errors.Is(err, exporterhelper.ErrQueueIsFull) && waiting.Err() == nil; wait = min(2*wait, lastRoomWait) {
		select {
		case <-time.After(wait):
		case <-waiting.Done():
		}
		err = b.put(ctx, ld, r)
	}
	if err != nil {
		b.destination.account.drop(b.why(err), r.origins)
	}
	return err
}

// put puts a part into the queue, with a ticket where that has an order.
func (b *bounded) put(ctx context.Context, ld plog.Logs, r request) (err error) {
	if b.ticket != nil {
		r.ticket = <-b.ticket // the queue is never slow, unless block_on_overflow has it wait
		defer func() {
			if err == nil {
				r.ticket++
			}
			b.ticket <- r.ticket
		}()
	}
	return b.Logs.ConsumeLogs(context.WithValue(ctx, partKey{}, r), ld)
}

// tickets returns the first ticket where the queue is in memory and hands
// requests out as they were put there. Requests from storage get theirs when
// they are read.
func (c *Config) tickets() chan uint64 {
	q := c.Queue.Get()
	if q == nil || q.StorageID != nil || q.WaitForResult || q.Batch.HasValue() {
		return nil
	}
	first := make(chan uint64, 1)
	first <- 1
	return first
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

// Shutdown ends the queue, and with ctx the sending. It ends the sending too when
// nothing more is taken, since the collector's own ctx has no end.
func (b *bounded) Shutdown(ctx context.Context) error {
	s := b.destination
	s.stop()
	defer context.AfterFunc(ctx, s.end)()
	done := make(chan struct{})
	defer close(done)
	go s.endWhenStill(done)
	err := b.Logs.Shutdown(ctx)
	s.account.close(b.stored, s.doubtful, s.logger)
	s.telemetry.Shutdown()
	return err
}

// endWhenStill ends the sending when for some time nothing was sent.
func (s *destination) endWhenStill(done chan struct{}) {
	for last := int64(-1); last < s.moved.Load(); {
		last = s.moved.Load()
		select {
		case <-time.After(s.patience):
		case <-done:
			return
		}
	}
	s.end()
}
