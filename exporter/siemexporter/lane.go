package siemexporter

import (
	"slices"
	"sync"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
)

// lane is where requests wait that the queue has handed out. Those that wait
// together are sent together: a SIEM's kernel may take tens of milliseconds to
// acknowledge what it was sent, however little that is, and a network as long.
type lane struct {
	senders int  // each of several takes its share
	ordered bool // by one sender: in the order of the tickets

	mu      sync.Mutex
	wake    sync.Cond  // of take
	takers  uint64     // who have come to take
	turn    uint64     // which of them may
	waiting []*waiting // by their tickets; those without one behind, as they came
	due     uint64     // the ticket that is next
	skip    *time.Timer
	refused bool // nothing may join: the destination was given up
	closed  bool // nothing will join
}

// waiting is a request that waits to be sent.
type waiting struct {
	request
	done chan error // has room for one
}

const (
	// inHand is how many requests the queue hands out at a time.
	inHand = 64

	// maxGroup bounds the bytes that are sent together, unless one request has
	// more, and those of a request that is made of a batch.
	maxGroup = 1 << 20

	// maxGap is how long a ticket that is due may fail to come. There is none
	// that does: this is for a queue that works otherwise than today's.
	maxGap = time.Second
)

func newLane(senders int) *lane {
	l := &lane{senders: senders, ordered: senders == 1, due: 1}
	l.wake.L = &l.mu
	return l
}

// join adds a request, whose end comes from done; nil when it is refused.
func (l *lane) join(r request) *waiting {
	w := &waiting{r, make(chan error, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused {
		return nil
	}
	at := len(l.waiting)
	if l.ordered && r.ticket > 0 {
		at, _ = slices.BinarySearchFunc(l.waiting, r.ticket, func(w *waiting, ticket uint64) int {
			if w.ticket == 0 || w.ticket > ticket {
				return 1
			}
			return -1
		})
	}
	l.waiting = slices.Insert(l.waiting, at, w)
	l.wake.Broadcast()
	return w
}

// leave takes a request back, if no sender has it.
func (l *lane) leave(w *waiting) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.Index(l.waiting, w)
	if at < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, at, at+1)
	return true
}

// take waits for requests and takes them out, nil when the lane is closed. Those
// who take have their turn as they came.
func (l *lane) take() group {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.takers
	l.takers++
	for {
		n := 0
		if mine == l.turn {
			n = l.ready()
		}
		switch {
		case n > 0:
			g := slices.Clone(l.waiting[:n])
			l.waiting = slices.Delete(l.waiting, 0, n)
			l.turn++
			l.wake.Broadcast()
			return g
		case l.closed && len(l.waiting) == 0:
			return nil
		}
		l.wake.Wait()
	}
}

// ready returns how many requests may be sent together now.
func (l *lane) ready() int {
	size, share := 0, (len(l.waiting)+l.senders-1)/l.senders
	for i, w := range l.waiting[:share] {
		size += w.Size()
		switch {
		case l.ordered && w.ticket > l.due && !l.closed:
			if i == 0 && l.skip == nil {
				l.skip = time.AfterFunc(maxGap, l.skipGap)
			}
			return i
		case i > 0 && size > maxGroup:
			return i
		}
		l.due = max(l.due, w.ticket+1)
	}
	return share
}

// skipGap gives up the tickets before the first that waits.
func (l *lane) skipGap() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.skip = nil
	if len(l.waiting) > 0 {
		l.due = max(l.due, l.waiting[0].ticket)
		l.wake.Broadcast()
	}
}

// putBack lets a group wait again, before all others.
func (l *lane) putBack(g group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.Insert(l.waiting, 0, g...)
	l.wake.Broadcast()
}

// refuse takes out all that wait, and lets none join from now on.
func (l *lane) refuse() group {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := group(l.waiting)
	l.waiting, l.refused = nil, true
	return g
}

// close lets take end when nothing waits.
func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.skip != nil {
		l.skip.Stop()
	}
	l.wake.Broadcast()
}

// group is requests that are sent together.
type group []*waiting

// frames returns the frames of all requests.
func (g group) frames() delivery.Frames {
	if len(g) == 1 {
		return g[0].Frames
	}
	var f delivery.Frames
	for _, w := range g {
		f = f.Append(w.Frames)
	}
	return f
}

// written notes that the first n frames were written, and returns how many of
// them not for the first time.
func (g group) written(n int) (again int) {
	for _, w := range g {
		mine := min(n, w.Len())
		again += min(w.again, mine)
		w.again = max(w.again, mine)
		n -= mine
	}
	return again
}

// pass calls done with the origins of the first n frames, ends the requests that
// have no more, and returns the others.
func (g group) pass(n int, done func([]origin)) group {
	for len(g) > 0 {
		w := g[0]
		mine := min(n, w.Len())
		if mine > 0 {
			var first request
			first, w.request = w.cut(mine)
			done(first.origins)
			n -= mine
		}
		if w.Len() > 0 {
			return g
		}
		w.done <- nil
		g = g[1:]
	}
	return g
}
