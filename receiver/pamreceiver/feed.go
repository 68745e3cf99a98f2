package pamreceiver

import (
	"context"
	cryptorand "crypto/rand"
	"encoding/binary"
	"errors"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

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

const (
	firstWait = 5 * time.Millisecond // before a batch is offered again; then twice as long each time

	// A batch has at most maxRecords records, and maxText bytes of text unless
	// one message alone is longer. What a read gives beyond that is handed on
	// in further batches: a record takes hundreds of bytes however short its
	// message, and one array may hold tens of thousands.
	maxRecords = 1024
	maxText    = 1 << 20
)

// frame is what the socket gave as one message.
type frame struct {
	from, to int // in the socket's buffer
	peer     string
	flags    syslog.Flags
}

// message is what makes a record: a frame's text, or an element of the JSON
// array in it.
type message struct {
	text  string
	peer  string
	flags syslog.Flags
}

// feed makes batches of the frames of one socket and hands them on.
type feed struct {
	*listener
	ctx    context.Context // for ConsumeLogs
	parser *wire.Parser
	batch  *logrecord.Batch
	event  audit.Event
	counts counts
	uids   *rand.ChaCha8 // gives records their log.record.uid

	frames   []frame
	received time.Time // of frames

	messages []message // of the next batch
	text     int       // bytes of it in messages
}

func newFeed(ctx context.Context, l *listener) *feed {
	var seed [32]byte
	cryptorand.Read(seed[:])
	return &feed{
		listener: l,
		ctx:      ctx,
		parser:   wire.NewParser(l.location),
		batch:    logrecord.NewBatch(l.settings.BuildInfo.Version),
		uids:     rand.NewChaCha8(seed),
	}
}

// handOn makes records of f.frames, whose places are those in buf, and gives
// them to the pipeline. It returns when the pipeline has taken them, has
// refused them for good, or when the shutdown ends.
func (f *feed) handOn(buf []byte) {
	if len(f.frames) == 0 {
		return
	}
	text := string(buf)
	for i := range f.frames {
		fr := &f.frames[i]
		f.parser.SplitJSON(text[fr.from:fr.to], func(msg string) bool {
			f.collect(message{msg, fr.peer, fr.flags})
			return true
		})
	}
	f.offer()
	f.frames = f.frames[:0]
	clear(f.event.Fields[:cap(f.event.Fields)]) // an idle socket keeps no text
	f.event.Reset()
}

// collect puts a message into the next batch. When there is no room for it, it
// hands that one on before.
func (f *feed) collect(m message) {
	if len(f.messages) == maxRecords || f.text+len(m.text) > maxText {
		f.offer()
	}
	f.messages = append(f.messages, m)
	f.text += len(m.text)
}

// errShutdown ends the offering of a batch that is held.
var errShutdown = errors.New("the pipeline refused the records until the shutdown ended")

// offer hands f.messages on as one batch and counts what became of it.
func (f *feed) offer() {
	n := len(f.messages)
	if n == 0 {
		return
	}
	uids := *f.uids
	ld := f.build()
	f.counts.report(f.listener)
	ctx := f.obs.StartLogsOp(f.ctx)
	err := f.next.ConsumeLogs(ctx, ld)
	if err != nil && !permanent(err) {
		err = f.hold(ctx, uids, err)
	}
	f.obs.EndLogsOp(ctx, metadata.Type.String(), n, err)
	switch {
	case err == nil:
	case errors.Is(err, errShutdown):
		f.telemetry.PamReceiverLostAtShutdown.Add(ctx, int64(n), f.plain...)
		f.settings.Logger.Error("Records are lost", zap.Int("records", n), zap.Error(err))
	default:
		f.telemetry.PamReceiverRefused.Add(ctx, int64(n), f.plain...)
		f.settings.Logger.Error("The pipeline refused records for good", zap.Int("records", n), zap.Error(err))
	}
	clear(f.messages)
	f.messages, f.text = f.messages[:0], 0
}

// hold offers f.messages again until the pipeline takes or finally refuses
// them.
//
// What was handed to ConsumeLogs is not ours any more, whatever it returned:
// consumer.Logs calls any access undefined, and a pipeline that mutates may
// have half done so. The messages are what is held, and each offer makes a
// batch of them anew. With the generator as it was, uids, it is the same batch.
func (f *feed) hold(ctx context.Context, uids rand.ChaCha8, err error) error {
	f.beginHold(err)
	defer f.endHold()
	for wait := firstWait; err != nil && !permanent(err); wait = min(2*wait, f.maxWait) {
		if f.offering.Err() != nil {
			return errShutdown
		}
		f.pause(wait)
		*f.uids = uids
		err = f.next.ConsumeLogs(ctx, f.build())
	}
	return err
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

// build makes a batch of f.messages. Called again with the same messages and
// the same state of f.uids, it makes the same batch.
func (f *feed) build() plog.Logs {
	f.counts = counts{}
	for i, m := range f.messages {
		if i == 0 || m.peer != f.messages[i-1].peer {
			f.batch.SetOrigin(logrecord.Origin{Peer: m.peer, Tenant: f.tenant})
		}
		f.add(m)
	}
	return f.batch.Logs()
}

// add makes a record of one message.
func (f *feed) add(m message) {
	e := &f.event
	f.parser.Parse(e, m.text, f.received)
	e.Repairs |= repairs(m.flags)
	if e.UID == [16]byte{} {
		binary.LittleEndian.PutUint64(e.UID[:8], f.uids.Uint64())
		binary.LittleEndian.PutUint64(e.UID[8:], f.uids.Uint64())
	}
	f.counts.add(e)
	f.batch.Add(e)
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
