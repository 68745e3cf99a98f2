package pamreceiver

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// reset wants a peer, whose connection has ended, to hear at once that what it
// writes is not read.
func reset(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("<13>lost\n")); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v, want a reset", err)
	}
}

// TestMaxConnections has as many connections as there may be, and further ones.
func TestMaxConnections(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', max_connections: 3}}", s)
	first := dial(t, r.tcp.socket.Addr())
	write(t, first, "<13>first\n")
	s.take(t, 1)
	begun, silent := dial(t, r.tcp.socket.Addr()), dial(t, r.tcp.socket.Addr())
	write(t, begun, "<13>begun")

	// Those without a message make room, the oldest first, and what they began
	// is handed on.
	third := dial(t, r.tcp.socket.Addr())
	r.ended(t, "evicted", 1)
	reset(t, begun)
	write(t, third, "<13>third\n")
	s.take(t, 3)
	fourth := dial(t, r.tcp.socket.Addr())
	r.ended(t, "evicted", 2)
	reset(t, silent)
	write(t, fourth, "<13>fourth\n")
	want := []string{"<13>first", "<13>begun frame_no_trailer", "<13>third", "<13>fourth"}
	if diff := cmp.Diff(want, s.take(t, 4)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	// When there is none left, the new one is refused.
	addr := r.tcp.socket.Addr()
	fifth, err := net.Dial(addr.Network(), addr.String())
	r.ended(t, "refused", 1)
	if err == nil { // else the reset came even before
		defer fifth.Close()
		reset(t, fifth)
	}
	if got := r.counter(t, "otelcol_pam_receiver_connections", "", ""); got != 3 {
		t.Errorf("%d connections are open, want 3", got)
	}

	// One that ends leaves its place to the next.
	first.Close()
	wait(t, func() bool { return r.counter(t, "otelcol_pam_receiver_connections", "", "") == 2 })
	write(t, dial(t, r.tcp.socket.Addr()), "<13>sixth\n")
	write(t, third, "<13>third again\n")
	s.take(t, 6)
}

// TestTrickle has a sender whose bytes never end: the end of its connection
// does not take longer for it.
func TestTrickle(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', max_connections: 1}}", s)
	conn := dial(t, r.tcp.socket.Addr())
	var sender sync.WaitGroup
	sender.Go(func() {
		for {
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	wait(t, func() bool { return r.counter(t, "otelcol_pam_receiver_connections", "", "") == 1 })
	dial(t, r.tcp.socket.Addr())
	sender.Wait()
	r.ended(t, "evicted", 1)
}

// TestFlood has many connections without a word while one sends.
func TestFlood(t *testing.T) {
	const places, flood = 16, 400
	s := newSink(nil)
	r := start(t, fmt.Sprintf("protocols: {tcp: {endpoint: 'localhost:0', max_connections: %d}}", places), s)
	honest := dial(t, r.tcp.socket.Addr())
	want := lines(flood + 1)
	write(t, honest, want[0]+"\n")
	s.take(t, 1)
	for i := range flood {
		dial(t, r.tcp.socket.Addr())
		write(t, honest, want[i+1]+"\n")
	}
	if diff := cmp.Diff(want, s.take(t, len(want))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r.ended(t, "evicted", flood-places+1)
}

// TestEvictedUnfinished has a crowd of connections that are evicted within their
// first message, which the pipeline refuses: another, whose messages it takes, is
// served all the same.
func TestEvictedUnfinished(t *testing.T) {
	const places, evicted = 8, maxLeaving + 1
	var takes atomic.Bool
	defer takes.Store(true) // what has begun on the others
	s := newSink(func(ld plog.Logs) error {
		for lr := range each(ld) {
			if strings.Contains(lr.Body().Str(), "down") && !takes.Load() {
				return errBusy
			}
		}
		return nil
	})
	r := start(t, fmt.Sprintf("protocols: {tcp: {endpoint: 'localhost:0', max_connections: %d, frame_timeout: 10m}}", places), s)
	for range places + evicted - 1 {
		write(t, dial(t, r.tcp.socket.Addr()), "<13>down")
	}
	write(t, dial(t, r.tcp.socket.Addr()), "<13>up\n")
	if got := s.take(t, 1)[0]; got != "<13>up" {
		t.Errorf("got %q", got)
	}
	r.ended(t, "evicted", evicted)
	if got := r.counter(t, "otelcol_pam_receiver_lost", "reason", "evicted"); got != evicted {
		t.Errorf("%d are lost, want %d", got, evicted)
	}
}

// TestEvictedCompleted has connections that complete their first message while
// they are evicted: however long the pipeline refuses it, it is not lost, and the
// connection counts among those that may be open.
func TestEvictedCompleted(t *testing.T) {
	const places = 2
	var takes atomic.Bool
	s := newSink(func(plog.Logs) error {
		if takes.Load() {
			return nil
		}
		return errBusy
	})
	r := start(t, fmt.Sprintf("protocols: {tcp: {endpoint: 'localhost:0', max_connections: %d, frame_timeout: 10m}}", places), s)
	send := func() {
		conn, err := net.Dial("tcp", r.tcp.socket.Addr().String())
		if err != nil {
			return // it was refused at once
		}
		t.Cleanup(func() { conn.Close() })
		go func() {
			fmt.Fprint(conn, "<13>one")
			if _, err := conn.Read(make([]byte, 1)); err == io.EOF { // it is evicted
				fmt.Fprint(conn, "\n")
			}
		}()
	}
	wait(t, func() bool {
		send()
		r.tcp.conns.mu.Lock()
		defer r.tcp.conns.mu.Unlock()
		return r.tcp.conns.open-r.tcp.conns.leaving-r.tcp.conns.silent.Len() >= places
	})
	send()
	wait(t, func() bool { return r.counter(t, "otelcol_pam_receiver_connections_closed", "reason", "refused") > 0 })
	takes.Store(true)
	s.wait(t, func() bool {
		completed := slices.DeleteFunc(slices.Clone(s.records), func(record string) bool { return record != "<13>one" })
		return len(completed) >= places
	})
}

// TestProvenByCertificate has a sender that has not sent anything, but shown
// who it is: it does not make room.
func TestProvenByCertificate(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "client", pkix.Name{CommonName: "pam.example.com"})
	s := newSink(nil)
	r := a.start(t, s, ", max_connections: 2", ", client_ca_file: "+a.path("ca.pem"))
	appliance := dialTLS(t, r.tls.socket.Addr(), a.client(t, "client"))
	wait(t, func() bool {
		r.tls.conns.mu.Lock()
		defer r.tls.conns.mu.Unlock()
		return r.tls.conns.open == 1 && r.tls.conns.silent.Len() == 0
	})
	for range 4 {
		dial(t, r.tls.socket.Addr())
	}
	r.ended(t, "evicted", 3)
	write(t, appliance, "<13>one\n")
	if got := s.take(t, 1)[0]; got != "<13>one" {
		t.Errorf("got %q", got)
	}
}

// TestIdleTimeout has a connection without a word.
func TestIdleTimeout(t *testing.T) {
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', idle_timeout: 50ms}}", newSink(nil))
	idle := dial(t, r.tcp.socket.Addr())
	r.ended(t, "idle", 1)
	reset(t, idle)
}

// TestIdleUnread has a connection whose time is up before it was read, as on a
// busy machine: what the kernel has of it is not lost.
func TestIdleUnread(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', idle_timeout: 1m}}", s)
	l, err := listenTCP(t.Context(), r.tcp.shared, &r.protocols.TCP.Get().Stream, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.socket.Close()
	write(t, dial(t, l.socket.Addr()), "<13>one\n")
	socket, err := l.socket.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	c := newTCPConn(l, socket)
	c.heard = time.Now().Add(-time.Hour)
	if err := l.admit(c); err != nil {
		t.Fatal(err)
	}
	c.serve()
	if got := s.take(t, 0); !slices.Equal(got, []string{"<13>one"}) {
		t.Errorf("got %q", got)
	}
	r.ended(t, "idle", 1)
}

// TestWorkers has many connections with messages, and a pipeline that lets its
// callers wait: no more of them have records than there are workers.
func TestWorkers(t *testing.T) {
	const conns = 8 * maxWorkers
	var inside, most, records atomic.Int64
	gate := make(chan struct{})
	next, err := consumer.NewLogs(func(_ context.Context, ld plog.Logs) error {
		n := inside.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-gate
		inside.Add(-1)
		records.Add(int64(ld.LogRecordCount()))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}, udp: {endpoint: 'localhost:0'}}", next)
	for range conns {
		write(t, dial(t, r.tcp.socket.Addr()), "<13>one\n")
	}
	wait(t, func() bool { return inside.Load() == maxWorkers })
	write(t, dial(t, r.udp.conn.LocalAddr()), "<13>one") // has a worker of its own
	wait(t, func() bool { return inside.Load() == maxWorkers+1 })
	close(gate)
	wait(t, func() bool { return records.Load() == conns+1 })
	if got := most.Load(); got != maxWorkers+1 {
		t.Errorf("%d batches at a time, want %d", got, maxWorkers+1)
	}
}

// TestHeldApart has a pipeline that refuses the messages of some connections,
// as one does that routes them to a SIEM that is down: those of another are
// taken meanwhile.
func TestHeldApart(t *testing.T) {
	const conns = 4 * maxWorkers
	var takes atomic.Bool
	s := newSink(func(ld plog.Logs) error {
		for lr := range each(ld) {
			if strings.Contains(lr.Body().Str(), "down") && !takes.Load() {
				return errBusy
			}
		}
		return nil
	})
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	for range conns {
		write(t, dial(t, r.tcp.socket.Addr()), "<13>down\n")
	}
	wait(t, func() bool {
		r.tcp.shared.mu.Lock()
		defer r.tcp.shared.mu.Unlock()
		return r.tcp.holding == conns
	})
	write(t, dial(t, r.tcp.socket.Addr()), "<13>up\n")
	if got := s.take(t, 1)[0]; got != "<13>up" {
		t.Errorf("got %q", got)
	}
	takes.Store(true)
	s.take(t, conns+1)
}

// TestWake has a socket that holds a batch: it waits no longer when another's has
// been taken.
func TestWake(t *testing.T) {
	s := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", newSink(nil)).tcp.shared
	waited := make(chan struct{})
	go func() {
		s.await(t.Context(), time.Hour)
		close(waited)
	}()
	wait(t, func() bool {
		s.wake()
		select {
		case <-waited:
			return true
		default:
			return false
		}
	})
}

// TestHoldWithinRead has one read with several batches, of which a later one is
// refused for a while: what was taken before is not offered again.
func TestHoldWithinRead(t *testing.T) {
	refusals := 0
	s := newSink(func(ld plog.Logs) error {
		if ld.LogRecordCount() == 100 && refusals < 3 {
			refusals++
			return errBusy
		}
		return nil
	})
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	var want []string
	for i := range 2*maxRecords + 100 {
		want = append(want, fmt.Sprintf(`{"n":"%d"}`, i))
	}
	write(t, dial(t, r.tcp.socket.Addr()), "["+strings.Join(want, ",")+"]\n")
	if diff := cmp.Diff(want, s.take(t, len(want))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if refusals != 3 {
		t.Errorf("%d refusals, want 3", refusals)
	}
	if got := r.counter(t, "otelcol_receiver_accepted_log_records", "", ""); got != int64(len(want)) {
		t.Errorf("accepted %d, want %d", got, len(want))
	}
}

// TestMemoryGivenBack has a connection that needed a large buffer once.
func TestMemoryGivenBack(t *testing.T) {
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", newSink(nil))
	socket := dial(t, r.tcp.socket.Addr()).(*net.TCPConn)
	c := newTCPConn(r.tcp, socket)
	defer c.cancel(nil)
	c.buf = make([]byte, firstBuffer)
	for len(c.buf) < largeBuffer {
		c.grow()
	}
	c.n = copy(c.buf, "12")
	c.frames = make([]frame, 0, maxRecords)
	if err := c.pass(); err != nil {
		t.Fatal(err)
	}
	if len(c.buf) != firstBuffer || cap(c.buf) != firstBuffer || c.frames != nil || string(c.buf[:c.n]) != "12" || r.tcp.largeBuffers.Load() != 0 {
		t.Errorf("a buffer of %d with %q", len(c.buf), c.buf[:c.n])
	}
}

// TestLargeBuffers has more connections that fill their buffers than may have
// large ones.
func TestLargeBuffers(t *testing.T) {
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", newSink(nil))
	socket := dial(t, r.tcp.socket.Addr()).(*net.TCPConn)
	large := 0
	for range 2 * maxLarge {
		c := newTCPConn(r.tcp, socket)
		defer c.cancel(nil)
		c.buf = make([]byte, firstBuffer)
		for range 10 {
			c.grow()
		}
		if len(c.buf) == largeBuffer {
			large++
		} else if want := 64<<10 + syslog.FrameOverhead; len(c.buf) != want {
			t.Errorf("a buffer of %d bytes, want %d", len(c.buf), want)
		}
	}
	if large != maxLarge {
		t.Errorf("%d large buffers, want %d", large, maxLarge)
	}
}

// TestNotice has what is logged seldom however often it happens.
func TestNotice(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	var n notice
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { n.log(zap.New(core), "It happened") })
	}
	all.Wait()
	n.next = time.Time{}
	n.log(zap.New(core), "It happened")
	var got []string
	for _, entry := range logs.All() {
		got = append(got, fmt.Sprint(entry.Message, " ", entry.ContextMap()["times"]))
	}
	if diff := cmp.Diff([]string{"It happened 1", "It happened 100"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
