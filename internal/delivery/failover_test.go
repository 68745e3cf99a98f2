package delivery

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// peers returns n listeners and a Sender to them.
func peers(t *testing.T, n int) ([]*net.TCPListener, *Sender) {
	var listeners []*net.TCPListener
	var endpoints []string
	for range n {
		l := listen(t, "127.0.0.1:0")
		listeners, endpoints = append(listeners, l), append(endpoints, l.Addr().String())
	}
	s := sender(t, "tcp", endpoints...)
	s.config.FailoverAfter, s.config.FailbackAfter = time.Hour, time.Hour
	return listeners, s
}

// TestFailover goes on to the next endpoint, and around.
func TestFailover(t *testing.T) {
	l, s := peers(t, 3)
	var dialed []string
	var mu sync.Mutex
	s.config.Events.Dialed = func(endpoint string, err error) {
		mu.Lock()
		defer mu.Unlock()
		for i := range l {
			if endpoint == s.config.Endpoints[i] {
				outcome := map[bool]string{true: "+", false: "-"}[err == nil]
				dialed = append(dialed, outcome+string(rune('0'+i)))
			}
		}
	}
	l[0].Close()
	send(t, s, frames("a\n"))
	c := accept(t, l[1])
	if got := read(t, c, 2); got != "a\n" {
		t.Errorf("got %q", got)
	}
	l[1].Close()
	l[0] = listen(t, s.config.Endpoints[0])
	l[2].Close()
	rest(t, s)
	c.Close()
	send(t, s, frames("b\n"))
	if got := read(t, accept(t, l[0]), 2); got != "b\n" {
		t.Errorf("got %q", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if got, want := strings.Join(dialed, " "), "-0 +1 -1 -2 +0"; got != want {
		t.Errorf("dialed %s, want %s", got, want)
	}
}

// TestFailoverReplays has the first endpoint die with something unread, and for
// good: the second gets it.
func TestFailoverReplays(t *testing.T) {
	l, s := peers(t, 2)
	batch := numbered(500, 100)
	send(t, s, batch)
	c := accept(t, l[0])
	l[0].Close()
	c.Close()
	if got := read(t, accept(t, l[1]), batch.Size()); got != string(batch.All()) {
		t.Error("the second endpoint did not get what the first may not have read")
	}
}

// TestFailoverFromSlow leaves a peer that takes nothing. What it was sent goes to
// the next, the confirmed batch before the one in doubt.
func TestFailoverFromSlow(t *testing.T) {
	l, s := peers(t, 2)
	s.config.Timeout, s.config.FailoverAfter = 20*time.Millisecond, 50*time.Millisecond
	first, second := numbered(100, 100), numbered(300_000, 100)
	send(t, s, first)
	slow := accept(t, l[0])
	o, err := s.Send(t.Context(), second)
	if err == nil || o.Confirmed != 0 {
		t.Fatalf("%+v: %v", o, err)
	}
	s.config.Timeout = patience
	got := collect(t, l[1])
	send(t, s, second)
	s.Close(t.Context())
	if want := append(bytes.Clone(first.All()), second.All()...); !bytes.Equal(<-got, want) {
		t.Error("the second endpoint did not get both batches in order")
	}
	slow.Close()
}

// TestUselessEndpoint has a first endpoint that accepts, and soon closes with
// what it was sent unread, as a proxy with nobody behind it does.
func TestUselessEndpoint(t *testing.T) {
	l, s := peers(t, 2)
	go func() {
		for {
			c, err := l[0].AcceptTCP()
			if err != nil {
				return
			}
			for { // until something has come
				if pending, _ := received(c); pending {
					break
				}
				time.Sleep(time.Millisecond)
			}
			c.Close()
		}
	}()
	for o := (Outcome{}); o.Confirmed == 0; { // by the kernel of the first
		o, _ = s.Send(t.Context(), frames("a\n"))
	}
	if got := read(t, accept(t, l[1]), 2); got != "a\n" {
		t.Errorf("got %q", got)
	}
}

// TestFailBack goes back to the first endpoint when that has held a connection.
func TestFailBack(t *testing.T) {
	l, s := peers(t, 2)
	s.config.FailbackAfter = 20 * time.Millisecond
	address := s.config.Endpoints[0]
	l[0].Close()
	send(t, s, frames("a\n"))
	second := collect(t, l[1])
	first := accept(t, listen(t, address))
	if got := string(<-second); got != "a\n" { // closed in good order
		t.Errorf("the second got %q", got)
	}
	send(t, s, frames("b\n"))
	if got := read(t, first, 2); got != "b\n" {
		t.Errorf("the first got %q", got)
	}
}

// TestMaxAge ends connections in good order.
func TestMaxAge(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	s := sender(t, "tcp", l.Addr().String())
	s.config.MaxAge = time.Nanosecond
	for _, text := range []string{"a\n", "b\n"} {
		got := collect(t, l)
		send(t, s, frames(text))
		defer func() {
			if got := string(<-got); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}()
	}
	s.Close(t.Context())
}
