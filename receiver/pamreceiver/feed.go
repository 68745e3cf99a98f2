package pamreceiver

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"math/rand/v2"
	"os"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

const firstWait = 5 * time.Millisecond // before a batch is offered again; then twice as long each time

// frame is what the socket gave as one message.
type frame struct {
	from, to int // in the socket's buffer
	peer     string
	flags    syslog.Flags
}

// feed hands on the frames of one socket.
//
// What a socket holds is bytes: its buffer and where the frames are in it. They
// are records only while a worker has them, which is while the pipeline looks at
// them. While it refuses, the worker goes to another socket between two offers:
// a pipeline may route by what the records say, so that those of one socket are
// refused and those of another are not. A pipeline that neither takes nor
// refuses, but lets its caller wait, keeps its workers; the sockets without one
// wait with their bytes, as they would in that pipeline.
type feed struct {
	*listener
	ctx     context.Context // for ConsumeLogs; when it ends, what is held is given up
	workers chan *worker
	origin  logrecord.Origin // of all frames, but for the peer
	uids    *rand.ChaCha8    // gives records their log.record.uid

	frames   []frame
	received time.Time       // of frames
	taken    int             // messages in frames that the pipeline has taken or refused for good
	op       context.Context // of the batch that is offered, nil between two
}

func newFeed(ctx context.Context, l *listener, workers chan *worker) *feed {
	var seed [32]byte
	cryptorand.Read(seed[:])
	return &feed{
		listener: l,
		ctx:      ctx,
		workers:  workers,
		origin:   logrecord.Origin{Tenant: l.tenant},
		uids:     rand.NewChaCha8(seed),
	}
}

// handOn makes records of f.frames, whose places are those in buf, and gives
// them to the pipeline. It returns when the pipeline has taken them, has
// refused them for good, or when f.ctx has ended.
func (f *feed) handOn(buf []byte) {
	if len(f.frames) == 0 {
		return
	}
	if err := f.offer(buf); err != nil {
		f.hold(buf, err)
	}
	f.frames, f.taken = f.frames[:0], 0
}

// offer lets a worker hand on what is not yet taken. An error says that the
// pipeline refuses for now.
func (f *feed) offer(buf []byte) error {
	w := <-f.workers
	defer func() { f.workers <- w }()
	return w.work(f, string(buf))
}

// hold offers again until the pipeline has taken or finally refused all. Then
// the next socket that holds need not wait: many that try on their own, each
// now and then, would take the time of those that could be served.
func (f *feed) hold(buf []byte, err error) {
	f.beginHold(err)
	defer f.wake()
	defer f.endHold()
	wait := firstWait
	for err != nil {
		f.await(f.ctx, wait)
		before := f.taken
		if err = f.offer(buf); f.taken > before {
			wait = firstWait
		} else {
			wait = min(2*wait, f.longest())
		}
	}
}

// When a socket is to be read no more, what the kernel already has of it is
// read: its sender believes that it delivered. drainTries pauses in a row
// without anything end that, since a deadline may pass on a busy machine before
// the read begins. So do drainSize bytes, for a sender that goes on, and
// drainWait of waiting in all, for one that goes on slowly.
const (
	drainPause = 20 * time.Millisecond
	drainTries = 3
	drainSize  = 8 << 20
	drainWait  = time.Second
)

// drain calls read, which returns how much it read and heeds the deadline, while
// there is something.
func (f *feed) drain(setDeadline func(time.Time) error, read func() (int, error)) {
	size, waited := 0, time.Duration(0)
	for tries := 0; tries < drainTries && size < drainSize && waited < drainWait && f.ctx.Err() == nil; tries++ {
		begun := time.Now()
		_ = setDeadline(begun.Add(drainPause))
		n, err := read()
		switch {
		case n > 0:
			size, waited = size+n, waited+f.received.Sub(begun) // handing on is no waiting
			tries = -1
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return
		}
	}
}
