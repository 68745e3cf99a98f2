package delivery

import (
	"bytes"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestReplay has a peer that reads some, and then ends with the rest unread, as
// a process does that is stopped or killed. Nothing is lost, and nothing more
// has to be sent for that.
func TestReplay(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	var replayed atomic.Int64
	s.config.Events.Replayed = func(_ string, n int) { replayed.Add(int64(n)) }
	batch := numbered(500, 100)
	send(t, s, batch)
	c := accept(t, l)
	if got := read(t, c, 250); got != string(batch.All()[:250]) {
		t.Errorf("got %q", got)
	}
	c.Close() // with unread data: RST

	again := accept(t, l)
	if got := read(t, again, batch.Size()); got != string(batch.All()) {
		t.Error("what came again is not what was sent")
	}
	more := frames("more\n")
	send(t, s, more)
	if n := replayed.Load(); n != int64(batch.Len()) {
		t.Errorf("%d frames replayed", n)
	}
	if got := read(t, again, more.Size()); got != "more\n" {
		t.Errorf("behind it came %q", got)
	}
}

// rest makes it seem that nothing was sent for a while.
func rest(t *testing.T, s *Sender) {
	t.Helper()
	if err := s.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.conn.moved.Store(0)
	s.done()
}

// TestNoReplay has a peer that read everything, and closed a while after.
func TestNoReplay(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	s.config.Events.Replayed = func(string, int) { t.Error("replayed") }
	for _, text := range []string{"a\n", "b\n", "c\n"} {
		send(t, s, frames(text))
		c := accept(t, l)
		if got := read(t, c, 2); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		rest(t, s)
		c.Close()
	}
}

// TestUntrustedFIN has peers that send a FIN and may not have read everything:
// one that closes right behind a message, as a daemon that drops what it holds,
// and one that a reset follows.
func TestUntrustedFIN(t *testing.T) {
	f := func(end func(*Sender, *net.TCPConn)) {
		t.Helper()
		l := listen(t, "127.0.0.1:0")
		s := sender(t, "tcp", l.Addr().String())
		batch := numbered(500, 100)
		send(t, s, batch)
		end(s, accept(t, l))
		if got := read(t, accept(t, l), batch.Size()); got != string(batch.All()) {
			t.Error("the batch did not come again")
		}
	}
	f(func(s *Sender, c *net.TCPConn) {
		read(t, c, 500*100)
		c.Close()
	})
	if !CanConfirm {
		return
	}
	f(func(s *Sender, c *net.TCPConn) {
		rest(t, s)
		c.CloseWrite()
		c.Close() // with everything unread
	})
}

// TestReplayOrder has the connection break in mid-batch: what was confirmed
// before comes first on the next, then the batch.
func TestReplayOrder(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	first, second := numbered(100, 100), numbered(200_000, 100)
	send(t, s, first)
	c := accept(t, l)
	c.SetReadBuffer(4096)
	go func() {
		io.ReadFull(c, make([]byte, first.Size()+12_345))
		c.Close()
	}()
	o, err := s.Send(t.Context(), second)
	if err == nil || o.Confirmed != 0 {
		t.Fatalf("%+v: %v", o, err)
	}
	got := collect(t, l)
	send(t, s, second)
	s.Close(t.Context())
	if want := append(bytes.Clone(first.All()), second.All()...); !bytes.Equal(<-got, want) {
		t.Error("not the first batch and then the second")
	}
}

// TestReplayAtClose has the peer end with unread data while the Sender closes.
func TestReplayAtClose(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	batch := numbered(500, 100)
	send(t, s, batch)
	c := accept(t, l)
	go func() {
		for { // until the FIN has come
			if pending, ended := received(c); pending && ended {
				break
			}
			time.Sleep(time.Millisecond)
		}
		c.Close()
	}()
	got := collect(t, l)
	if n := s.Close(t.Context()); n != 0 {
		t.Errorf("%d frames in doubt", n)
	}
	if !bytes.Equal(<-got, batch.All()) {
		t.Error("the batch did not come again")
	}
}

// TestDoubtful closes when nobody is there to send to again.
func TestDoubtful(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	batch := numbered(500, 100)
	send(t, s, batch)
	c := accept(t, l)
	l.Close()
	c.Close()
	if n := s.Close(t.Context()); n != batch.Len() {
		t.Errorf("%d frames in doubt, want %d", n, batch.Len())
	}
}

// TestUnixStream sends over a unix socket.
func TestUnixStream(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := sender(t, "unix", l.Addr().String())
	batch := numbered(100, 100)
	peers := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		if got := read(t, c, batch.Size()); got != string(batch.All()) {
			t.Error("not what was sent")
		}
		peers <- c
	}()
	send(t, s, batch)
	c := <-peers
	rest(t, s)
	c.Close()
	s.Close(t.Context())
}

func TestTail(t *testing.T) {
	var kept tail
	f := func(limit int, add, want string) {
		t.Helper()
		if add != "" {
			kept.add(frames(strings.Fields(add)...), limit)
		}
		got := ""
		for _, b := range kept.batches {
			got += text(b) + "|"
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
		size := 0
		for _, b := range kept.batches {
			size += b.Size()
		}
		if size != kept.size {
			t.Errorf("size is %d, want %d", kept.size, size)
		}
	}
	f(6, "aa bb", "aa bb|")
	f(6, "c", "aa bb|c|")
	f(6, "d", "aa bb|c|d|")
	f(6, "ee ff", "c|d|ee ff|")
	f(6, "g", "d|ee ff|g|")
	f(6, "hh ii jj kk", "ii jj kk|") // alone longer than the limit
	f(6, "llllll", "llllll|")
	f(6, "mmmmmmm", "")
	f(6, "nn", "nn|")
	f(0, "oo", "")
}

// TestResets counts connections in a row that end with something unread.
func TestResets(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	resets := make(chan [2]int, 10)
	s.config.Events.Reset = func(_ string, frames, inARow int) { resets <- [2]int{frames, inARow} }
	batch := numbered(10, 100)
	send(t, s, batch)
	for i := range 3 {
		c := accept(t, l)
		for { // until it has come
			if pending, _ := received(c); pending {
				break
			}
			time.Sleep(time.Millisecond)
		}
		for s.begin(t.Context()); s.doubt.Len() > 0; s.begin(t.Context()) { // until it is confirmed
			s.done()
		}
		s.done()
		c.Close()
		if got, want := <-resets, [2]int{10, i + 1}; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if got := read(t, accept(t, l), batch.Size()); got != string(batch.All()) {
		t.Error("it did not come in the end")
	}
}
