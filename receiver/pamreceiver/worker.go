package pamreceiver

import (
	"context"
	"encoding/binary"
	"errors"
	"math/bits"
	"reflect"
	"slices"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
	"github.com/otelcol-pam/otelcol-pam/receiver/pamreceiver/internal/metadata"
)

// A batch has at most maxRecords records, and maxText bytes of text unless
// one message alone is longer. What a read gives beyond that is handed on
// in further batches: a record takes hundreds of bytes however short its
// message, and one array may hold tens of thousands.
const (
	maxRecords = 1024
	maxText    = 1 << 20
)

// maxWorkers is how many of a receiver's connections may have records at a
// time. A record takes ten times the memory of its bytes: with as many workers
// as connections, a thousand senders would have gigabytes of records between
// them. It is more than there are processors on a small machine, since a
// pipeline may wait for a disk.
const maxWorkers = 8

// worker makes records of a socket's bytes, in batches, and offers them to the
// pipeline. Which worker does it changes nothing in the records.
type worker struct {
	parsers map[*listener]*wire.Parser
	batch   *logrecord.Batch
	event   audit.Event
	counts  counts

	messages []message // of the next batch
	text     int       // bytes of it in messages
}

// message is what makes a record: a frame's text, or an element of the JSON
// array in it.
type message struct {
	text  string
	peer  string
	flags syslog.Flags
}

// newWorkers returns n workers to take from and to give back to. Those that
// wait for one are served in the order in which they came.
func newWorkers(n int, version string) chan *worker {
	workers := make(chan *worker, n)
	for range n {
		workers <- &worker{parsers: map[*listener]*wire.Parser{}, batch: logrecord.NewBatch(version)}
	}
	return workers
}

// parser returns the parser for messages of a listener.
func (w *worker) parser(l *listener) *wire.Parser {
	p, ok := w.parsers[l]
	if !ok {
		p = wire.NewParser(l.location)
		w.parsers[l] = p
	}
	return p
}

// work hands on the messages of f.frames, whose places are those in text,
// without the first f.taken. It stops at the first batch that the pipeline
// refuses for now, and returns its error.
func (w *worker) work(f *feed, text string) (err error) {
	defer w.forget()
	parser, skip := w.parser(f.listener), f.taken
	for _, fr := range f.frames {
		parser.SplitJSON(text[fr.from:fr.to], func(msg string) bool {
			if skip > 0 {
				skip--
				return true
			}
			err = w.collect(f, message{msg, fr.peer, fr.flags})
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return w.offer(f)
}

// forget drops all text, so that an idle worker keeps none.
func (w *worker) forget() {
	clear(w.messages)
	w.messages, w.text = w.messages[:0], 0
	clear(w.event.Fields[:cap(w.event.Fields)])
	w.event.Reset()
}

// collect puts a message into the next batch. When there is no room for it, it
// hands that one on before.
func (w *worker) collect(f *feed, m message) error {
	if len(w.messages) == maxRecords || w.text+len(m.text) > maxText {
		if err := w.offer(f); err != nil {
			return err
		}
	}
	w.messages = append(w.messages, m)
	w.text += len(m.text)
	return nil
}

// errShutdown is why a batch was given up at the end.
var errShutdown = errors.New("the pipeline refused the records until the shutdown ended")

// offer offers w.messages as one batch. It returns an error when they are to be
// offered again, and else counts what became of them.
//
// What was handed to ConsumeLogs is not ours any more, whatever it returned:
// consumer.Logs calls any access undefined, and a pipeline that mutates may
// have half done so. The bytes are what is held, and each offer makes a batch
// of them anew. With the generator as it was it is the same batch.
func (w *worker) offer(f *feed) error {
	n := len(w.messages)
	if n == 0 {
		return nil
	}
	if f.op == nil {
		f.op = f.obs.StartLogsOp(f.ctx)
	}
	uids := *f.uids
	err := f.next.ConsumeLogs(f.op, w.build(f))
	if err != nil && !permanent(err) {
		if f.ctx.Err() == nil {
			*f.uids = uids
			return err
		}
		err = context.Cause(f.ctx)
	}
	w.counts.report(f.listener)
	f.conclude(n, err)
	clear(w.messages)
	w.messages, w.text = w.messages[:0], 0
	return nil
}

// conclude counts what became of n messages.
func (f *feed) conclude(n int, err error) {
	f.obs.EndLogsOp(f.op, metadata.Type.String(), n, err)
	f.op = nil
	f.taken += n
	switch {
	case err == nil:
	case errors.Is(err, errShutdown):
		f.lost(n, "shutdown")
		f.settings.Logger.Error("Records are lost", zap.Int("records", n), zap.Error(err))
	case errors.Is(err, errUnfinished):
		f.lost(n, "evicted")
		f.unfinished.log(f.settings.Logger, "Records are lost", zap.Int("records", n), zap.Error(err))
	default:
		f.telemetry.PamReceiverRefused.Add(context.Background(), int64(n), f.plain...)
		f.settings.Logger.Error("The pipeline refused records for good", zap.Int("records", n), zap.Error(err))
	}
}

// lost counts n records that were given up.
func (f *feed) lost(n int, reason string) {
	f.telemetry.PamReceiverLost.Add(context.Background(), int64(n), f.options(attribute.String("reason", reason))...)
}

// permanentType is how consumererror marks an error as permanent.
var permanentType = reflect.TypeOf(consumererror.NewPermanent(errShutdown))

// permanent reports whether err says that the same records will always be
// refused. Of the errors of a fan-out all must say so: as long as one branch
// may still take them they are offered again.
func permanent(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if reflect.TypeOf(err) == permanentType {
			return true
		}
		if branches, ok := err.(interface{ Unwrap() []error }); ok {
			errs := branches.Unwrap()
			return len(errs) > 0 && !slices.ContainsFunc(errs, func(err error) bool { return !permanent(err) })
		}
	}
	return false
}

// build makes a batch of w.messages. Called again with the same messages and
// the same state of f.uids, it makes the same batch.
func (w *worker) build(f *feed) plog.Logs {
	w.counts = counts{}
	parser, origin := w.parser(f.listener), f.origin
	for i, m := range w.messages {
		if i == 0 || m.peer != origin.Peer {
			origin.Peer = m.peer
			w.batch.SetOrigin(origin)
		}
		parser.Parse(&w.event, m.text, f.received)
		w.add(f, m.flags)
	}
	return w.batch.Logs()
}

// add makes a record of the event that was read.
func (w *worker) add(f *feed, flags syslog.Flags) {
	e := &w.event
	e.Repairs |= repairs(flags)
	if e.UID.IsZero() {
		binary.LittleEndian.PutUint64(e.UID[:8], f.uids.Uint64())
		binary.LittleEndian.PutUint64(e.UID[8:], f.uids.Uint64())
	}
	w.counts.add(e)
	w.batch.Add(e)
}

// frameRepairs says which repair each flag of a frame is.
var frameRepairs = [...]struct {
	flag   syslog.Flags
	repair audit.Repairs
}{
	{syslog.Cut, audit.FrameCut},
	{syslog.OutOfStep, audit.FrameOutOfStep},
	{syslog.NoTrailer, audit.FrameNoTrailer},
}

// repairs names what the frame of a message wanted.
func repairs(flags syslog.Flags) audit.Repairs {
	var r audit.Repairs
	for _, row := range frameRepairs {
		if flags&row.flag != 0 {
			r |= row.repair
		}
	}
	return r
}

// counts is what a batch adds to the counters, once.
type counts struct {
	parsed     [audit.NumFormats]int64
	repaired   [len(audit.RepairTable)]int64
	unreadable map[string]int64
}

func (c *counts) add(e *audit.Event) {
	c.parsed[e.Source.Format.Index()]++
	for r := e.Repairs; r != 0; r &= r - 1 {
		c.repaired[bits.TrailingZeros64(uint64(r))]++
	}
	if !e.Fault.IsZero() {
		if c.unreadable == nil {
			c.unreadable = map[string]int64{}
		}
		c.unreadable[e.Fault.Part]++
	}
}

func (c *counts) report(l *listener) {
	ctx := context.Background()
	for i, n := range c.parsed {
		if n > 0 {
			l.telemetry.PamReceiverParsed.Add(ctx, n, l.parsed[i]...)
		}
	}
	for i, n := range c.repaired {
		if n > 0 {
			l.telemetry.PamReceiverRepaired.Add(ctx, n, l.repaired[i]...)
		}
	}
	for part, n := range c.unreadable {
		l.telemetry.PamReceiverUnreadable.Add(ctx, n, l.options(attribute.String("reason", part))...)
	}
}
