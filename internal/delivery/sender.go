package delivery

import (
	"context"
	"errors"
	"net"
)

// ErrTooLong is the failure of a frame that is longer than a datagram may be.
// It is no use to send it again.
var ErrTooLong = errors.New("frame longer than a datagram can be")

// errClosedByPeer is why a connection ended that the peer closed.
var errClosedByPeer = errors.New("connection closed by the peer")

// Outcome is what became of frames that were to be sent.
type Outcome struct {
	Confirmed int // of the first: need not be sent again
	Written   int // of the first: were written whole, and may have arrived
}

// Sender sends frames to one destination. It is for one goroutine at a time.
type Sender struct {
	config Config
	conn   *conn // nil before the first Send and after a failure
}

// NewSender returns a Sender, which dials when it has something to send.
func NewSender(c Config) *Sender { return &Sender{config: c} }

// Send writes the frames in their order. With an error it returns how many of
// them need not be sent again:
//
// Over UDP, those before the datagram that was refused; a refusal is mostly
// the kernel's news that an earlier one found nobody.
//
// Over TCP, when the connection broke, none: what the kernel took of this
// batch may be lost with the connection. When the peer took nothing more for
// Timeout, or ctx ended, those that the peer's kernel acknowledged; none where
// the system does not say. The connection is closed, so that a frame that was
// cut in the middle begins anew on the next.
func (s *Sender) Send(ctx context.Context, f Frames) (o Outcome, err error) {
	sent, err := s.send(ctx, f)
	return Outcome{Confirmed: sent, Written: sent}, err
}

func (s *Sender) send(ctx context.Context, f Frames) (sent int, err error) {
	if f.Len() == 0 {
		return 0, nil
	}
	if err := s.connect(ctx); err != nil {
		return 0, err
	}
	if s.config.Network == "udp" {
		sent, err = s.conn.sendEach(ctx, f, s.config.Timeout)
	} else {
		sent, err = s.conn.sendAll(ctx, f, s.config.Timeout)
	}
	if err != nil {
		s.hangUp()
	}
	return sent, err
}

// Close ends the connection in good order: it says that no more will come and
// waits until the peer, having read everything, closes too. It waits no longer
// than Timeout, and not when ctx has ended.
// It returns the number of frames that were confirmed, might not have been read
// when their connection was reset, and could not be sent again.
func (s *Sender) Close(ctx context.Context) (doubtful int) {
	if s.conn == nil {
		return 0
	}
	s.conn.finish(ctx, s.config.Timeout)
	s.hangUp()
	return 0
}

// connect makes sure that there is a connection and that the peer has not
// closed it.
func (s *Sender) connect(ctx context.Context) error {
	if s.conn != nil && !s.conn.ended() && (s.config.Network == "udp" || !closedByPeer(s.conn.Conn)) {
		return nil
	}
	s.hangUp()
	dialer := net.Dialer{Timeout: s.config.Timeout, KeepAliveConfig: s.config.KeepAlive}
	c, err := dialer.DialContext(ctx, s.config.Network, s.config.Endpoints[0])
	if s.config.Events.Dialed != nil {
		s.config.Events.Dialed(s.config.Endpoints[0], err)
	}
	if err != nil {
		return err
	}
	s.conn = newConn(c)
	return nil
}

func (s *Sender) hangUp() {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
}
