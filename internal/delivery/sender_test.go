package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
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

// sender returns a Sender to one endpoint, which the test may configure before
// it sends.
func sender(t *testing.T, network string, endpoints ...string) *Sender {
	s := NewSender(Config{Network: network, Endpoints: endpoints, Timeout: patience, Replay: ReplayAuto})
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
	o, err := s.Send(t.Context(), f)
	if err != nil || o.Confirmed != f.Len() || o.Written != f.Len() {
		t.Fatalf("%+v of %d: %v", o, f.Len(), err)
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
	s := sender(t, "tcp", l.Addr().String())
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
	f := func(reset bool, want string) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		s := sender(t, "tcp", l.Addr().String())
		send(t, s, frames("a\n"))
		c := accept(t, l)
		read(t, c, 2)
		if reset {
			c.SetLinger(0)
		}
		rest(t, s)
		c.Close()
		if !CanConfirm {
			<-s.conn.gone
		}
		send(t, s, frames("b\n"))
		if got := read(t, accept(t, l), len(want)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(false, "b\n")
	f(true, "a\nb\n") // which may have been unread
}

func TestDial(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	l.Close()
	s := sender(t, "tcp", address)
	var outcome []bool
	s.config.Events.Dialed = func(_ string, err error) { outcome = append(outcome, err == nil) }

	if sent, err := s.Send(t.Context(), frames("a\n")); sent != (Outcome{}) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%+v: %v", sent, err)
	}
	listen(t, address)
	send(t, s, frames("a\n"))
	if got := fmt.Sprint(outcome); got != "[false true]" {
		t.Errorf("dialed %s", got)
	}
}

// TestBrokenConnection has the peer reset in the middle of a batch that its
// buffers cannot hold. The batch is in doubt and goes again; every frame
// arrives, and only the first connection ends with a cut one.
func TestBrokenConnection(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	s.config.Replay = 0
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
	o, err := s.Send(t.Context(), batch)
	if err == nil || o.Confirmed != 0 || o.Written == 0 {
		t.Fatalf("%+v: %v", o, err)
	}
	if got != string(before.All()) {
		t.Errorf("the batch before came as %q", got)
	}

	again := collect(t, l)
	send(t, s, batch)
	s.Close(t.Context())
	if got := <-again; !bytes.Equal(got, batch.All()) {
		t.Errorf("%d of %d bytes arrived on the second connection", len(got), batch.Size())
	}
}

// collect accepts a connection, reads it to its end, and closes it.
func collect(t *testing.T, l *net.TCPListener) <-chan []byte {
	got := make(chan []byte, 1)
	go func() {
		l.SetDeadline(time.Now().Add(patience))
		c, err := l.AcceptTCP()
		if err != nil {
			t.Error(err)
			close(got)
			return
		}
		c.SetDeadline(time.Now().Add(patience))
		b, err := io.ReadAll(c)
		if err != nil {
			t.Error(err)
		}
		c.Close()
		got <- b
	}()
	return got
}

// TestStalledPeer has the peer stop reading for longer than Timeout. It is told
// once, and waited for.
func TestStalledPeer(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	s.config.Timeout = 20 * time.Millisecond
	stalled := make(chan string, 10)
	s.config.Events.Stalled = func(endpoint string) { stalled <- endpoint }
	batch := numbered(300_000, 100)
	got := make(chan []byte)
	go func() {
		c := accept(t, l)
		if at := <-stalled; at != l.Addr().String() {
			t.Errorf("%s is told to be stalled", at)
		}
		b := make([]byte, batch.Size())
		io.ReadFull(c, b)
		got <- b
	}()
	send(t, s, batch)
	if !bytes.Equal(<-got, batch.All()) {
		t.Error("not what was sent")
	}
}

// TestStalledPeerAtShutdown has the context end while a peer does not read.
// Nothing of the batch is confirmed: the peer may never read it.
func TestStalledPeerAtShutdown(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	s.config.Timeout = 20 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	s.config.Events.Stalled = func(string) { cancel() }
	batch := numbered(300_000, 100)
	o, err := s.Send(ctx, batch)
	if !errors.Is(err, context.Canceled) || o.Confirmed != 0 {
		t.Fatalf("%+v: %v", o, err)
	}
	held, err := io.ReadAll(accept(t, l))
	if !bytes.HasPrefix(batch.All(), held) {
		t.Errorf("the connection does not hold the beginning of the batch: %v", err)
	}
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
	s := newSocket(peer, "", &Config{Timeout: time.Nanosecond})
	n, err := s.Write([]byte("abcdefghij"))
	if n != 10 || err != nil || string(peer.got) != "abcdefghij" {
		t.Errorf("%d written: %v: %q", n, err, peer.got)
	}
}

func TestClose(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
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
	s := sender(t, "tcp", l.Addr().String())
	s.config.Timeout = 10 * time.Millisecond
	send(t, s, frames("a\n"))
	s.Close(t.Context())
	if s.conn != nil {
		t.Error("the connection is still there")
	}
}

func BenchmarkSend(b *testing.B) {
	f := func(name string, confirm Confirm, batch Frames) {
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
			s := NewSender(Config{
				Network: "tcp", Endpoints: []string{l.Addr().String()}, Timeout: patience,
				Confirm: confirm, Replay: ReplayAuto,
			})
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
	for _, n := range []int{1, 1024} {
		f(fmt.Sprintf("frames=%d/confirm=kernel", n), ConfirmKernel, numbered(n, 400))
		f(fmt.Sprintf("frames=%d/confirm=write", n), ConfirmWrite, numbered(n, 400))
	}
}
