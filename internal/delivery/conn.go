package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// conn is a connection that knows when its peer is gone.
type conn struct {
	net.Conn
	gone chan struct{} // closed when reading has ended; never over UDP
}

// past is a deadline that ends a write at once.
var past = time.Unix(1, 0)

func newConn(c net.Conn) *conn {
	k := &conn{Conn: c, gone: make(chan struct{})}
	if _, ok := c.(*net.TCPConn); ok {
		go k.watch()
	}
	return k
}

// watch passes over what the peer says until FIN or RST, and then ends a write
// that still waits for the peer.
func (c *conn) watch() {
	_, _ = io.Copy(io.Discard, c.Conn)
	close(c.gone)
	_ = c.SetWriteDeadline(past)
}

// ended reports whether the peer was seen to close.
func (c *conn) ended() bool {
	select {
	case <-c.gone:
		return true
	default:
		return false
	}
}

// sendAll writes all frames with one write.
func (c *conn) sendAll(ctx context.Context, f Frames, timeout time.Duration) (int, error) {
	n, err := c.write(ctx, f.All(), timeout)
	switch {
	case c.ended():
		return 0, errClosedByPeer
	case err == nil:
		return f.Len(), nil
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return 0, err
	case ctx.Err() != nil:
		err = ctx.Err()
	default:
		err = fmt.Errorf("%s: the peer took nothing for %s", c.RemoteAddr(), timeout)
	}
	waiting, known := unacknowledged(c.Conn)
	if !known {
		return 0, err
	}
	return f.Whole(max(n-waiting, 0)), err
}

// write writes b, however long it takes, as long as some of it is taken in
// each period of timeout.
func (c *conn) write(ctx context.Context, b []byte, timeout time.Duration) (n int, err error) {
	defer context.AfterFunc(ctx, func() { _ = c.SetWriteDeadline(past) })()
	for {
		if err := c.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
			return n, err
		}
		if c.ended() || ctx.Err() != nil { // their past deadline may just have been overwritten
			return n, os.ErrDeadlineExceeded
		}
		m, err := c.Write(b[n:])
		n += m
		if m == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
	}
}

// sendEach writes each frame as a datagram.
func (c *conn) sendEach(ctx context.Context, f Frames, timeout time.Duration) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}
	for i := range f.Len() {
		if ctx.Err() != nil {
			return i, ctx.Err()
		}
		if _, err := c.Write(f.Frame(i)); err != nil {
			if errors.Is(err, syscall.EMSGSIZE) || errors.Is(err, wsaEMSGSIZE) {
				err = ErrTooLong
			}
			return i, err
		}
	}
	return f.Len(), nil
}

// wsaEMSGSIZE is EMSGSIZE as Windows spells it.
const wsaEMSGSIZE = syscall.Errno(10040)

// finish closes the direction to the peer and waits for the peer to do the same.
func (c *conn) finish(ctx context.Context, timeout time.Duration) {
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok || tcp.CloseWrite() != nil {
		return
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-c.gone:
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (c *conn) close() {
	_ = c.Conn.Close()
	if _, ok := c.Conn.(*net.TCPConn); ok {
		<-c.gone
	}
}
