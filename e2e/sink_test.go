package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// sink is a SIEM's syslog socket. It keeps the messages that it is sent, and
// reads frames by code of its own.
type sink struct {
	address string
	frame   func(*bufio.Reader) (string, error)

	mu      sync.Mutex
	got     []string
	err     error         // of a frame
	stopped chan struct{} // nil, or closed when reading goes on
}

// newSink opens a TCP socket that reads counted frames or lines.
func newSink(t *testing.T, counted bool) *sink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{address: l.Addr().String(), frame: readLine}
	if counted {
		s.frame = readCounted
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go s.read(conn)
		}
	}()
	return s
}

// newUDPSink opens a UDP socket.
func newUDPSink(t *testing.T) *sink {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &sink{address: conn.LocalAddr().String()}
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			s.keep(string(b[:n]), nil)
		}
	}()
	return s
}

func (s *sink) read(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	for {
		if wait := s.gate(); wait != nil {
			<-wait
		}
		msg, err := s.frame(r)
		if err != nil {
			s.keep("", err)
			return
		}
		s.keep(msg, nil)
	}
}

// readLine reads up to LF, RFC 6587 section 3.4.2.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err == io.EOF && line != "" {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(line, "\n"), err
}

// readCounted reads MSG-LEN SP SYSLOG-MSG, RFC 6587 section 3.4.1.
func readCounted(r *bufio.Reader) (string, error) {
	count, err := r.ReadString(' ')
	if err == io.EOF && count == "" {
		return "", io.EOF
	}
	n, err := strconv.Atoi(strings.TrimSuffix(count, " "))
	if err != nil || n < 1 || n > 1<<20 {
		return "", fmt.Errorf("no MSG-LEN: %q", count)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", io.ErrUnexpectedEOF
	}
	return string(b), nil
}

func (s *sink) keep(msg string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		s.got = append(s.got, msg)
	case !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && s.err == nil:
		s.err = err
	}
}

// hold stops reading until the returned function is called.
func (s *sink) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.stopped = gate
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stopped = nil
		close(gate)
	})
}

func (s *sink) gate() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// wait waits until the sink has n messages, and returns all it has.
func (s *sink) wait(t *testing.T, n int) []string {
	t.Helper()
	waitFor(t, func() string { return unless(s.count() >= n, "more than %d of %d messages", s.count(), n) })
	return s.all(t)
}

// all returns what came, when no frame was wrong.
func (s *sink) all(t *testing.T) []string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		t.Errorf("a frame is wrong: %v", s.err)
	}
	return s.got
}
