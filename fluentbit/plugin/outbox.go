package plugin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
)

// outbox has the chunks that are on their way. When Fluent Bit is out of patience
// with a chunk, it is told to hand it over again later, and the chunk goes on all
// the same: who hands it over again is told what became of it.
type outbox struct {
	patience time.Duration // of Fluent Bit
	counters *counters
	journal  *journal
	senders  []*delivery.Sender
	working  sync.WaitGroup
	life     context.Context // ends when there is no more time
	end      context.CancelFunc

	mu      sync.Mutex
	wake    sync.Cond // of take
	known   map[chunkID]*parcel
	settled []chunkID // of known, those that are over, the oldest first
	waiting []*parcel // those that no sender has taken
	size    int       // bytes of those that are not over
	failing bool      // the last attempt failed,
	after   time.Time // and the next is not made before
	pause   time.Duration
	stalled bool // nothing was delivered since somebody's patience ended
	closed  bool
	unsent  int // messages that were given up at the end
}

// chunkID tells chunks apart. A chunk that is handed over again has the ID it had.
type chunkID struct {
	content, tag uint64
	size         int
}

func idOf(chunk, tag string) chunkID {
	return chunkID{xxhash.Sum64String(chunk), xxhash.Sum64String(tag), len(chunk)}
}

// parcel is what is left of a chunk.
type parcel struct {
	id      chunkID
	frames  delivery.Frames // left to be delivered
	passed  int             // frames before them, which need not be sent again
	written int             // the first of frames that were written before
	tally   Counters        // of its records

	asked bool      // somebody waits for it,
	until time.Time // so long
	done  chan struct{}
	err   error // why it was given up
}

const (
	// maxInHand bounds the bytes of chunks that are on their way, unless one chunk
	// has more.
	maxInHand = 16 << 20

	// maxTogether bounds the bytes that are sent together.
	maxTogether = 1 << 20

	// maxSettled is how many chunks are remembered that nobody has asked for again.
	maxSettled = 4096

	firstPause = 100 * time.Millisecond // between attempts, then twice as long each time, up to
	lastPause  = 10 * time.Second
)

func newOutbox(patience time.Duration, counters *counters, j *journal, senders []*delivery.Sender) *outbox {
	o := &outbox{patience: patience, counters: counters, journal: j, senders: senders, known: map[chunkID]*parcel{}, pause: firstPause}
	o.wake.L = &o.mu
	o.life, o.end = context.WithCancel(context.Background())
	for _, s := range senders {
		o.working.Go(func() { o.work(s) })
	}
	return o
}

// claim returns the chunk if it is on its way, or was delivered since, and nobody
// waits for it. If not, ok says whether it may be put; passed is how many of its
// first frames were delivered before.
func (o *outbox) claim(id chunkID) (p *parcel, passed int, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p = o.known[id]
	if p != nil && p.asked {
		p = nil // another chunk, to the bit the same
	}
	if p != nil && p.err == nil {
		o.ask(p)
		return p, 0, true
	}
	if !o.mayTry() || o.size > 0 && o.size+id.size > maxInHand {
		return nil, 0, false
	}
	if p != nil {
		passed = p.passed
		delete(o.known, id)
	}
	return nil, passed, true
}

// mayTry reports whether it is time to.
func (o *outbox) mayTry() bool { return !o.closed && (!o.failing || time.Now().After(o.after)) }

// ask notes that somebody waits: not at all when nothing moves, and where nothing
// could be delivered, only who tries first.
func (o *outbox) ask(p *parcel) {
	p.asked, p.until = true, time.Now()
	if !o.stalled && (!o.failing || o.size == 0) {
		p.until = p.until.Add(o.patience)
	}
}

// put adds a chunk. Its first frames are left out that passed already.
func (o *outbox) put(p *parcel, passed int) {
	p.passed = min(passed, p.frames.Len())
	_, p.frames = p.frames.Cut(p.passed)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ask(p)
	o.size += p.frames.Size()
	switch {
	case o.closed:
		o.settle(p, errClosed)
		return
	case p.frames.Len() == 0:
		o.settle(p, nil)
		return
	case o.known[p.id] == nil:
		o.known[p.id] = p
	}
	o.waiting = append(o.waiting, p)
	o.wake.Signal()
}

// wait waits until the chunk is over, or as long as there is patience. It reports
// whether it is over; then it is forgotten, unless a part of it has passed.
func (o *outbox) wait(p *parcel) (over bool) {
	timer := time.NewTimer(time.Until(p.until))
	defer timer.Stop()
	select {
	case <-p.done:
		over = true
	case <-timer.C:
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-p.done:
		over = true
	default:
		o.stalled = true
	}
	p.asked = false
	if over && (p.err == nil || p.passed == 0) && o.known[p.id] == p {
		delete(o.known, p.id)
	}
	return over
}

// work sends what comes, until the outbox is closed.
func (o *outbox) work(s *delivery.Sender) {
	for {
		batch := o.take()
		if batch == nil {
			return
		}
		o.guard(batch, func() { o.send(s, batch) })
	}
}

// guard has f do its work. A panic would end Fluent Bit.
func (o *outbox) guard(batch []*parcel, f func()) {
	defer func() {
		if reason := recover(); reason != nil {
			o.journal.say(LevelError, "this is a fault of the plugin; please report it: %v", reason)
			o.fail(batch, errFault)
		}
	}()
	f()
}

var (
	errFault  = errors.New("a fault of the plugin")
	errClosed = errors.New("the instance has ended")
)

// take waits for chunks, and takes those that are sent together: what a SIEM's
// kernel takes to acknowledge has little to do with how much it was sent.
func (o *outbox) take() []*parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) == 0 {
		if o.closed {
			return nil
		}
		o.wake.Wait()
	}
	n, size := 1, o.waiting[0].frames.Size()
	for n < len(o.waiting) && size+o.waiting[n].frames.Size() <= maxTogether {
		size += o.waiting[n].frames.Size()
		n++
	}
	batch := slices.Clone(o.waiting[:n])
	o.waiting = slices.Delete(o.waiting, 0, n)
	return batch
}

// send sends chunks. It tries again as long as somebody has the patience, unless
// the attempt before had failed too.
func (o *outbox) send(s *delivery.Sender, batch []*parcel) {
	for wait := firstPause; ; wait *= 2 {
		for len(batch) > 0 {
			out, err := s.Send(o.life, together(batch))
			batch = o.pass(batch, out)
			if errors.Is(err, delivery.ErrTooLong) {
				batch = o.drop(batch)
			} else if err != nil {
				if !o.mayWait(batch, wait) {
					o.fail(batch, err)
					return
				}
				break
			}
		}
		if len(batch) == 0 {
			return
		}
		sleep(o.life, wait)
	}
}

// together returns the frames of all, or the first of them if they are many.
func together(batch []*parcel) delivery.Frames {
	f := batch[0].frames
	if len(batch) > 1 {
		f = delivery.Frames{}
		for _, p := range batch {
			f = f.Append(p.frames)
		}
	}
	first, _ := f.Cut(max(f.Whole(maxTogether), min(1, f.Len())))
	return first
}

// pass notes what became of the first frames, and returns the chunks that are not
// over.
func (o *outbox) pass(batch []*parcel, out delivery.Outcome) []*parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	written := out.Written
	for _, p := range batch {
		mine := min(written, p.frames.Len())
		o.counters.add(func(c *Counters) { c.Resent += int64(min(p.written, mine)) })
		p.written = max(p.written, mine)
		written -= mine
	}
	if out.Confirmed > 0 {
		o.recovered()
	}
	for n := out.Confirmed; len(batch) > 0; batch = batch[1:] {
		mine := min(n, batch[0].frames.Len())
		n -= mine
		o.shorten(batch[0], mine)
		if batch[0].frames.Len() > 0 {
			break
		}
		o.settle(batch[0], nil)
	}
	return batch
}

// shorten leaves out the first n frames.
func (o *outbox) shorten(p *parcel, n int) {
	before := p.frames.Size()
	_, p.frames = p.frames.Cut(n)
	o.size -= before - p.frames.Size()
	p.passed += n
	p.written = max(0, p.written-n)
}

// drop gives up the first frame, which no datagram holds.
func (o *outbox) drop(batch []*parcel) []*parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := batch[0]
	p.tally.TooLong++
	o.shorten(p, 1)
	if p.frames.Len() == 0 {
		o.settle(p, nil)
		batch = batch[1:]
	}
	return batch
}

// settle says that a chunk is over.
func (o *outbox) settle(p *parcel, err error) {
	if p.over() {
		return
	}
	o.size -= p.frames.Size()
	p.err, p.frames = err, delivery.Frames{}
	close(p.done)
	o.settled = append(o.settled, p.id)
	if len(o.settled) > maxSettled {
		if old := o.known[o.settled[0]]; old != nil && !old.asked && old.over() {
			delete(o.known, o.settled[0])
		}
		o.settled = slices.Delete(o.settled, 0, 1)
	}
}

func (p *parcel) over() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// mayWait reports whether somebody has the patience for another attempt after d.
func (o *outbox) mayWait(batch []*parcel, d time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failing || o.closed {
		return false
	}
	at := time.Now().Add(d)
	return slices.ContainsFunc(batch, func(p *parcel) bool { return p.asked && at.Before(p.until) })
}

// fail gives up chunks, and all that wait, until Fluent Bit hands them over again.
func (o *outbox) fail(batch []*parcel, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := append(batch, o.waiting...)
	o.waiting = nil
	if o.closed {
		for _, p := range all {
			o.unsent += p.frames.Len()
		}
	} else if !o.failing {
		o.journal.say(LevelWarn, "nothing can be delivered; Fluent Bit is told to retry: %v", err)
	}
	o.failing = true
	o.after = time.Now().Add(o.pause)
	o.pause = min(2*o.pause, lastPause)
	for _, p := range all {
		o.settle(p, err)
	}
}

// recovered notes that something was delivered.
func (o *outbox) recovered() {
	if o.failing {
		o.journal.say(LevelInfo, "messages are delivered again")
	}
	o.failing, o.stalled, o.pause = false, false, firstPause
}

// close ends the outbox: what is on its way has patience's time, and the
// connections what is left of it and as much again. It returns how many messages
// are in doubt: unsent, or unread by the SIEM as far as anyone knows.
func (o *outbox) close() (unsent, doubtful int) {
	o.mu.Lock()
	o.closed = true
	o.wake.Broadcast()
	o.mu.Unlock()
	timer := time.AfterFunc(o.patience, o.end)
	o.working.Wait()
	timer.Stop()
	o.end()
	ctx, cancel := context.WithTimeout(context.Background(), o.patience)
	defer cancel()
	for _, s := range o.senders {
		doubtful += s.Close(ctx)
	}
	return o.unsent, doubtful
}

// sleep waits for d, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
