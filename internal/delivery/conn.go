package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// conn is a connection that frames are sent over as a stream. It knows how its
// peer ended it, and what the peer may not have read of it.
type conn struct {
	*socket
	stream net.Conn // the socket, or TLS over it
	index  int      // of the endpoint
	since  time.Time
	config *Config

	gone chan struct{} // closed when reading has ended
	end  error         // io.EOF when the peer had read everything; of use when gone is closed

	finishing atomic.Bool // we have said that no more will come

	tail   tail // confirmed frames that the peer's process may not have read
	proven bool // something was confirmed

	ticket    chan struct{} // closed when a session ticket came; nil without TLS 1.3
	probation time.Time     // when to do without a ticket
}

// watch passes over what the peer says until it ends the connection.
func (c *conn) watch() {
	_, err := io.Copy(io.Discard, c.stream)
	if err == nil {
		err = c.afterEnd()
	}
	c.end = err
	c.interrupt(errClosedByPeer)
	close(c.gone)
}

// How long a peer may take to close behind its close_notify, or to reset behind
// its FIN.
const lateEnd = 50 * time.Millisecond

// errUnread is the end of a connection whose peer may not have read everything,
// though it sent a FIN.
var errUnread = errors.New("connection closed by the peer while messages were on their way")

// afterEnd returns io.EOF when the peer has read everything before it ended the
// connection. A FIN or close_notify alone does not say so: syslog daemons that
// are told to stop send one and drop what they hold. It does when nothing was
// sent for a while before, and no reset came after.
func (c *conn) afterEnd() error {
	c.interrupt(errClosedByPeer)
	if c.finishing.Load() {
		return io.EOF // in answer to ours
	}
	if time.Since(time.Unix(0, c.moved.Load())) < quiet {
		return errUnread
	}
	for end := time.Now().Add(lateEnd); time.Now().Before(end); time.Sleep(lateEnd / 10) {
		if wasReset(c.Conn) {
			return errUnread
		}
	}
	return io.EOF
}

// quiet is for how long nothing was sent when a FIN says that all was read.
const quiet = time.Second

// deliver writes frames and waits until they are confirmed. With an error the
// connection is closed, and c.tail has what must be replayed.
func (c *conn) deliver(ctx context.Context, f Frames) (Outcome, error) {
	defer context.AfterFunc(ctx, func() { c.interrupt(context.Cause(ctx)) })()
	c.progress()
	n, err := c.stream.Write(f.All())
	written := f.Whole(n)
	if report := c.config.Events.Written; report != nil && written > 0 {
		first, _ := f.Cut(written)
		report(c.endpoint, written, first.Size())
	}
	if err == nil {
		err = c.confirm()
	}
	if err == nil {
		c.remember(f)
		return Outcome{Confirmed: f.Len(), Written: f.Len()}, nil
	}
	c.abandon()
	return Outcome{Written: written}, fmt.Errorf("%s: %w", c.endpoint, c.reason(err))
}

// confirm waits until what was written counts as delivered.
func (c *conn) confirm() error {
	if c.config.Confirm == ConfirmKernel {
		if err := c.drain(); err != nil {
			return err
		}
	}
	if err := c.pass(); err != nil {
		return err
	}
	return c.settle()
}

// pass waits for the end of the probation. Under TLS 1.3 a client's handshake
// ends before the server has looked at its certificate; what the server says
// then is a session ticket, or an alert.
func (c *conn) pass() error {
	if c.ticket == nil {
		return nil
	}
	timer := time.NewTimer(time.Until(c.probation))
	defer timer.Stop()
	select {
	case <-c.ticket:
	case <-timer.C:
	case <-c.life.Done():
		return context.Cause(c.life)
	}
	c.ticket = nil
	return nil
}

// maxSettle bounds the wait for a peer that talks without end.
const maxSettle = 100

// settle looks for an end of the connection that is not noticed yet.
func (c *conn) settle() error {
	for range maxSettle {
		pending, ended := received(c.Conn)
		switch {
		case ended:
			<-c.life.Done() // as soon as it is read
		case pending:
			time.Sleep(firstWait) // an alert may be in it
			continue
		}
		break
	}
	return context.Cause(c.life)
}

// over reports whether the connection is of no more use.
func (c *conn) over() bool { return c.settle() != nil }

const (
	minReplay     = 1 << 20
	unknownReplay = 8 << 20
	maxReplay     = 64 << 20
)

// remember keeps confirmed frames, as many as the peer's kernel may hold for its
// process.
func (c *conn) remember(f Frames) {
	c.proven = true
	limit := c.config.Replay
	if limit == ReplayAuto {
		c.look()
		limit = unknownReplay
		if n := int(c.window.Load()); n > 0 || c.config.Network == "unix" { // whose one kernel holds little
			limit = min(max(2*n, minReplay), maxReplay)
		}
	}
	c.tail.add(f, limit)
}

// abandon closes the connection and leaves in c.tail what the peer may not have
// read.
func (c *conn) abandon() {
	if c.endedInOrder() {
		c.tail.clear()
	}
	c.close()
}

// endedInOrder reports whether it was the peer that ended the connection, when
// it had read everything.
func (c *conn) endedInOrder() bool {
	if cause := context.Cause(c.life); cause != nil && !errors.Is(cause, errClosedByPeer) {
		return false
	}
	timer := time.NewTimer(c.timeout)
	defer timer.Stop()
	select {
	case <-c.gone:
	case <-timer.C:
		return false
	}
	if n, err := unacknowledged(c.Conn); err == nil && n > 0 && !c.finishing.Load() { // our own FIN counts
		return false
	}
	return errors.Is(c.end, io.EOF) && !c.broken.Load()
}

// reason prefers what the peer said to what it led to.
func (c *conn) reason(err error) error {
	if errors.Is(context.Cause(c.life), errClosedByPeer) && !errors.Is(c.end, io.EOF) {
		return c.end
	}
	return err
}

// finish closes the direction to the peer and waits until the peer, having read
// everything, does the same. Then the connection is closed, and c.tail has what
// may be unread.
func (c *conn) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.interrupt(context.Cause(ctx)) })
	c.finishing.Store(true)
	if c.life.Err() == nil && closeWrite(c.stream) == nil {
		_ = closeWrite(c.Conn)
		select {
		case <-c.gone:
		case <-ctx.Done():
			c.interrupt(context.Cause(ctx))
		}
	}
	stop()
	c.abandon()
}

func (c *conn) close() {
	c.interrupt(net.ErrClosed)
	_ = c.Conn.Close()
	<-c.gone
}

// closeWrite says that no more will be written.
func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// tickets notices the first session ticket. It keeps none.
type tickets struct{ came func() }

func (t tickets) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

func (t tickets) Put(string, *tls.ClientSessionState) { t.came() }
