package pamreceiver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"
)

func TestTCPFrames(t *testing.T) {
	// f sends chunks, each by a write of its own, and ends the stream.
	f := func(options, chunks string, want ...string) {
		t.Helper()
		s := newSink(nil)
		r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', max_message_size: 24"+options+"}}", s)
		conn := dial(t, r.tcp.socket.Addr())
		for chunk := range strings.SplitSeq(chunks, "~") {
			write(t, conn, chunk)
		}
		conn.Close()
		if diff := cmp.Diff(want, s.take(t, len(want))); diff != "" {
			t.Errorf("%q, -want +got:\n%s", chunks, diff)
		}
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if got := len(s.take(t, 0)); got != len(want) {
			t.Errorf("%q: %d records after the shutdown, want %d", chunks, got, len(want))
		}
	}
	// Lines: LF, CRLF, NUL, and nothing between.
	f("", "<13>one\n<13>two\n", "<13>one", "<13>two")
	f("", "<13>one\r\n<13>two\r\n", "<13>one", "<13>two")
	f("", "<13>one\x00<13>two\x00", "<13>one", "<13>two")
	f("", "\n\n<13>one\n\r\n\x00\n<13>two\n", "<13>one", "<13>two")
	f("", "\n\r\n")

	// Octet counting.
	f("", "7 <13>one7 <13>two", "<13>one", "<13>two")
	f("", "7 <13>o\ne7 <13>two", "<13>o\ne", "<13>two")
	f("", "7 <13>one\n7 <13>two\n", "<13>one", "<13>two")
	f(", framing: octet_counting", "5 1 one5 2 two", "1 one", "2 two")

	// Digits that are no count.
	f("", "2026-01-02 one\n1 two\n", "2026-01-02 one", "1 two")
	f(", framing: non_transparent", "7 <13>one\n", "7 <13>one")

	// Frames that come in pieces.
	f("", "<13~>o~ne\r~\n<1~3>two~\n", "<13>one", "<13>two")
	f("", "~7~ <13>~one7~ <13>two", "<13>one", "<13>two")

	// Too long: the beginning is kept, and the step.
	f("", "<13>0123456789012345678901234567890123456789\n<13>two\n", "<13>01234567890123456789 frame_cut", "<13>two")
	f("", "44 <13>01234567890123456789~012345678901234567897 <13>two", "<13>01234567890123456789 frame_cut", "<13>two")
	f("", "<13>01234567890123456789\n", "<13>01234567890123456789")

	// Out of step.
	f("", "7 <13>one<13>two\n7 <13>six", "<13>one", "<13>two frame_out_of_step", "<13>six")
	f("", "7 <13>one999999999 <13>two\n7 <13>six", "<13>one", "999999999 <13>two frame_out_of_step", "<13>six")

	// The stream ends within a frame.
	f("", "<13>one\n<13>two", "<13>one", "<13>two frame_no_trailer")
	f("", "7 <13>one9 <13>two", "<13>one", "<13>two frame_no_trailer")
	f("", "<13>one", "<13>one frame_no_trailer")

	// Bytes that are no text.
	f("", "<13>\xff\xfe\n", "<13>\xff\xfe")
}

// TestJSONArray has an array of events in one frame: each is a record.
func TestJSONArray(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	conn := dial(t, r.tcp.socket.Addr())
	write(t, conn, `[{"action":"secret_retrieval"},{"action":"secret_rotation"}]`+"\n"+`{"action":"x"}`+"\n")
	want := []string{`{"action":"secret_retrieval"}`, `{"action":"secret_rotation"}`, `{"action":"x"}`}
	if diff := cmp.Diff(want, s.take(t, len(want))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFrameTimeout has a sender that ends no frame.
func TestFrameTimeout(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', frame_timeout: 1ms}}", s)
	conn := dial(t, r.tcp.socket.Addr())
	want := []string{"<13>one frame_no_trailer", "<13>two frame_no_trailer", "<13>three"}
	for i, chunk := range []string{"<13>one", "<13>two", "<13>three\n"} {
		write(t, conn, chunk)
		if diff := cmp.Diff(want[:i+1], s.take(t, i+1)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// TestFrameTimeoutInCount has a sender that pauses within the first MSG-LEN:
// its digits alone do not decide how the stream is framed.
func TestFrameTimeoutInCount(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', frame_timeout: 1ms}}", s)
	conn := dial(t, r.tcp.socket.Addr())
	for _, chunk := range []string{"1", "0", " ", "<13>1", "23456", "7 <13>two"} {
		write(t, conn, chunk)
		time.Sleep(10 * time.Millisecond)
	}
	s.wait(t, func() bool { return len(s.records) > 0 && s.records[len(s.records)-1] == "<13>two" })
	if got := s.take(t, 0)[0]; !strings.HasPrefix(got, "<13>1") {
		t.Errorf("the first record is %q", got)
	}

	// What never becomes more is handed on when the stream ends.
	s.records = nil
	conn = dial(t, r.tcp.socket.Addr())
	write(t, conn, "42")
	conn.Close()
	if got := s.take(t, 1)[0]; got != "42 frame_no_trailer" {
		t.Errorf("got %q", got)
	}
}

// TestBacklog has connections that were not accepted when the shutdown began.
func TestBacklog(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	l, err := listenTCP(t.Context(), r.tcp.shared, &r.protocols.TCP.Get().Stream, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := lines(100)
	for _, line := range want {
		conn := dial(t, l.socket.Addr())
		write(t, conn, line+"\n")
		conn.Close()
	}
	r.stop()
	r.running.Go(l.serve)
	if err := r.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := s.take(t, 0)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d of %d came: %s", len(got), len(want), cmp.Diff(want, got))
	}
	if conn, err := net.Dial("tcp", l.socket.Addr().String()); err == nil {
		conn.Close()
		t.Error("the socket is still open")
	}
}

// TestLargeMessage has messages that need a larger buffer than a connection
// begins with, and than it grows to for others.
func TestLargeMessage(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', max_message_size: 1MiB}}", s)
	f := func(size int, want string) {
		t.Helper()
		s.records = nil
		msg := "<13>" + strings.Repeat("x", size-4)
		conn := dial(t, r.tcp.socket.Addr())
		write(t, conn, msg+"\n<13>end\n")
		got := s.take(t, 2)
		msg = msg[:min(len(msg), 1<<20)]
		if got[0] != msg+want || got[1] != "<13>end" {
			t.Errorf("%d: got %d bytes %.8q", size, len(got[0]), got[1])
		}
	}
	f(firstBuffer, "")
	f(lastBuffer-1, "")
	f(lastBuffer, "")
	f(1<<20, "")
	f(1<<20+1, " frame_cut")
}

// TestBackpressure has a pipeline that refuses until the sender cannot write
// any more. Then everything that was written comes out.
func TestBackpressure(t *testing.T) {
	var takes atomic.Bool
	s := newSink(func(plog.Logs) error {
		if takes.Load() {
			return nil
		}
		return errBusy
	})
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	conn := dial(t, r.tcp.socket.Addr())
	line := "<13>" + strings.Repeat("x", 4091) + "\n"
	block := strings.Repeat(line, 16)
	written := 0
	for {
		conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := conn.Write([]byte(block))
		written += n
		if err != nil {
			break
		}
		if written > 1<<30 {
			t.Fatal("the sender is not held back")
		}
	}
	takes.Store(true)
	conn.Close()
	whole := written / len(line)
	got := s.take(t, (written+len(line)-1)/len(line))
	for i, msg := range got[:whole] {
		if msg != line[:len(line)-1] {
			t.Fatalf("record %d of %d has %d bytes", i, whole, len(msg))
		}
	}
}

// TestConnections has many connections at once. Each keeps its order, and
// nothing is lost or doubled.
func TestConnections(t *testing.T) {
	const conns, perConn = 64, 200
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	var wg sync.WaitGroup
	for c := range conns {
		conn := dial(t, r.tcp.socket.Addr())
		wg.Go(func() {
			for i := range perConn {
				fmt.Fprintf(conn, "<13>%d %d\n", c, i)
			}
		})
	}
	wg.Wait()
	next := map[string]int{}
	for _, line := range s.take(t, conns*perConn) {
		c, i, _ := strings.Cut(strings.TrimPrefix(line, "<13>"), " ")
		if want := strconv.Itoa(next[c]); i != want {
			t.Fatalf("connection %s: got %s, want %s", c, i, want)
		}
		next[c]++
	}
	if len(next) != conns {
		t.Errorf("got %d connections, want %d", len(next), conns)
	}
}

// framed frames msgs and cuts the stream into chunks at random.
func framed(rng *rand.Rand, msgs []string) (chunks []string) {
	var b strings.Builder
	trailer := []string{"\n", "\r\n", "\x00", "counted"}[rng.IntN(4)]
	for _, msg := range msgs {
		if trailer == "counted" {
			fmt.Fprintf(&b, "%d %s", len(msg), msg)
		} else {
			b.WriteString(msg + trailer)
		}
	}
	for rest := b.String(); rest != ""; {
		n := min(len(rest), 1+rng.IntN(1<<rng.IntN(16)))
		chunks, rest = append(chunks, rest[:n]), rest[n:]
	}
	return chunks
}

func send(t testing.TB, conn net.Conn, chunks []string) {
	t.Helper()
	for _, chunk := range chunks {
		write(t, conn, chunk)
	}
}

// TestInIsOut sends the same messages in many ways to a pipeline that refuses
// now and then: what comes out is what went in, in order, once.
func TestInIsOut(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s := newSink(flaky(rand.New(rand.NewPCG(seed, 1)), errBusy))
		r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
		want := lines(1000)
		send(t, dial(t, r.tcp.socket.Addr()), framed(rng, want))
		if got := s.take(t, len(want)); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s", seed, cmp.Diff(want, got))
		}
		r.Shutdown(context.Background())
		if got := r.counter(t, "otelcol_receiver_accepted_log_records", "transport", "tcp"); got != 1000 {
			t.Errorf("seed %d: accepted %d, want 1000", seed, got)
		}
	}
}
