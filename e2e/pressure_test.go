package e2e

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestSlowSIEM sends much more than the collector may hold to a SIEM that has
// stopped reading. The sender must be made to wait, the collector must stay
// small, and when the SIEM reads on, everything arrives in order.
func TestSlowSIEM(t *testing.T) {
	const (
		rounds = 16
		queue  = 1 << 20
		most   = 80 << 20 // of memory more than at rest
	)
	once := simulated(t, 20_000)
	pam, s := freeAddress(t), newSink(t, false)
	c := startCollector(t, fmt.Sprintf(`
receivers:
  pam: {protocols: {tcp: {endpoint: %q}}}
processors:
  suid:
exporters:
  siem: {endpoint: %q, format: raw, sending_queue: {queue_size: %d}}
service:
  pipelines:
    logs: {receivers: [pam], processors: [suid], exporters: [siem]}
`, pam, s.address, queue))
	conn, err := net.Dial("tcp", pam)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stream := strings.Repeat(strings.Join(once, "\n")+"\n", rounds)
	if len(stream) < most {
		t.Fatalf("%d bytes say nothing of memory", len(stream))
	}
	atRest := c.memory(t, "VmRSS")

	release := s.hold()
	defer release()
	var sent atomic.Int64
	done := make(chan error, 1)
	go func() { done <- send(conn, stream, &sent) }()
	waitForPause(t, &sent)
	if n := sent.Load(); n >= int64(len(stream)) {
		t.Errorf("all of %d bytes were taken although the SIEM had stopped", n)
	}
	if held := c.memory(t, "VmRSS") - atRest; held > most {
		t.Errorf("%d bytes of memory more than at rest", held)
	}
	t.Logf("%d of %d MiB taken, memory %d MiB at rest, %d when full", sent.Load()>>20, len(stream)>>20, atRest>>20, c.memory(t, "VmRSS")>>20)

	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	want := slices.Repeat(once, rounds)
	if got := s.wait(t, len(want)); !slices.Equal(got, want) {
		t.Errorf("%d messages came of %d, or not in order", len(got), len(want))
	}
	if held := c.memory(t, "VmHWM") - atRest; held > most {
		t.Errorf("at most %d bytes of memory more than at rest", held)
	}
	t.Logf("memory at most %d MiB", c.memory(t, "VmHWM")>>20)
}

// send sends a stream and counts what was taken of it.
func send(conn net.Conn, stream string, sent *atomic.Int64) error {
	for len(stream) > 0 {
		n, err := conn.Write([]byte(stream[:min(len(stream), 64<<10)]))
		if err != nil {
			return err
		}
		sent.Add(int64(n))
		stream = stream[n:]
	}
	return nil
}

// waitForPause waits until a count has begun, and then has not changed for a
// while.
func waitForPause(t *testing.T, n *atomic.Int64) {
	t.Helper()
	last, since := n.Load(), time.Now()
	waitFor(t, func() string {
		if now := n.Load(); now != last {
			last, since = now, time.Now()
		}
		return unless(last > 0 && time.Since(since) > time.Second, "pause of the sender, which has sent %d bytes", last)
	})
}

// TestUDP sends at a pace that the kernel's buffers bear. Nothing is lost on
// the loopback then.
func TestUDP(t *testing.T) {
	lines := simulated(t, 5000)
	pam, s := freeAddress(t), newUDPSink(t)
	c := startCollector(t, fmt.Sprintf(`
receivers:
  pam: {protocols: {udp: {endpoint: %q}}}
processors:
  suid:
exporters:
  siem: {endpoint: %q, transport: udp, format: raw}
service:
  pipelines:
    logs: {receivers: [pam], processors: [suid], exporters: [siem]}
`, pam, s.address))
	conn, err := net.Dial("udp", pam)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for i, line := range lines {
		if _, err := io.WriteString(conn, line); err != nil {
			t.Fatal(err)
		}
		if i%inFlight == 0 {
			s.wait(t, i+1)
		}
	}
	s.wait(t, len(lines))
	c.stop(t)
	if got := s.all(t); !slices.Equal(got, lines) {
		t.Errorf("%d messages came of %d, or not in order", len(got), len(lines))
	}
}
