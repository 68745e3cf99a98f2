package pamreceiver

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

const (
	firstBuffer = 4 << 10  // of a new connection, and of a quiet one
	lastBuffer  = 64 << 10 // of one that fills it; more only if max_message_size is

	largeBuffer = 256 << 10 // of one that fills that too, while there are few such
	maxLarge    = 32

	acceptPause  = 50 * time.Millisecond // after an accept that failed, as for want of descriptors
	crowdedPause = 5 * time.Millisecond  // while evicted connections leave
	crowdedWait  = 2 * time.Second       // for one of them, then the new one is refused
	evictedWait  = time.Second           // for the pipeline to take what an evicted one had begun
	drainConns   = 4 << 10               // accepted at a shutdown
)

// keepalive ends connections whose peer is gone without a word, after two
// minutes, and keeps firewalls from forgetting those that are quiet.
var keepalive = net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 10 * time.Second, Count: 6}

// tcpListener accepts connections, with TLS or without.
type tcpListener struct {
	*listener
	socket       *net.TCPListener
	conns        connTable
	security     *security // nil: without
	framing      syslog.Framing
	frameTimeout time.Duration
	idleTimeout  time.Duration // 0: none

	crowds     notice
	handshakes notice
}

func listenTCP(ctx context.Context, s *shared, cfg *StreamConfig, sec *security) (*tcpListener, error) {
	transport := "tcp"
	if sec != nil {
		transport = "tls"
	}
	l, err := newListener(s, &cfg.Listener, transport)
	if err != nil {
		return nil, err
	}
	socket, err := (&net.ListenConfig{KeepAliveConfig: keepalive}).Listen(ctx, "tcp", cfg.Listener.Endpoint)
	if err != nil {
		return nil, err
	}
	l.settings.Logger.Info("Listening", zap.String("transport", transport), zap.Stringer("endpoint", socket.Addr()))
	framing, _ := syslog.ParseFraming(cfg.Framing) // Validate has seen it
	return &tcpListener{
		listener: l, socket: socket.(*net.TCPListener), conns: connTable{max: cfg.MaxConnections}, security: sec,
		framing: framing, frameTimeout: cfg.FrameTimeout, idleTimeout: cfg.IdleTimeout,
	}, nil
}

// serve accepts connections until reading ends, then those that wait.
func (l *tcpListener) serve() {
	defer l.socket.Close()
	interrupted := interrupt(l.reading, func() { _ = l.socket.SetDeadline(past) })
	for l.reading.Err() == nil {
		if err := l.accept(); err != nil && l.reading.Err() == nil {
			l.failed(err)
			l.pause(acceptPause)
		}
	}
	interrupted()
	l.acceptRest()
}

// acceptRest accepts the connections that the kernel already has, at most
// drainConns: who sent over one believes that it was taken.
func (l *tcpListener) acceptRest() {
	end := time.Now().Add(drainWait)
	for n, tries := 0, 0; n < drainConns && tries < drainTries && time.Now().Before(end); {
		_ = l.socket.SetDeadline(time.Now().Add(drainPause))
		switch err := l.accept(); {
		case err == nil:
			n, tries = n+1, 0
		case errors.Is(err, os.ErrDeadlineExceeded):
			tries++
		default:
			return
		}
	}
}

// accept waits for a connection and serves it, if there is room.
func (l *tcpListener) accept() error {
	socket, err := l.socket.AcceptTCP()
	if err != nil {
		return err
	}
	c := newTCPConn(l, socket)
	if err := l.admit(c); err != nil {
		c.close(err)
		return nil
	}
	l.telemetry.PamReceiverConnections.Add(context.Background(), 1, l.plain...)
	l.running.Go(c.serve)
	return nil
}

// admit gives c a slot. In a flood it waits until those that were evicted have
// left, but not for ever.
func (l *tcpListener) admit(c *tcpConn) error {
	err := l.conns.add(c)
	for wait := crowdedWait; errors.Is(err, errCrowded) && wait > 0; wait -= crowdedPause {
		l.pause(crowdedPause)
		err = l.conns.add(c)
	}
	return err
}

// Why a connection ended, besides the errors of its reads, and those of conntable.go.
var (
	errHandshake        = errors.New("the TLS handshake failed")
	errHandshakeTimeout = errors.New("the TLS handshake was not finished in time")
	errIdle             = errors.New("it was idle")
)

// reasons are the words by which ends are counted, but for "error". Where an
// end is abrupt the peer is told so by a reset: after a proper end it would
// still write its next message, and believe that it was read.
var reasons = [...]struct {
	err    error
	word   string
	abrupt bool
}{
	{context.Canceled, "shutdown", false},
	{errEvicted, "evicted", true},
	{errHandshake, "handshake", false},
	{errHandshakeTimeout, "handshake_timeout", true},
	{errIdle, "idle", true},
	{errRefused, "refused", true},
	{io.EOF, "peer", false},
}

// stream is a socket, or TLS over one.
type stream interface {
	net.Conn
	CloseWrite() error
}

// tcpConn is one connection.
type tcpConn struct {
	*feed
	l      *tcpListener
	socket *net.TCPConn
	conn   stream
	slot   slot
	framer syslog.Framer
	open   context.Context // ends when it is to be read no more
	cancel context.CancelCauseFunc

	buf     []byte
	n       int       // bytes in buf: the beginning of a frame
	heard   time.Time // when something came last
	timed   bool      // conn has a read deadline
	large   bool      // it counts among those with a large buffer
	settled bool      // a frame proves nothing any more: another did, or it comes too late
}

func newTCPConn(l *tcpListener, socket *net.TCPConn) *tcpConn {
	ctx := client.NewContext(l.offering, client.Info{Addr: socket.RemoteAddr()})
	c := &tcpConn{
		feed:   newFeed(ctx, l.listener, l.workers),
		l:      l,
		socket: socket,
		conn:   socket,
		framer: syslog.Framer{Framing: l.framing, MaxMessageSize: l.size},
		heard:  time.Now(),
	}
	c.origin.Peer = peer(socket.RemoteAddr().(*net.TCPAddr).AddrPort().Addr())
	c.open, c.cancel = context.WithCancelCause(l.reading)
	return c
}

// serve reads until the peer, a limit or a shutdown ends it, and hands on all
// that was read.
func (c *tcpConn) serve() {
	c.buf = make([]byte, firstBuffer)
	err := c.handshake()
	if err == nil {
		err = c.readAll()
	}
	c.finish()
	c.shrink()
	c.close(err)
	c.l.conns.remove(c)
	c.telemetry.PamReceiverConnections.Add(context.Background(), -1, c.plain...)
}

// errUnfinished is why a message was given up that had no end.
var errUnfinished = errors.New("the pipeline refused the unfinished message of a connection that made room for a new one")

// finish hands on what there is of a frame. A connection that was evicted before
// it had completed one has only so long for it: what many such have begun, and
// the pipeline refuses, would keep others from being served, whose messages it
// takes.
func (c *tcpConn) finish() {
	if c.l.conns.isLeaving(c) {
		ctx, cancel := context.WithTimeoutCause(c.ctx, evictedWait, errUnfinished)
		defer cancel()
		c.ctx, c.settled = ctx, true
	}
	c.flush()
}

// close ends the connection and counts why.
func (c *tcpConn) close(err error) {
	word, abrupt := "error", false
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			word, abrupt = r.word, r.abrupt
			break
		}
	}
	if abrupt {
		_ = c.socket.SetLinger(0)
	}
	c.conn.Close()
	c.cancel(nil)
	c.telemetry.PamReceiverConnectionsClosed.Add(context.Background(), 1, c.options(attribute.String("reason", word))...)
	if errors.Is(err, errEvicted) || errors.Is(err, errRefused) {
		c.l.crowds.log(c.settings.Logger, "There are as many connections as there may be: one without a message makes room, or the new one is refused",
			zap.Int("max_connections", c.l.conns.max))
	}
	c.settings.Logger.Debug("A connection ended", zap.String("peer", c.origin.Peer), zap.String("reason", word), zap.Error(err))
}

// readAll reads until the connection is to be read no more, and then what the
// kernel has of it.
func (c *tcpConn) readAll() error {
	interrupted := interrupt(c.open, func() { c.conn.SetReadDeadline(past) })
	err := c.readOpen()
	if interrupted() {
		err = context.Cause(c.open)
	} else if !errors.Is(err, errIdle) {
		return err
	}
	_ = c.conn.CloseWrite() // so that the peer may stop in time
	c.socket.CloseWrite()
	c.drain(c.conn.SetReadDeadline, c.read)
	return err
}

// readOpen reads until the connection has ended or is to be read no more.
func (c *tcpConn) readOpen() error {
	for {
		c.setDeadline()
		if c.open.Err() != nil {
			return nil
		}
		_, err := c.read()
		if errors.Is(err, os.ErrDeadlineExceeded) && c.open.Err() == nil {
			err = c.pass()
		}
		if err != nil {
			return err
		}
	}
}

// setDeadline lets the next read wait as long as a frame that has begun may, or
// the connection.
func (c *tcpConn) setDeadline() {
	var deadline time.Time
	switch {
	case c.n > 0 || len(c.buf) > firstBuffer:
		deadline = time.Now().Add(c.l.frameTimeout)
	case c.l.idleTimeout > 0:
		deadline = c.heard.Add(c.l.idleTimeout)
	}
	if c.timed || !deadline.IsZero() {
		c.conn.SetReadDeadline(deadline)
		c.timed = !deadline.IsZero()
	}
}

// pass is called when nothing came for as long as setDeadline said. A frame that
// has begun is handed on, and memory is given back.
func (c *tcpConn) pass() error {
	if c.l.idleTimeout > 0 && time.Since(c.heard) >= c.l.idleTimeout {
		return errIdle
	}
	if c.framer.Framing != syslog.Auto { // else nothing but digits has come, which may be a count
		c.flush()
	}
	if c.n < firstBuffer && len(c.buf) > firstBuffer {
		c.shrink()
	}
	return nil
}

// shrink gives back the memory of buffers.
func (c *tcpConn) shrink() {
	c.buf = append(make([]byte, 0, firstBuffer), c.buf[:c.n]...)[:firstBuffer]
	c.frames = nil
	if c.large {
		c.large = false
		c.largeBuffers.Add(-1)
	}
}

// read reads once and hands on the frames that are complete then.
func (c *tcpConn) read() (int, error) {
	n, err := c.conn.Read(c.buf[c.n:])
	c.received = time.Now()
	c.n += n
	full := c.n == len(c.buf)
	c.cut((*syslog.Framer).Next)
	if n > 0 {
		c.heard = time.Now() // handing on may have taken long
	}
	if full {
		c.grow()
	}
	return n, err
}

// grow doubles the buffer, up to what it may have.
func (c *tcpConn) grow() {
	limit := max(lastBuffer, c.size+syslog.FrameOverhead)
	if len(c.buf) >= limit && c.mayBeLarge() {
		limit = max(limit, largeBuffer)
	}
	if len(c.buf) < limit {
		buf := make([]byte, min(2*len(c.buf), limit))
		copy(buf, c.buf[:c.n])
		c.buf = buf
	}
}

// mayBeLarge reports whether c may have a large buffer.
func (c *tcpConn) mayBeLarge() bool {
	if !c.large && c.largeBuffers.Add(1) <= maxLarge {
		c.large = true
	} else if !c.large {
		c.largeBuffers.Add(-1)
	}
	return c.large
}

// flush hands on what there is of a frame.
func (c *tcpConn) flush() { c.cut((*syslog.Framer).Flush) }

// cut hands on the frames that next finds in buf. What it leaves stays in buf.
func (c *tcpConn) cut(next func(*syslog.Framer, []byte) (i, j, n int, flags syslog.Flags, ok bool)) {
	begin, end := 0, 0 // of what was cut and not handed on
	for more := true; more; {
		i, j, n, flags, ok := next(&c.framer, c.buf[end:c.n])
		if ok && i < j {
			at := end - begin
			c.frames = append(c.frames, frame{from: at + i, to: at + j, peer: c.origin.Peer, flags: flags})
		}
		end, more = end+n, ok
		if !more || len(c.frames) == maxRecords {
			c.prove()
			c.handOn(c.buf[begin:end])
			begin = end
		}
	}
	if end > 0 { // a frame that comes byte by byte is not moved for each
		c.n = copy(c.buf, c.buf[end:c.n])
	}
}

// prove notes the first frame.
func (c *tcpConn) prove() {
	if !c.settled && len(c.frames) > 0 {
		c.settled = true
		c.l.conns.prove(c)
	}
}
