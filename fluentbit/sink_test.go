package main_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// sink is a SIEM's syslog socket. It keeps what it is sent, connection by
// connection. What is above the empty line is set before listen.
type sink struct {
	cut     int64         // of the first connection: its end comes after so many bytes, if not 0
	rst     bool          // and is a RST rather than a FIN
	gate    chan struct{} // nothing is read before it is closed, unless nil
	tls     *tls.Config
	discard bool

	address string
	mu      sync.Mutex
	conns   []*transcript
	reading int // connections that are read
}

func newSink(t testing.TB) *sink {
	t.Helper()
	return new(sink).listen(t, "127.0.0.1:0")
}

// refusedAddress returns one that nobody listens at.
func refusedAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *sink) listen(t testing.TB, address string) *sink {
	t.Helper()
	l, err := (&net.ListenConfig{Control: s.limitBuffer}).Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			s.accept(conn.(*net.TCPConn))
		}
	}()
	return s
}

// limitBuffer lets the kernel take little for a sink that does not read.
func (s *sink) limitBuffer(_, _ string, c syscall.RawConn) error {
	if s.gate == nil {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
	})
	if err != nil {
		return err
	}
	return failed
}

func (s *sink) accept(conn *net.TCPConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := len(s.conns) == 0
	got := new(transcript)
	s.conns = append(s.conns, got)
	s.reading++
	go func() {
		if s.gate != nil {
			<-s.gate
		}
		s.read(conn, got, first && s.cut > 0)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reading--
	}()
}

func (s *sink) read(conn *net.TCPConn, got io.Writer, cut bool) {
	defer conn.Close()
	var r io.Reader = conn
	if s.tls != nil {
		r = tls.Server(conn, s.tls)
	}
	if s.discard {
		got = io.Discard
	}
	if cut {
		r = io.LimitReader(r, s.cut)
	}
	_, _ = io.Copy(got, r)
	if cut && s.rst {
		_ = conn.SetLinger(0)
	}
}

// finish waits until all is read of connections that are ended. The accept queue
// keeps order, so a connection of our own is the last of them.
func (s *sink) finish(t testing.TB) {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
	eventually(t, func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.reading == 0 {
			return ""
		}
		return fmt.Sprintf("%d connections are open", s.reading)
	})
}

// text returns all that came so far.
func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	for _, c := range s.conns {
		all.WriteString(c.String())
	}
	return all.String()
}

// frames returns the lines that came so far, those that a connection's end cut
// aside.
func (s *sink) frames() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		for line := range strings.Lines(c.String()) {
			if frame, whole := strings.CutSuffix(line, "\n"); whole {
				all = append(all, frame)
			}
		}
	}
	return all
}

// uncount takes apart text with octet counting, RFC 6587 section 3.4.1.
func uncount(text string) (frames []string, err error) {
	for text != "" {
		count, rest, _ := strings.Cut(text, " ")
		n, err := strconv.Atoi(count)
		if err != nil || n > len(rest) {
			return frames, fmt.Errorf("no frame: %.40q", text)
		}
		frames = append(frames, rest[:n])
		text = rest[n:]
	}
	return frames, nil
}

// account compares what came with what was sent. It returns "" when each frame
// came once, and twice has how many came more than once.
func account(sent, came []string) (wrong string, twice int) {
	left := map[string]int{}
	for _, f := range sent {
		left[f]++
	}
	known := len(left)
	for _, f := range came {
		left[f]--
	}
	var lost, foreign int
	for _, n := range left {
		lost += max(n, 0)
	}
	for _, f := range sent {
		if left[f] < 0 {
			twice++
		}
	}
	foreign = len(left) - known
	if lost+foreign > 0 {
		wrong = fmt.Sprintf("of %d frames %d did not come, and %d came that nobody sent", len(sent), lost, foreign)
	}
	return wrong, twice
}

// once says what is wrong when each frame should have come exactly once.
func (s *sink) once(sent []string) string {
	wrong, twice := account(sent, s.frames())
	if wrong == "" && twice > 0 {
		wrong = fmt.Sprintf("%d of %d frames came more than once", twice, len(sent))
	}
	return wrong
}
