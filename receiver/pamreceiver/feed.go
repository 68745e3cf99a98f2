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

	// maxFrames bounds one batch. A read of ordinary messages stays below it;
	// one of a hundred thousand empty objects is handed on in parts, since a
	// record takes hundreds of bytes however short its message.
	maxFrames = 4096
)

// frame is one message as it came from the socket.
type frame struct {
	from, to int // in the socket's buffer
	text     string
	peer     string
	flags    syslog.Flags
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
	received time.Time         // of frames
	repairs  audit.Repairs     // of the frame that is being read
	element  func(string) bool // f.add
}

func newFeed(ctx context.Context, l *listener) *feed {
	var seed [32]byte
	cryptorand.Read(seed[:])
	f := &feed{
		listener: l,
		ctx:      ctx,
		parser:   wire.NewParser(l.location),
		batch:    logrecord.NewBatch(l.settings.BuildInfo.Version),
		uids:     rand.NewChaCha8(seed),
	}
	f.element = f.add
	return f
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
		f.frames[i].text = text[f.frames[i].from:f.frames[i].to]
	}
	for rest := f.frames; len(rest) > 0; {
		n := min(len(rest), maxFrames)
		f.offer(rest[:n])
		rest = rest[n:]
	}
	clear(f.frames) // an idle socket keeps no text
	clear(f.event.Fields[:cap(f.event.Fields)])
	f.event.Reset()
	f.frames = f.frames[:0]
}

// errShutdown ends the offering of a batch that is held.
var errShutdown = errors.New("the pipeline refused the records until the shutdown ended")

// offer hands frames on as one batch and counts what became of it.
func (f *feed) offer(frames []frame) {
	uids := *f.uids
	ld := f.build(frames)
	n := ld.LogRecordCount()
	if n == 0 {
		return
	}
	f.counts.report(f.listener)
	ctx := f.obs.StartLogsOp(f.ctx)
	err := f.next.ConsumeLogs(ctx, ld)
	if err != nil && !permanent(err) {
		err = f.hold(ctx, frames, uids, err)
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
}

// hold offers frames again until the pipeline takes or finally refuses them.
//
// What was handed to ConsumeLogs is not ours any more, whatever it returned:
// consumer.Logs calls any access undefined, and a pipeline that mutates may
// have half done so. The frames are what is held, and each offer makes a batch
// of them anew. With the generator as it was, uids, it is the same batch.
func (f *feed) hold(ctx context.Context, frames []frame, uids rand.ChaCha8, err error) error {
	f.beginHold(err)
	defer f.endHold()
	for wait := firstWait; err != nil && !permanent(err); wait = min(2*wait, f.maxWait) {
		if f.offering.Err() != nil {
			return errShutdown
		}
		f.pause(wait)
		*f.uids = uids
		err = f.next.ConsumeLogs(ctx, f.build(frames))
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

// build makes a batch of frames. Called again with the same frames and the
// same state of f.uids, it makes the same batch.
func (f *feed) build(frames []frame) plog.Logs {
	f.counts = counts{}
	for i := range frames {
		if i == 0 || frames[i].peer != frames[i-1].peer {
			f.batch.SetOrigin(logrecord.Origin{Peer: frames[i].peer, Tenant: f.tenant})
		}
		f.repairs = repairs(frames[i].flags)
		f.parser.SplitJSON(frames[i].text, f.element)
	}
	return f.batch.Logs()
}

// add makes a record of one message.
func (f *feed) add(msg string) bool {
	e := &f.event
	f.parser.Parse(e, msg, f.received)
	e.Repairs |= f.repairs
	if e.UID == [16]byte{} {
		binary.LittleEndian.PutUint64(e.UID[:8], f.uids.Uint64())
		binary.LittleEndian.PutUint64(e.UID[8:], f.uids.Uint64())
	}
	f.counts.add(e)
	f.batch.Add(e)
	return true
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
