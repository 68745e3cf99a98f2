package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrTooLong is the failure of a frame that is longer than a datagram may be.
// It is no use to send it again.
var ErrTooLong = errors.New("frame longer than a datagram can be")

// Outcome is what became of frames that were to be sent.
type Outcome struct {
	Confirmed int // of the first: need not be sent again
	Written   int // of the first: were written whole, and may have arrived
}

// Sender sends frames to one destination over one connection at a time. Its
// methods may be called from several goroutines; they take turns.
type Sender struct {
	config Config
	turn   chan struct{} // has room while nobody works on what follows

	conn      *conn      // nil before the first Send and after a failure
	datagrams *datagrams // in its place, where a frame is a datagram
	at        int        // the endpoint to dial first
	doubt     Frames     // confirmed frames of a connection that was reset
	mending   bool       // a goroutine sends them again
	resets    int        // in a row, of connections that had just begun
	notBefore time.Time  // the next dial after one

	life       context.Context // ends with Close
	end        context.CancelFunc
	background sync.WaitGroup
}

// NewSender returns a Sender, which dials when it has something to send.
func NewSender(c Config) *Sender {
	s := &Sender{config: c, turn: make(chan struct{}, 1)}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Send sends the frames in their order and waits until they are delivered, as
// Config.Confirm says. It waits however long the peer takes, as long as the
// peer is alive and there is no other endpoint.
//
// With an error, Outcome says how many of the first frames need not be sent
// again. The connection is closed then, so that a frame that was cut in the
// middle begins anew on the next. Frames that were confirmed on it and that the
// peer's process may not have read go out again on the next, before all others.
func (s *Sender) Send(ctx context.Context, f Frames) (o Outcome, err error) {
	if f.Len() == 0 {
		return o, nil
	}
	if err := s.begin(ctx); err != nil {
		return o, err
	}
	defer s.done()
	if s.config.Network == "udp" || s.config.Network == "unixgram" {
		return s.sendDatagrams(ctx, f)
	}
	if err := s.connect(ctx); err != nil {
		return o, err
	}
	o, err = s.conn.deliver(ctx, f)
	if err != nil {
		s.leave(err)
	}
	return o, err
}

// begin waits for the turn.
func (s *Sender) begin(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Sender) done() { <-s.turn }

// connect makes sure that there is a connection that is neither closed nor too
// old, and that nothing is in doubt.
func (s *Sender) connect(ctx context.Context) error {
	s.forget()
	if c := s.conn; c != nil && s.config.MaxAge > 0 && time.Since(c.since) >= s.config.MaxAge {
		s.retire(ctx)
	}
	return s.ready(ctx)
}

// ready makes sure that there is a connection and that nothing is in doubt.
func (s *Sender) ready(ctx context.Context) error {
	if s.conn == nil {
		if err := pause(ctx, time.Until(s.notBefore)); err != nil {
			return err
		}
		if err := s.dialAny(ctx); err != nil {
			return err
		}
	}
	return s.replay(ctx)
}

// forget leaves a connection that has ended.
func (s *Sender) forget() {
	if s.conn != nil && s.conn.over() {
		s.conn.abandon()
		s.leave(errClosedByPeer)
	}
}

// dialAny connects to the first endpoint that can be reached, from s.at on.
func (s *Sender) dialAny(ctx context.Context) error {
	var failed error
	n := len(s.config.Endpoints)
	for i := range n {
		c, err := s.dial(ctx, (s.at+i)%n)
		switch {
		case err == nil:
			s.use(c)
			return nil
		case failed == nil:
			failed = err
		default:
			failed = fmt.Errorf("%w; %w", failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// use makes c the connection. When it is not to the first endpoint, the way back
// is looked for.
func (s *Sender) use(c *conn) {
	s.conn, s.at = c, c.index
	if report := s.config.Events.Connected; report != nil {
		report(c.endpoint)
	}
	if c.index > 0 && s.life.Err() == nil {
		s.background.Go(func() { s.failBack(c) })
	}
}

// replay sends what is in doubt.
func (s *Sender) replay(ctx context.Context) error {
	if s.doubt.Len() == 0 {
		return nil
	}
	c := s.conn
	o, err := c.deliver(ctx, s.doubt)
	if report := s.config.Events.Replayed; report != nil && o.Written > 0 {
		report(c.endpoint, o.Written)
	}
	_, s.doubt = s.doubt.Cut(o.Confirmed)
	if err != nil {
		s.leave(err)
	}
	return err
}

// leave forgets the connection, which has ended. What it leaves in doubt goes
// before what already is. The endpoint is dialed first again unless it was of no
// use: it confirmed nothing, or was soon reset with something unread, as by a
// proxy that has nobody behind it.
func (s *Sender) leave(err error) {
	c := s.conn
	left := c.tail.take()
	s.doubt = left.Append(s.doubt)
	s.conn, s.at = nil, c.index
	s.count(c, left.Len())
	if s.resets > 0 || !c.proven || errors.Is(err, errDead) || errors.Is(err, errSlow) {
		s.at = (c.index + 1) % len(s.config.Endpoints)
	}
}

// How long a connection must last so that the next is made at once when it ends
// with something unread, and how long the next waits else, twice as long each
// time.
const (
	lasting    = 30 * time.Second
	firstDelay = 100 * time.Millisecond
	lastDelay  = 30 * time.Second
)

// count counts connections that end with frames unread.
func (s *Sender) count(c *conn, unread int) {
	switch {
	case unread == 0:
		if c.proven {
			s.resets = 0
		}
		return
	case time.Since(c.since) >= lasting:
		s.resets = 0
	default:
		s.resets++
		s.notBefore = time.Now().Add(min(firstDelay<<min(s.resets-1, 10), lastDelay))
	}
	if report := s.config.Events.Reset; report != nil {
		report(c.endpoint, unread, s.resets)
	}
}

// retire ends the connection in good order.
func (s *Sender) retire(ctx context.Context) {
	s.conn.finish(ctx)
	s.leave(nil)
}

// ended is called when a connection has ended. When nothing is being sent, what
// it leaves in doubt would wait for the next frame, and so it is sent now.
func (s *Sender) ended(c *conn) {
	if s.begin(s.life) != nil {
		return
	}
	defer s.done()
	if s.conn == c {
		s.forget()
	}
	if s.doubt.Len() > 0 && !s.mending && s.life.Err() == nil {
		s.mending = true
		s.background.Go(s.mend)
	}
}

// mend tries to send what is in doubt until nothing is.
func (s *Sender) mend() {
	for wait := firstDelay; s.begin(s.life) == nil; wait = min(2*wait, lastDelay) {
		s.mending = s.doubt.Len() > 0 && s.connect(s.life) != nil
		mended := !s.mending
		s.done()
		if mended || pause(s.life, wait) != nil {
			return
		}
	}
}

// pause waits for d, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close ends the connection in good order, when no Send is under way: it says
// that no more will come and waits until the peer, having read everything,
// closes too, for Timeout at most. What is in doubt is sent again before; should
// the peer then reset, that is tried once more. It returns how many confirmed
// frames the peer may not have read. When ctx ends, all of this does.
func (s *Sender) Close(ctx context.Context) (doubtful int) {
	s.end()
	s.turn <- struct{}{} // who had the turn may have begun something
	s.done()
	s.background.Wait()
	s.turn <- struct{}{}
	defer s.done()
	s.closeDatagrams()
	for range 2 { // the second is for a reset in answer to the first
		s.forget()
		if s.conn == nil && s.doubt.Len() == 0 {
			break
		}
		if s.ready(ctx) == nil {
			s.retire(ctx)
		}
	}
	return s.doubt.Len()
}
