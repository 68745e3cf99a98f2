package siemexporter

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// TestFailover has a first endpoint where nobody is.
func TestFailover(t *testing.T) {
	s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	e := start(t, settings(), &host{}, "{format: raw, endpoints: ['"+nobody(t)+"', '"+s.address+"']}")
	consume(t, e, lines("a"))
	got, _ := s.wait(t, 1)
	equal(t, got, "a")
}

// TestRoundRobin gives every endpoint its share, and that of one that is gone
// to the others.
func TestRoundRobin(t *testing.T) {
	f := func(keys string) {
		t.Helper()
		var sinks []*sink
		var addresses []string
		for range 3 {
			s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
			sinks, addresses = append(sinks, s), append(addresses, s.address)
		}
		e := start(t, settings(), &host{}, "format: raw\nload_balance: round_robin\nendpoints: ['"+strings.Join(addresses, "', '")+"']\n"+keys+fast)
		var want, got []string
		for i := range 60 {
			want = append(want, fmt.Sprintf("%03d", i))
			consume(t, e, lines(want[i]))
		}
		balanced(t, e, "60 received, 60 confirmed")
		until(t, func() bool { // confirmed is not yet read
			got = nil
			for _, s := range sinks {
				frames, _ := s.wait(t, 1)
				got = append(got, frames...)
			}
			return len(got) >= len(want)
		})
		slices.Sort(got)
		equal(t, got, want...)

		sinks[0].close()
		for i := range 60 {
			consume(t, e, lines(fmt.Sprint("again ", i)))
		}
		balanced(t, e, "120 received, 120 confirmed")
	}
	f("")
	f("sending_queue: {num_consumers: 5}")
	f("sending_queue: {enabled: false}")
}

// TestUnix sends to sockets of this machine.
func TestUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, l, syslog.NonTransparent)
	e := start(t, settings(), &host{}, "{format: raw, transport: unix, endpoint: '"+path+"'}")
	consume(t, e, lines("a", "b\nc"))
	got, _ := s.wait(t, 2)
	equal(t, got, "a", "b c")
	balanced(t, e, "2 received, 2 confirmed")

	path += "gram"
	p, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	u := receive(t, p)
	e = start(t, settings(), &host{}, "{format: raw, transport: unixgram, endpoint: '"+path+"'}")
	consume(t, e, lines("a", "b\nc"))
	got, _ = u.wait(t, 2)
	equal(t, got, "a", "b\nc")
	balanced(t, e, "2 received, 2 confirmed")
}

// TestStalled has a SIEM that is alive and does not read, and then does.
func TestStalled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := &host{}
	e := start(t, settings(), h, "{format: raw, timeout: 100ms, endpoint: '"+l.Addr().String()+"'}")
	consume(t, e, lines(strings.Repeat("x", 20<<20)))
	until(t, func() bool { return h.reports() == "StatusRecoverableError" })
	balanced(t, e, "1 received, 1 queued")
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go io.Copy(io.Discard, c)
	until(t, func() bool { return h.reports() == "StatusRecoverableError StatusOK" })
	balanced(t, e, "1 received, 1 confirmed")
}
