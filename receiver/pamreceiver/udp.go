package pamreceiver

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

const (
	wantReceiveBuffer = 4 << 20    // of the socket: what may arrive while the pipeline refuses
	maxDatagram       = 64<<10 - 1 // RFC 768: a length of 16 bits
	maxDatagrams      = 64         // in a batch
	gathered          = 256 << 10  // bytes of datagrams that make a batch
	linger            = time.Millisecond
	readPause         = 5 * time.Millisecond // after a read that failed
	maxPeers          = 1024                 // whose addresses are kept as text
)

// udpListener is a UDP socket. A datagram is a message (RFC 5426, section 3.1).
// It has a worker of its own: while it would wait for one, datagrams are lost,
// where a connection's sender only waits.
type udpListener struct {
	*feed
	conn  *net.UDPConn
	buf   []byte
	space int // for one datagram, longer by one than any that is not cut
	peers map[netip.Addr]string
}

func listenUDP(ctx context.Context, s *shared, cfg *UDPConfig) (*udpListener, error) {
	l, err := newListener(s, &cfg.Listener, "udp")
	if err != nil {
		return nil, err
	}
	socket, err := new(net.ListenConfig).ListenPacket(ctx, "udp", cfg.Listener.Endpoint)
	if err != nil {
		return nil, err
	}
	conn := socket.(*net.UDPConn)
	logUDP(l.settings.Logger, conn)
	l.size = min(l.size, maxDatagram)
	space := l.size + len("\r\n") + 1
	return &udpListener{
		feed:  newFeed(s.offering, l, newWorkers(1, s.settings.BuildInfo.Version)),
		conn:  conn,
		buf:   make([]byte, gathered+space),
		space: space,
		peers: map[netip.Addr]string{},
	}, nil
}

// logUDP asks for a large receive buffer and says what came of it.
func logUDP(logger *zap.Logger, conn *net.UDPConn) {
	err := conn.SetReadBuffer(wantReceiveBuffer)
	size := receiveBuffer(conn)
	logger.Info("Listening", zap.String("transport", "udp"), zap.Stringer("endpoint", conn.LocalAddr()),
		zap.Int("receive_buffer", size))
	if err != nil || size < wantReceiveBuffer {
		logger.Warn("The UDP receive buffer is smaller than wanted, bursts may be lost; on Linux raise net.core.rmem_max",
			zap.Int("wanted", wantReceiveBuffer), zap.Int("receive_buffer", size), zap.Error(err))
	}
}

// serve reads until reading ends, then what the kernel has.
func (l *udpListener) serve() {
	defer l.conn.Close()
	interrupted := interrupt(l.reading, func() { l.conn.SetReadDeadline(past) })
	l.readAll()
	if interrupted() {
		l.drain(l.conn.SetReadDeadline, l.gather)
	}
}

// readAll reads until reading ends. A read that fails does not end it.
func (l *udpListener) readAll() {
	for {
		l.conn.SetReadDeadline(time.Time{})
		if l.reading.Err() != nil {
			return
		}
		if _, err := l.gather(); err != nil && l.reading.Err() == nil {
			l.failed(err)
			l.pause(readPause)
		}
	}
}

// gather waits for a datagram, reads those that come with it, and hands them
// on as one batch.
func (l *udpListener) gather() (int, error) {
	n, err := l.read(0)
	if err != nil {
		return 0, err
	}
	l.received = time.Now()
	l.conn.SetReadDeadline(l.received.Add(linger))
	for err == nil && len(l.frames) < maxDatagrams && n <= gathered {
		n, err = l.read(n)
	}
	l.handOn(l.buf[:n])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}

// read reads one datagram to buf[at:] and gives the place for the next.
func (l *udpListener) read(at int) (int, error) {
	n, from, err := l.conn.ReadFromUDPAddrPort(l.buf[at : at+l.space])
	if err != nil {
		return at, err
	}
	var flags syslog.Flags
	to := at + len(bytes.TrimRight(l.buf[at:at+n], "\r\n\x00"))
	if n == l.space || to > at+l.size {
		to, flags = at+l.size, syslog.Cut
	}
	if at < to {
		l.frames = append(l.frames, frame{from: at, to: to, peer: l.peer(from.Addr()), flags: flags})
	}
	return to, nil
}

// peer gives an address as text, mostly without making it anew.
func (l *udpListener) peer(addr netip.Addr) string {
	text, ok := l.peers[addr]
	if !ok {
		if len(l.peers) >= maxPeers {
			clear(l.peers)
		}
		text = peer(addr)
		l.peers[addr] = text
	}
	return text
}
