package pamreceiver

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.uber.org/zap"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

const (
	firstBuffer = 4 << 10   // of a new connection
	lastBuffer  = 256 << 10 // of one that fills it; more only if max_message_size is

	acceptPause = 50 * time.Millisecond // after an accept that failed, as for want of descriptors
)

// tcpListener accepts connections.
type tcpListener struct {
	*listener
	socket       *net.TCPListener
	framing      syslog.Framing
	frameTimeout time.Duration
}

func listenTCP(ctx context.Context, s *shared, cfg *TCPConfig) (*tcpListener, error) {
	l, err := newListener(s, &cfg.Listener, "tcp")
	if err != nil {
		return nil, err
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listener.Endpoint)
	if err != nil {
		return nil, err
	}
	l.settings.Logger.Info("Listening", zap.String("transport", "tcp"), zap.Stringer("endpoint", socket.Addr()))
	framing, _ := syslog.ParseFraming(cfg.Framing) // Validate has seen it
	return &tcpListener{l, socket.(*net.TCPListener), framing, cfg.FrameTimeout}, nil
}

// serve accepts connections until reading ends, then those that wait: who sent
// over one believes that it was taken.
func (l *tcpListener) serve() {
	defer l.socket.Close()
	interrupted := l.interrupt(l.socket.SetDeadline)
	for l.reading.Err() == nil {
		if _, err := l.accept(); err != nil && l.reading.Err() == nil {
			l.failed(err)
			l.pause(acceptPause)
		}
	}
	interrupted()
	l.drain(drainConns, l.socket.SetDeadline, l.accept)
}

// accept waits for a connection and serves it.
func (l *tcpListener) accept() (int, error) {
	conn, err := l.socket.AcceptTCP()
	if err != nil {
		return 0, err
	}
	l.running.Go(newTCPConn(l, conn).serve)
	return 1, nil
}

// tcpConn is one connection.
type tcpConn struct {
	*feed
	conn    *net.TCPConn
	peer    string
	framer  syslog.Framer
	timeout time.Duration
	buf     []byte
	n       int  // bytes in buf: the beginning of a frame
	timed   bool // conn has a read deadline
}

func newTCPConn(l *tcpListener, conn *net.TCPConn) *tcpConn {
	ctx := client.NewContext(l.offering, client.Info{Addr: conn.RemoteAddr()})
	return &tcpConn{
		feed:    newFeed(ctx, l.listener),
		conn:    conn,
		peer:    peer(conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()),
		framer:  syslog.Framer{Framing: l.framing, MaxMessageSize: l.size},
		timeout: l.frameTimeout,
		buf:     make([]byte, firstBuffer),
	}
}

// serve reads until the peer or a shutdown ends it, and hands on all that was
// read.
func (c *tcpConn) serve() {
	defer c.conn.Close()
	interrupted := c.interrupt(c.conn.SetReadDeadline)
	c.readAll()
	if interrupted() {
		c.conn.CloseWrite() // so that the peer may stop in time
		c.drain(drainSize, c.conn.SetReadDeadline, c.read)
	}
	c.flush()
}

// readAll reads until the stream or reading ends. A frame that has begun and
// has waited too long is handed on.
func (c *tcpConn) readAll() {
	for {
		c.setDeadline()
		if c.reading.Err() != nil {
			return
		}
		_, err := c.read()
		switch {
		case err == nil:
		case !errors.Is(err, os.ErrDeadlineExceeded):
			c.logEnd(err)
			return
		case c.reading.Err() == nil && c.framer.Framing != syslog.Auto:
			c.flush() // under Auto, nothing but digits has come, which may be a count
		}
	}
}

// setDeadline lets the next read wait as long as the frame that has begun may.
func (c *tcpConn) setDeadline() {
	if begun := c.n > 0; begun {
		c.conn.SetReadDeadline(time.Now().Add(c.timeout))
		c.timed = true
	} else if c.timed {
		c.conn.SetReadDeadline(time.Time{})
		c.timed = false
	}
}

// logEnd logs how a connection ended, which is a peer's matter.
func (c *tcpConn) logEnd(err error) {
	if !errors.Is(err, io.EOF) {
		c.settings.Logger.Debug("A connection ended", zap.String("peer", c.peer), zap.Error(err))
	}
}

// read reads once and hands on the frames that are complete then.
func (c *tcpConn) read() (int, error) {
	n, err := c.conn.Read(c.buf[c.n:])
	c.received = time.Now()
	c.n += n
	full := c.n == len(c.buf)
	c.cut((*syslog.Framer).Next)
	if limit := max(lastBuffer, c.size+syslog.FrameOverhead); full && len(c.buf) < limit {
		buf := make([]byte, min(2*len(c.buf), limit))
		copy(buf, c.buf[:c.n])
		c.buf = buf
	}
	return n, err
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
			c.frames = append(c.frames, frame{from: at + i, to: at + j, peer: c.peer, flags: flags})
		}
		end, more = end+n, ok
		if !more || len(c.frames) == maxRecords {
			c.handOn(c.buf[begin:end])
			begin = end
		}
	}
	c.n = copy(c.buf, c.buf[end:c.n])
}
