package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for.
const patience = 10 * time.Second

func listen(t *testing.T, address string) *net.TCPListener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

func accept(t *testing.T, l *net.TCPListener) *net.TCPConn {
	t.Helper()
	l.SetDeadline(time.Now().Add(patience))
	c, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return c
}

func sender(t *testing.T, network, address string, timeout time.Duration) *Sender {
	s := NewSender(Config{Network: network, Endpoints: []string{address}, Timeout: timeout})
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		s.Close(ended)
	})
	return s
}

// read reads n bytes.
func read(t *testing.T, r io.Reader, n int) string {
	t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func send(t *testing.T, s *Sender, f Frames) {
	t.Helper()
	sent, err := s.send(t.Context(), f)
	if err != nil || sent != f.Len() {
		t.Fatalf("%d of %d sent: %v", sent, f.Len(), err)
	}
}

// numbered returns n frames of the given size that say which one they are.
func numbered(n, size int) Frames {
	var f Frames
	for i := range n {
		f.Bytes = fmt.Appendf(f.Bytes, "%0*d\n", size-1, i)
		f.Ends = append(f.Ends, len(f.Bytes))
	}
	return f
}

func TestOneConnectionForManyBatches(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	dials := 0
	s := sender(t, "tcp", l.Addr().String(), patience)
	s.config.Events.Dialed = func(string, error) { dials++ }

	send(t, s, frames("a\n", "b\n"))
	send(t, s, Frames{})
	send(t, s, frames("c\n"))
	_, rest := frames("x\n", "d\n", "e\n").Cut(1)
	send(t, s, rest)
	if got, want := read(t, accept(t, l), 10), "a\nb\nc\nd\ne\n"; got != want || dials != 1 {
		t.Errorf("got %q in %d connections, want %q in one", got, dials, want)
	}
}

// TestPeerCloses restarts the peer between two batches: the next one goes to a
// new connection and begins with a whole frame.
func TestPeerCloses(t *testing.T) {
	f := func(reset bool) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		s := sender(t, "tcp", l.Addr().String(), patience)
		send(t, s, frames("a\n"))
		c := accept(t, l)
		read(t, c, 2)
		if reset {
			c.SetLinger(0)
		}
		c.Close()
		if runtime.GOOS != "linux" {
			<-s.conn.gone
		}
		send(t, s, frames("b\n"))
		if got := read(t, accept(t, l), 2); got != "b\n" {
			t.Errorf("got %q", got)
		}
	}
	f(false)
	f(true)
}

func TestDial(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	l.Close()
	s := sender(t, "tcp", address, patience)
	var outcome []bool
	s.config.Events.Dialed = func(_ string, err error) { outcome = append(outcome, err == nil) }

	if sent, err := s.send(t.Context(), frames("a\n")); sent != 0 || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%d sent: %v", sent, err)
	}
	listen(t, address)
	send(t, s, frames("a\n"))
	if got := fmt.Sprint(outcome); got != "[false true]" {
		t.Errorf("dialed %s", got)
	}
}

// TestBrokenConnection has the peer close in the middle of a batch that its
// buffers cannot hold. The batch is in doubt and goes again; every frame
// arrives, and only the first connection ends with a cut one.
func TestBrokenConnection(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String(), patience)
	before := numbered(3, 100)
	send(t, s, before)
	c := accept(t, l)
	c.SetReadBuffer(4096)
	got := read(t, c, before.Size())

	batch := numbered(200_000, 100)
	go func() {
		io.ReadFull(c, make([]byte, 12_345))
		c.Close() // with unread data: RST
	}()
	sent, err := s.send(t.Context(), batch)
	if err == nil || sent != 0 {
		t.Fatalf("%d sent: %v", sent, err)
	}
	if got != string(before.All()) {
		t.Errorf("the batch before came as %q", got)
	}

	done := make(chan []byte)
	go func() {
		c := accept(t, l)
		b := make([]byte, batch.Size())
		io.ReadFull(c, b)
		done <- b
	}()
	send(t, s, batch)
	if !bytes.Equal(<-done, batch.All()) {
		t.Error("the batch did not arrive whole on the second connection")
	}
}

// TestStalledPeer has the peer stop reading. What its kernel acknowledged
// counts as sent, the rest does not, and together they are the batch.
func TestStalledPeer(t *testing.T) {
	f := func(ctx func() context.Context, timeout time.Duration, want string) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		s := sender(t, "tcp", l.Addr().String(), timeout)
		batch := numbered(300_000, 100)
		sent, err := s.send(ctx(), batch)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("%d sent: %v, want %s", sent, err, want)
		}
		held, err := io.ReadAll(accept(t, l))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(batch.All(), held) {
			t.Error("the first connection does not hold the beginning of the batch")
		}
		if n := batch.Whole(len(held)); n < sent {
			t.Errorf("%d frames arrived, %d counted as sent", n, sent)
		}
		if sent == 0 && runtime.GOOS == "linux" {
			t.Error("nothing counted as sent")
		}
	}
	f(t.Context, 50*time.Millisecond, "the peer took nothing for 50ms")
	f(func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}, patience, "context deadline exceeded")
}

// trickle takes three bytes per period.
type trickle struct {
	net.Conn
	got []byte
}

func (c *trickle) SetWriteDeadline(time.Time) error { return nil }

func (c *trickle) Write(b []byte) (int, error) {
	n := min(3, len(b))
	c.got = append(c.got, b[:n]...)
	if n == len(b) {
		return n, nil
	}
	return n, os.ErrDeadlineExceeded
}

func TestSlowPeer(t *testing.T) {
	peer := new(trickle)
	c := &conn{Conn: peer, gone: make(chan struct{})}
	sent, err := c.sendAll(t.Context(), frames("abcd", "efgh", "ij"), time.Second)
	if sent != 3 || err != nil || string(peer.got) != "abcdefghij" {
		t.Errorf("%d sent: %v: %q", sent, err, peer.got)
	}
}

func TestClose(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String(), patience)
	batch := numbered(10_000, 100)
	got := make(chan []byte)
	go func() {
		c := accept(t, l)
		b, _ := io.ReadAll(c)
		c.Close()
		got <- b
	}()
	send(t, s, batch)
	s.Close(t.Context())
	s.Close(t.Context())
	if !bytes.Equal(<-got, batch.All()) {
		t.Error("the peer did not get everything")
	}
}

// TestCloseIsBounded has a peer that never closes.
func TestCloseIsBounded(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String(), 10*time.Millisecond)
	send(t, s, frames("a\n"))
	s.Close(t.Context())
	if s.conn != nil {
		t.Error("the connection is still there")
	}
}

func TestUDP(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.SetDeadline(time.Now().Add(patience))
	s := sender(t, "udp", p.LocalAddr().String(), patience)

	f := func(want string) {
		t.Helper()
		b := make([]byte, 100_000)
		n, _, err := p.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(b[:n]); got != want {
			t.Errorf("got %.20q, want %.20q", got, want)
		}
	}
	long := strings.Repeat("x", 65_507)
	send(t, s, frames("a", "bb", long))
	f("a")
	f("bb")
	f(long)

	sent, err := s.send(t.Context(), frames("c", long+"x", "d"))
	if sent != 1 || err != ErrTooLong {
		t.Errorf("%d sent: %v", sent, err)
	}
	f("c")
}

// TestUDPRefused has nobody listen: the kernel hears of it and refuses the
// next datagram, which is the first to be sent again.
func TestUDPRefused(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	s := sender(t, "udp", p.LocalAddr().String(), patience)
	sent, err := s.send(t.Context(), frames("a", "b", "c"))
	if sent != 1 || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%d sent: %v", sent, err)
	}
}

func BenchmarkSend(b *testing.B) {
	f := func(name string, batch Frames) {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			go func() {
				c, _ := l.Accept()
				io.Copy(io.Discard, c)
				c.Close()
			}()
			s := NewSender(Config{Network: "tcp", Endpoints: []string{l.Addr().String()}, Timeout: patience})
			b.ReportAllocs()
			b.SetBytes(int64(batch.Size()))
			for b.Loop() {
				if _, err := s.Send(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			s.Close(context.Background())
		})
	}
	f("frames=1", numbered(1, 400))
	f("frames=500", numbered(500, 400))
}
