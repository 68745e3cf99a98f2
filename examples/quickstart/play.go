package main

import (
	"fmt"
	"net"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// played counts the lines that went in.
type played struct{ tcp, udp int }

func (p played) total() int { return p.tcp + p.udp }

// play sends every line over TCP, those in even places with an octet count and
// those in odd ones ended by LF (RFC 6587 section 3.4), and then every line as
// a datagram (RFC 5426).
func play(lines []corpus.Case, endpoint string, out sinks) (played, error) {
	var p played
	err := playTCP(lines, endpoint, &p)
	if err != nil {
		return p, err
	}
	if err := out.wait(p.total()); err != nil {
		return p, err
	}
	return p, playUDP(lines, endpoint, out, &p)
}

func playTCP(lines []corpus.Case, endpoint string, p *played) error {
	for first, framing := range []syslog.Framing{syslog.OctetCounting, syslog.NonTransparent} {
		var stream []byte
		for i := first; i < len(lines); i += 2 {
			stream = syslog.AppendFrame(stream, framing, []byte(lines[i].Input))
			p.tcp++
		}
		if err := send(endpoint, stream); err != nil {
			return err
		}
	}
	return nil
}

func send(endpoint string, stream []byte) error {
	conn, err := net.DialTimeout("tcp", endpoint, patience)
	if err != nil {
		return err
	}
	if _, err := conn.Write(stream); err != nil {
		conn.Close()
		return err
	}
	return conn.Close()
}

// inFlight is how many datagrams may be on their way: nobody tells their
// sender that the receiver has no room for more.
const inFlight = 32

func playUDP(lines []corpus.Case, endpoint string, out sinks, p *played) error {
	conn, err := net.DialTimeout("udp", endpoint, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, c := range lines {
		if _, err := conn.Write([]byte(c.Input)); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		p.udp++
		if p.udp%inFlight == 0 {
			if err := out.wait(p.total()); err != nil {
				return err
			}
		}
	}
	return nil
}

// wait waits until every sink has that many lines, as long as more come.
func (all sinks) wait(lines int) error {
	last, since := 0, time.Now()
	for {
		have, total := true, 0
		for _, s := range all {
			n := s.count()
			have = have && n >= lines
			total += n
		}
		switch {
		case have:
			return nil
		case total != last:
			last, since = total, time.Now()
		case time.Since(since) > patience:
			return all.missing(lines)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
