package delivery

import (
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestUDP(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.SetDeadline(time.Now().Add(patience))
	s := sender(t, "udp", p.LocalAddr().String())

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

	o, err := s.Send(t.Context(), frames("c", long+"x", "d"))
	if o.Confirmed != 1 || err != ErrTooLong {
		t.Errorf("%+v: %v", o, err)
	}
	f("c")
}

// TestUDPRefused has nobody listen: the kernel hears of it and refuses a
// later datagram, which is the first to be sent again.
func TestUDPRefused(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	s := sender(t, "udp", p.LocalAddr().String())
	o, err := s.Send(t.Context(), frames("a", "b", "c"))
	if o.Confirmed >= 3 || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%+v: %v", o, err)
	}
}

// TestManyDatagrams sends more than one system call takes.
func TestManyDatagrams(t *testing.T) {
	f := func(network, address string) {
		t.Helper()
		p, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		s := sender(t, network, p.LocalAddr().String())
		var batch Frames
		for i := range 3*atOnce + 7 {
			batch.Bytes = strconv.AppendInt(batch.Bytes, int64(i), 10)
			batch.Ends = append(batch.Ends, len(batch.Bytes))
		}
		p.SetDeadline(time.Now().Add(patience))
		done := make(chan bool)
		go func() {
			defer close(done)
			b := make([]byte, 100)
			for i := range batch.Len() {
				n, _, err := p.ReadFrom(b)
				if got := string(b[:n]); got != strconv.Itoa(i) {
					t.Errorf("datagram %d is %q: %v", i, got, err)
					return
				}
			}
		}()
		send(t, s, batch)
		<-done
	}
	f("udp", "127.0.0.1:0")
	f("udp", "[::1]:0")
	f("unixgram", filepath.Join(t.TempDir(), "socket"))
}

// TestDatagramFailover goes to the second endpoint when the first refuses, and
// back after a while.
func TestDatagramFailover(t *testing.T) {
	var sockets []net.PacketConn
	var addresses []string
	for range 2 {
		p, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p.SetDeadline(time.Now().Add(patience))
		t.Cleanup(func() { p.Close() })
		sockets, addresses = append(sockets, p), append(addresses, p.LocalAddr().String())
	}
	expect := func(i int, want string) {
		t.Helper()
		b := make([]byte, 10)
		n, _, err := sockets[i].ReadFrom(b)
		if got := string(b[:n]); got != want {
			t.Errorf("got %q, want %q: %v", got, want, err)
		}
	}
	s := sender(t, "udp", addresses...)
	s.config.FailbackAfter = time.Hour
	send(t, s, frames("a"))
	expect(0, "a")
	sockets[0].Close()
	send(t, s, frames("lost"))
	if o, err := s.Send(t.Context(), frames("b")); o.Confirmed != 0 || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("%+v: %v", o, err)
	}
	send(t, s, frames("b"))
	expect(1, "b")

	first, err := net.ListenPacket("udp", addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	sockets[0] = first
	s.config.FailbackAfter = time.Nanosecond
	send(t, s, frames("c"))
	expect(0, "c")
}
