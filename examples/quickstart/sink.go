package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// sink is a SIEM's syslog socket: it keeps the messages it is sent.
type sink struct {
	format   string
	env      string // names the endpoint to the configuration
	listener net.Listener
	done     chan struct{} // closed when the last connection has ended

	mu   sync.Mutex
	got  []string
	err  error
	open sync.WaitGroup
}

type sinks []*sink

// openSinks opens a socket for each format.
func openSinks() (sinks, error) {
	all := sinks{
		{format: "cef", env: "PAM_SIEM_CEF"},
		{format: "rfc5424", env: "PAM_SIEM_RFC5424"},
		{format: "sensage", env: "PAM_SIEM_SENSAGE"},
	}
	for i, fallback := range []string{"127.0.0.1:10514", "127.0.0.1:10515", "127.0.0.1:10516"} {
		where, err := endpoint(all[i].env, fallback)
		if err != nil {
			return nil, err
		}
		if all[i].listener, err = net.Listen("tcp", where); err != nil {
			return nil, err
		}
		all[i].done = make(chan struct{})
		go all[i].accept()
	}
	return all, nil
}

func (s *sink) accept() {
	defer close(s.done)
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			s.open.Wait()
			return
		}
		s.open.Add(1)
		go func() {
			defer s.open.Done()
			defer conn.Close()
			s.read(conn)
		}()
	}
}

// read takes messages off a connection until it ends.
func (s *sink) read(r io.Reader) {
	var framer syslog.Framer
	framer.MaxMessageSize = 1 << 20
	var buf []byte
	chunk := make([]byte, 64<<10)
	for {
		n, err := r.Read(chunk)
		buf = s.frames(&framer, append(buf, chunk[:n]...))
		if err != nil {
			if len(buf) > 0 {
				err = fmt.Errorf("%s: the connection ended in the middle of a message", s.format)
			}
			s.keep(nil, err)
			return
		}
	}
}

// frames takes the whole messages off b and returns the rest.
func (s *sink) frames(framer *syslog.Framer, b []byte) []byte {
	for {
		i, j, n, _, ok := framer.Next(b)
		if !ok {
			return b[n:]
		}
		s.keep(b[i:j], nil)
		b = b[n:]
	}
}

func (s *sink) keep(msg []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.got = append(s.got, string(msg))
	} else if !errors.Is(err, io.EOF) && s.err == nil {
		s.err = err
	}
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// close waits for what is still on its way and closes the sockets.
func (all sinks) close() error {
	var errs []error
	for _, s := range all {
		s.listener.Close()
		select {
		case <-s.done:
			errs = append(errs, s.err)
		case <-time.After(patience):
			errs = append(errs, fmt.Errorf("%s: the connection is still open", s.format))
		}
	}
	return errors.Join(errs...)
}

// missing says which formats have another number of lines than went in; nil
// when none has.
func (all sinks) missing(lines int) error {
	var errs []error
	for _, s := range all {
		switch n := s.count(); {
		case n < lines:
			errs = append(errs, fmt.Errorf("%s: %d of %d lines are missing", s.format, lines-n, lines))
		case n > lines:
			errs = append(errs, fmt.Errorf("%s: %d lines more than the %d that went in", s.format, n-lines, lines))
		}
	}
	return errors.Join(errs...)
}

// report writes every line as received, and the counts as the last line.
func (all sinks) report(w io.Writer, in played) error {
	out := bufio.NewWriter(w)
	total := 0
	var counts []string
	for _, s := range all {
		for _, msg := range s.got {
			fmt.Fprintln(out, msg)
		}
		total += len(s.got)
		counts = append(counts, fmt.Sprintf("%d %s", len(s.got), s.format))
	}
	verdict := "none lost"
	missing := all.missing(in.total())
	if missing != nil {
		verdict = "NOT ALL"
	}
	fmt.Fprintf(out, "in: %d lines (%d tcp, %d udp); out: %d lines (%s): %s\n",
		in.total(), in.tcp, in.udp, total, strings.Join(counts, ", "), verdict)
	return errors.Join(out.Flush(), missing)
}
