package delivery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
)

// sendDatagrams sends each frame as a datagram, RFC 5426 section 3.1. When one
// is refused, the next attempt is at the next endpoint.
func (s *Sender) sendDatagrams(ctx context.Context, f Frames) (o Outcome, err error) {
	if d := s.datagrams; d != nil && s.at > 0 && time.Since(d.since) >= s.config.FailbackAfter {
		s.closeDatagrams()
		s.at = 0
	}
	endpoint := s.config.Endpoints[s.at]
	if s.datagrams == nil {
		if s.datagrams, err = s.openDatagrams(ctx, endpoint); err != nil {
			s.at = (s.at + 1) % len(s.config.Endpoints)
			return o, err
		}
	}
	n, err := s.datagrams.send(ctx, f, s.config.Timeout)
	if report := s.config.Events.Written; report != nil && n > 0 {
		sent, _ := f.Cut(n)
		report(endpoint, n, sent.Size())
	}
	if err != nil && !errors.Is(err, ErrTooLong) {
		s.closeDatagrams()
		s.at = (s.at + 1) % len(s.config.Endpoints)
	}
	return Outcome{Confirmed: n, Written: n}, err
}

func (s *Sender) openDatagrams(ctx context.Context, endpoint string) (*datagrams, error) {
	dialer := net.Dialer{Timeout: s.config.Timeout}
	c, err := dialer.DialContext(ctx, s.config.Network, endpoint)
	if report := s.config.Events.Dialed; report != nil {
		report(endpoint, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	return newDatagrams(c), nil
}

func (s *Sender) closeDatagrams() {
	if s.datagrams != nil {
		_ = s.datagrams.Close()
		s.datagrams = nil
	}
}

// datagrams is a socket that sends a datagram for each frame.
type datagrams struct {
	net.Conn
	since time.Time
	many  *ipv4.PacketConn // sends several at once; nil over unixgram
	batch []ipv4.Message
	short bool // the last system call did not send all
}

// atOnce is how many datagrams one system call sends, where there is one.
const atOnce = 64

func newDatagrams(c net.Conn) *datagrams {
	d := &datagrams{Conn: c, since: time.Now()}
	if udp, ok := c.(*net.UDPConn); ok {
		d.many = ipv4.NewPacketConn(udp) // of IPv6 too: it is the system call that counts
		d.batch = make([]ipv4.Message, atOnce)
		for i := range d.batch {
			d.batch[i].Buffers = make([][]byte, 1)
		}
	}
	return d
}

// send returns how many of the frames were sent, in their order.
func (d *datagrams) send(ctx context.Context, f Frames, timeout time.Duration) (sent int, err error) {
	if err := d.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}
	defer context.AfterFunc(ctx, func() { _ = d.SetWriteDeadline(past) })()
	for sent < f.Len() && err == nil {
		if ctx.Err() != nil {
			return sent, ctx.Err()
		}
		var n int
		n, err = d.sendSome(f, sent)
		sent += n
	}
	if errors.Is(err, syscall.EMSGSIZE) || errors.Is(err, wsaEMSGSIZE) {
		err = ErrTooLong
	}
	return sent, err
}

// sendSome sends some frames from the one at first. When a system call has not
// sent all that it should, it keeps why for itself, and the next frame goes
// alone to find out.
func (d *datagrams) sendSome(f Frames, first int) (int, error) {
	if d.many == nil || d.short {
		d.short = false
		if _, err := d.Write(f.Frame(first)); err != nil {
			return 0, err
		}
		return 1, nil
	}
	batch := d.batch[:min(len(d.batch), f.Len()-first)]
	for i := range batch {
		batch[i].Buffers[0] = f.Frame(first + i)
	}
	n, err := d.many.WriteBatch(batch, 0)
	n = max(n, 0)
	d.short = n < len(batch)
	return n, err
}

// wsaEMSGSIZE is EMSGSIZE as Windows spells it.
const wsaEMSGSIZE = syscall.Errno(10040)
