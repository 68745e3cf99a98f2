package plugin

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
)

// outbox has the chunks that are on their way. When Fluent Bit is out of patience
// with a chunk, it is told to hand it over again later, and the chunk goes on all
// the same: who hands it over again is told what became of it.
type outbox struct {
	patience time.Duration // of Fluent Bit
	counters *counters
	journal  *journal
	links    []link
	seed     maphash.Seed // so that nobody can make two chunks that are taken for one
	working  sync.WaitGroup
	life     context.Context // ends when there is no more time
	end      context.CancelFunc

	mu      sync.Mutex
	wake    sync.Cond              // of take
	known   map[chunkID][]*pending // those that were given back and not asked for again
	idle    []*pending             // of known, those that are over, the oldest first
	waiting []*pending             // those that no link has taken
	size    int                    // bytes of chunks that are not over
	after   time.Time              // when the next attempt may be made; zero when the last did not fail
	pause   time.Duration          // before the attempt after the next
	doubted time.Time              // until when no chunk is taken, whatever is delivered
	stalled bool                   // nothing was delivered since somebody's patience ended
	closed  bool
	unsent  int // chunks that were given up at the end
}

// link has a connection, and what turns chunks into messages for it.
type link struct {
	*delivery.Sender
	*renderer
}

// chunkID tells chunks apart. A chunk that is handed over again has the ID it had.
type chunkID struct {
	content, tag uint64
	size         int
}

// pending is a chunk on its way. What is rendered of it belongs to the link that
// took it, until it is over; then, and before, all is guarded by the outbox.
type pending struct {
	rendering
	size  int
	id    chunkID   // of use where it is known
	until time.Time // somebody waits for it, so long; zero: nobody does
	done  chan struct{}
	err   error // why it was given up; of use when it is over
}

func (p *pending) isOver() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

const (
	// maxInHand bounds the bytes of chunks that are on their way, unless one chunk
	// has more.
	maxInHand = 16 << 20

	// maxTogether is about how many bytes are sent together.
	maxTogether = 1 << 20

	// maxIdle is how many chunks are remembered that nobody has asked for again.
	maxIdle = 4096

	firstPause   = 100 * time.Millisecond // between attempts, then twice as long each time, up to
	lastPause    = 10 * time.Second
	suspectPause = 30 * time.Second // when connections are reset unread again and again
)

// newOutbox returns an outbox that waits for a chunk so long. Links are added
// before the first chunk comes.
func newOutbox(patience time.Duration, counters *counters, j *journal) *outbox {
	o := &outbox{
		patience: patience, counters: counters, journal: j,
		seed: maphash.MakeSeed(), known: map[chunkID][]*pending{}, pause: firstPause,
	}
	o.wake.L = &o.mu
	o.life, o.end = context.WithCancel(context.Background())
	return o
}

func (o *outbox) add(l link) {
	o.links = append(o.links, l)
	o.working.Go(func() { o.work(l) })
}

// enter takes a chunk, or finds it where it is on its way or was delivered since. It
// returns nil when there is no room for it, or no hope.
func (o *outbox) enter(chunk, tag string) *pending {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.find(chunk, tag)
	if p == nil || p.isOver() && p.err != nil {
		if !o.mayEnter(len(chunk)) {
			return nil
		}
		if p == nil {
			p = &pending{rendering: newRendering(tag), size: len(chunk)}
		}
		o.queue(p, chunk)
	}
	o.forget(p)
	o.ask(p)
	return p
}

// mayEnter reports whether there is room and hope for a chunk of that size.
func (o *outbox) mayEnter(size int) bool {
	now := time.Now()
	return !o.closed && !now.Before(o.after) && !now.Before(o.doubted) && (o.size == 0 || o.size+size <= maxInHand)
}

// idOf is asked for only when something goes wrong: a hash has its price.
func (o *outbox) idOf(chunk, tag string) chunkID {
	return chunkID{maphash.String(o.seed, chunk), maphash.String(o.seed, tag), len(chunk)}
}

// find returns a chunk that is known. One that somebody waits for is another, though
// to the bit the same.
func (o *outbox) find(chunk, tag string) *pending {
	if len(o.known) == 0 {
		return nil
	}
	for _, p := range o.known[o.idOf(chunk, tag)] {
		return p
	}
	return nil
}

// queue has a chunk wait for a link.
func (o *outbox) queue(p *pending, chunk string) {
	p.resume(chunk)
	p.done, p.err = make(chan struct{}), nil
	o.size += len(chunk)
	o.waiting = append(o.waiting, p)
	o.wake.Signal()
}

// ask notes that somebody waits: not at all when nothing moves; and while nothing
// can be delivered, only who tries first.
func (o *outbox) ask(p *pending) {
	p.until = time.Now()
	if !o.stalled && (o.after.IsZero() || o.size == p.size) {
		p.until = p.until.Add(o.patience)
	}
}

// wait waits until a chunk is over, or as long as there is patience, and reports
// whether it is over. It is remembered if it is not, and if a part of it is
// delivered and the rest is not.
func (o *outbox) wait(p *pending, chunk, tag string) (over bool) {
	timer := time.NewTimer(time.Until(p.until))
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	over = p.isOver()
	if !over || p.err != nil && !errors.Is(p.err, errFault) && p.begun() {
		p.until, p.id = time.Time{}, o.idOf(chunk, tag)
		o.known[p.id] = append(o.known[p.id], p)
	}
	if !over {
		o.stalled = true
	} else if p.until.IsZero() {
		o.rest(p)
	}
	return over
}

// rest notes that a chunk is over that is known, and forgets the oldest if they are
// many.
func (o *outbox) rest(p *pending) {
	o.idle = append(o.idle, p)
	if len(o.idle) > maxIdle {
		if old := o.idle[0]; old.isOver() {
			o.forget(old)
		}
		o.idle = slices.Delete(o.idle, 0, 1)
	}
}

// forget takes a chunk out of those that are known.
func (o *outbox) forget(p *pending) {
	if len(o.known) == 0 {
		return
	}
	twins := slices.DeleteFunc(o.known[p.id], func(q *pending) bool { return q == p })
	if o.known[p.id] = twins; len(twins) == 0 {
		delete(o.known, p.id)
	}
}

// work sends what comes, until the outbox is closed.
func (o *outbox) work(l link) {
	for batch := o.take(); batch != nil; batch = o.take() {
		o.send(l, batch)
	}
}

// take waits for chunks, and takes those that are sent together: what a SIEM's
// kernel takes to acknowledge has little to do with how much it was sent.
func (o *outbox) take() []*pending {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) == 0 {
		if o.closed {
			return nil
		}
		o.wake.Wait()
	}
	n, size := 1, o.waiting[0].size
	for n < len(o.waiting) && size+o.waiting[n].size <= maxTogether {
		size += o.waiting[n].size
		n++
	}
	batch := slices.Clone(o.waiting[:n])
	o.waiting = slices.Delete(o.waiting, 0, n)
	return batch
}

// send sends chunks. It tries again as long as somebody has the patience, unless
// the attempt before had failed too.
func (o *outbox) send(l link, batch []*pending) {
	for wait := firstPause; ; {
		var f delivery.Frames
		if batch, f = o.render(l.renderer, batch); len(batch) == 0 {
			return
		}
		out, err := l.Send(o.life, f)
		o.pass(batch, out)
		switch {
		case err == nil:
		case errors.Is(err, delivery.ErrTooLong):
			o.drop(batch)
		case o.mayWait(batch, wait):
			sleep(o.life, wait)
			wait *= 2
		default:
			o.fail(batch, err)
			return
		}
	}
}

// render returns the next messages of chunks, and the chunks that are not over. Those
// that have no more are.
func (o *outbox) render(r *renderer, batch []*pending) (rest []*pending, f delivery.Frames) {
	for i, p := range batch {
		if f.Size() >= maxTogether {
			return append(rest, batch[i:]...), f
		}
		if err := r.render(&p.rendering, maxTogether-f.Size()); err != nil || p.frames.Len() == 0 {
			o.settle(p, err)
			continue
		}
		rest = append(rest, p)
		if len(batch) == 1 {
			return rest, p.frames
		}
		f = f.Append(p.frames)
	}
	return rest, f
}

// pass notes what became of the first messages.
func (o *outbox) pass(batch []*pending, out delivery.Outcome) {
	if out.Confirmed > 0 {
		o.recovered()
	}
	var again int
	for _, p := range batch {
		n := p.frames.Len()
		again += p.pass(min(out.Written, n), min(out.Confirmed, n))
		out.Written, out.Confirmed = max(out.Written-n, 0), max(out.Confirmed-n, 0)
	}
	o.counters.add(func(c *Counters) { c.Resent += int64(again) })
}

// drop gives up the first message, which no datagram holds.
func (o *outbox) drop(batch []*pending) {
	for _, p := range batch {
		if p.frames.Len() > 0 {
			p.total.TooLong++
			p.pass(1, 1)
			return
		}
	}
}

// settle says that a chunk is over.
func (o *outbox) settle(p *pending, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p.end()
	o.size -= p.size
	p.err = err
	close(p.done)
	if p.until.IsZero() {
		o.rest(p)
	}
}

// mayWait reports whether somebody has the patience for another attempt after d.
func (o *outbox) mayWait(batch []*pending, d time.Duration) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.after.IsZero() || o.closed {
		return false
	}
	at := time.Now().Add(d)
	patient := func(p *pending) bool { return at.Before(p.until) }
	return slices.ContainsFunc(batch, patient) || slices.ContainsFunc(o.waiting, patient)
}

// fail gives up chunks, and all that wait, until Fluent Bit hands them over again.
func (o *outbox) fail(batch []*pending, err error) {
	o.mu.Lock()
	batch = append(batch, o.waiting...)
	o.waiting = nil
	switch {
	case o.closed:
		o.unsent += len(batch)
	case o.after.IsZero():
		o.journal.warn("", "nothing can be delivered; Fluent Bit is told to retry: %v", err)
	}
	if now := time.Now(); !now.Before(o.after) { // else it is the same failure, of another link
		o.after = now.Add(o.pause)
		o.pause = min(2*o.pause, lastPause)
	}
	o.mu.Unlock()
	for _, p := range batch {
		o.settle(p, err)
	}
}

// recovered notes that something was delivered.
func (o *outbox) recovered() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.after.IsZero() && time.Now().After(o.doubted) {
		o.journal.say(LevelInfo, "messages are delivered again")
	}
	o.after, o.stalled, o.pause = time.Time{}, false, firstPause
}

// suspect notes that what is delivered is not read, and takes no chunks for a while.
func (o *outbox) suspect() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doubted = time.Now().Add(suspectPause)
}

// close ends the outbox. What is on its way has half of the time, and to end the
// connections there is the rest. It returns how many chunks are given up, and how
// many messages the SIEM may not have read though it had them.
func (o *outbox) close(until time.Time) (unsent, doubtful int) {
	o.mu.Lock()
	o.closed = true
	o.wake.Broadcast()
	o.mu.Unlock()
	timer := time.AfterFunc(time.Until(until)/2, o.end)
	o.working.Wait()
	timer.Stop()
	o.end()
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	for _, l := range o.links {
		doubtful += l.Close(ctx)
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
