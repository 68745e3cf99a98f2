package e2e

import (
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// resetter stands in front of a SIEM and resets connections as the kernel of a
// SIEM does whose process ends with bytes unread: what it has read it has
// passed on, all of it and in order, and what it has not read is lost with the
// RST. It reads nothing ahead, so no byte is in its hands alone.
//
// A firewall or a real process could be made to do the same only at a moment
// that nobody can choose.
type resetter struct {
	address string
	to      string
	listen  *net.TCPListener

	mu    sync.Mutex
	pace  time.Duration // between reads of pieceSize bytes; 0: no wait
	conns map[*passed]bool
}

// passed is a connection through a resetter.
type passed struct {
	in, out *net.TCPConn
	held    sync.Mutex // while a piece is read and passed on
}

const pieceSize = 4 << 10

func newResetter(t *testing.T, to string) *resetter {
	t.Helper()
	r := &resetter{address: freeAddress(t), to: to, conns: map[*passed]bool{}}
	l, err := net.Listen("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	r.listen = l.(*net.TCPListener)
	t.Cleanup(func() {
		l.Close()
		r.each(func(p *passed) { p.in.Close(); p.out.Close() })
	})
	go func() {
		for {
			in, err := r.listen.AcceptTCP()
			if err != nil {
				return
			}
			go r.serve(in)
		}
	}()
	return r
}

func (r *resetter) serve(in *net.TCPConn) {
	defer in.Close()
	out, err := net.Dial("tcp", r.to)
	if err != nil {
		in.SetLinger(0)
		return
	}
	defer out.Close()
	p := &passed{in: in, out: out.(*net.TCPConn)}
	r.keep(p, true)
	defer r.keep(p, false)
	go func() {
		io.Copy(p.in, p.out)
		p.in.CloseWrite()
	}()
	b := make([]byte, pieceSize)
	for r.pass(p, b) {
		time.Sleep(r.wait())
	}
}

// pass passes on one piece. The piece is waited for without taking it, so that
// the connection can be reset meanwhile.
func (r *resetter) pass(p *passed, b []byte) bool {
	if n, err := peek(p.in); n == 0 || err != nil {
		p.out.CloseWrite()
		return false
	}
	p.held.Lock()
	defer p.held.Unlock()
	n, err := p.in.Read(b)
	if err != nil {
		return false
	}
	_, err = p.out.Write(b[:n])
	return err == nil
}

// peek waits until there is something to read and returns how much.
func peek(c *net.TCPConn) (n int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Read(func(fd uintptr) bool {
		n, _, err = unix.Recvfrom(int(fd), make([]byte, 1<<16), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return err != syscall.EAGAIN
	})
	if failed != nil {
		err = failed
	}
	return n, err
}

// reset resets the connections that have at least a piece unread, each after
// what was read of it is passed on, and returns how many bytes were unread.
func (r *resetter) reset() (unread int) {
	r.each(func(p *passed) {
		p.held.Lock()
		defer p.held.Unlock()
		if n, err := peek(p.in); err == nil && n > 0 {
			unread += n
			p.in.SetLinger(0)
			p.in.Close()
			p.out.CloseWrite()
		}
	})
	return unread
}

// slow sets how long to wait between pieces.
func (r *resetter) slow(pace time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pace = pace
}

func (r *resetter) wait() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pace
}

func (r *resetter) keep(p *passed, open bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.conns, p); open {
		r.conns[p] = true
	}
}

func (r *resetter) each(f func(*passed)) {
	r.mu.Lock()
	var all []*passed
	for p := range r.conns {
		all = append(all, p)
	}
	r.mu.Unlock()
	for _, p := range all {
		f(p)
	}
}
