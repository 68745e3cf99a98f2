package delivery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// socket is a connection over TCP or a unix stream. It waits for its peer
// however long that takes, as long as the peer is alive: it is progress that
// counts, not time. What ends the wait is the peer's end, a peer that
// acknowledges nothing for timeout, one that takes nothing for leave, or
// interrupt.
type socket struct {
	net.Conn
	endpoint string
	timeout  time.Duration
	leave    time.Duration // 0: there is no other endpoint to go to
	slow     func(endpoint string)

	life      context.Context // ends with the use of the connection
	interrupt context.CancelCauseFunc
	moved     atomic.Int64 // when something was last taken, in Unix nanoseconds
	stalled   atomic.Bool  // slow was called since then
	broken    atomic.Bool  // a write failed with what is not the answer to a FIN
	window    atomic.Int64 // the largest receive window seen; 0: unknown
}

func newSocket(c net.Conn, endpoint string, config *Config) *socket {
	s := &socket{Conn: c, endpoint: endpoint, timeout: config.Timeout, slow: config.Events.Stalled}
	if len(config.Endpoints) > 1 {
		s.leave = config.FailoverAfter
	}
	s.life, s.interrupt = context.WithCancelCause(context.Background())
	context.AfterFunc(s.life, func() { _ = c.SetWriteDeadline(past) })
	s.progress()
	return s
}

// past is a deadline that ends a write at once.
var past = time.Unix(1, 0)

var (
	errClosedByPeer = errors.New("connection closed by the peer")
	errDead         = errors.New("the peer acknowledges nothing")
	errSlow         = errors.New("the peer takes nothing")
)

// Write writes all of b unless the wait ends before.
func (s *socket) Write(b []byte) (n int, err error) {
	for {
		s.look()
		_ = s.SetWriteDeadline(time.Now().Add(tick(s.timeout)))
		if s.life.Err() != nil { // its past deadline may just have been overwritten
			return n, context.Cause(s.life)
		}
		m, err := s.Conn.Write(b[n:])
		n += m
		if m > 0 {
			s.progress()
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			if err != nil && !errors.Is(err, syscall.EPIPE) {
				s.broken.Store(true) // the one who reads may see no more than an end
			}
			return n, err
		}
		if err := s.judge(); err != nil {
			return n, err
		}
	}
}

// tick is how often a wait is looked at.
func tick(timeout time.Duration) time.Duration {
	return min(max(timeout/4, time.Millisecond), time.Second)
}

// look notes the peer's receive window, which is largest before it is filled.
func (s *socket) look() {
	if n, known := window(s.Conn); known && int64(n) > s.window.Load() {
		s.window.Store(int64(n))
	}
}

func (s *socket) progress() {
	s.moved.Store(time.Now().UnixNano())
	s.stalled.Store(false)
}

// judge ends the use of the connection when waiting is in vain, and returns why.
func (s *socket) judge() error {
	idle := time.Since(time.Unix(0, s.moved.Load()))
	switch {
	case s.leave > 0 && idle >= s.leave:
		s.interrupt(fmt.Errorf("%w for %s, and there is another endpoint", errSlow, s.leave))
	case idle < s.timeout:
	case silent(s.Conn, s.timeout):
		s.interrupt(fmt.Errorf("%w for %s", errDead, s.timeout))
	case !s.stalled.Swap(true) && s.slow != nil:
		s.slow(s.endpoint)
	}
	return context.Cause(s.life)
}

const (
	firstWait = 20 * time.Microsecond // then twice as long each time, up to
	lastWait  = 10 * time.Millisecond
)

// drain waits until the peer's kernel has acknowledged everything.
func (s *socket) drain() error {
	least := -1
	var timer *time.Timer
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		n, err := unacknowledged(s.Conn)
		if err != nil || n == 0 {
			return err
		}
		if least < 0 || n < least {
			least = n
			s.progress()
			s.look()
		}
		if err := s.judge(); err != nil {
			return err
		}
		if timer == nil {
			timer = time.NewTimer(wait)
			defer timer.Stop()
		} else {
			timer.Reset(wait)
		}
		select {
		case <-s.life.Done():
		case <-timer.C:
		}
	}
}
