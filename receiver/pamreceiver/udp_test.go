package pamreceiver

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"
)

func TestDatagrams(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {udp: {endpoint: 'localhost:0', max_message_size: 24}}", s)
	conn := dial(t, r.udp.conn.LocalAddr())
	n := 0
	f := func(datagram string, want ...string) {
		t.Helper()
		write(t, conn, datagram)
		got := s.take(t, n+len(want))[n:]
		n += len(got)
		if diff := cmp.Diff(want, got, cmpEmpty); diff != "" {
			t.Errorf("%q, -want +got:\n%s", datagram, diff)
		}
	}
	f("<13>one", "<13>one")
	f("<13>one\n", "<13>one")
	f("<13>one\r\n", "<13>one")
	f("<13>one\x00", "<13>one")
	f("<13>one\n<13>two\n", "<13>one\n<13>two")
	f("7 <13>one", "7 <13>one")
	f("")
	f("\n")
	f("<13>01234567890123456789", "<13>01234567890123456789")
	f("<13>01234567890123456789\r\n", "<13>01234567890123456789")
	f("<13>012345678901234567890", "<13>01234567890123456789 frame_cut")
	f("<13>01234567890123456789\r\n0123", "<13>01234567890123456789 frame_cut")
	f("<13>0123456789012345678901234567890123456789", "<13>01234567890123456789 frame_cut")
	f("<13>end", "<13>end")
}

// cmpEmpty holds a nil slice for an empty one.
var cmpEmpty = cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })

// TestLargeDatagram has the largest datagram that there is, with the default
// configuration.
func TestLargeDatagram(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {udp: {endpoint: '127.0.0.1:0'}}", s)
	want := "<13>" + strings.Repeat("x", 65507-4)
	write(t, dial(t, r.udp.conn.LocalAddr()), want)
	if got := s.take(t, 1)[0]; got != want {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
}

// TestDatagramsInBatches has datagrams that came while the pipeline refused:
// they are handed on together, no more than 64 in a batch.
func TestDatagramsInBatches(t *testing.T) {
	most := 0
	refuse := make(chan struct{})
	s := newSink(func(ld plog.Logs) error {
		select {
		case <-refuse:
			most = max(most, ld.LogRecordCount())
			return nil
		default:
			return errBusy
		}
	})
	r := start(t, "protocols: {udp: {endpoint: 'localhost:0'}}", s)
	conn := dial(t, r.udp.conn.LocalAddr())
	want := lines(200)
	write(t, conn, want[0])
	s.wait(t, func() bool { return s.offers > 0 })
	for _, line := range want[1:] {
		write(t, conn, line)
	}
	close(refuse)
	if diff := cmp.Diff(want, s.take(t, 200)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if most != maxDatagrams {
		t.Errorf("the largest batch has %d records, want %d", most, maxDatagrams)
	}
}

// TestReadError has a read that fails: it is counted, and reading goes on.
func TestReadError(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {udp: {endpoint: 'localhost:0'}}", s)
	conn := dial(t, r.udp.conn.LocalAddr())
	write(t, conn, "<13>one")
	s.take(t, 1)
	for r.counter(t, "otelcol_pam_receiver_read_errors", "transport", "udp") == 0 {
		r.udp.conn.SetReadDeadline(time.Unix(1, 0))
		time.Sleep(time.Millisecond)
	}
	write(t, conn, "<13>two")
	s.take(t, 2)
}

// TestOrigin has the peer and the tenant on the resource.
func TestOrigin(t *testing.T) {
	origins := map[string]bool{}
	s := newSink(func(ld plog.Logs) error {
		for lr, resource := range each(ld) {
			peer, _ := resource.Attributes().Get("network.peer.address")
			tenant, _ := resource.Attributes().Get("pam.tenant")
			origins[lr.Body().Str()+" "+peer.Str()+" "+tenant.Str()] = true
		}
		return nil
	})
	r := start(t, `
protocols:
  udp: {endpoint: '127.0.0.1:0', tenant: acme}
  tcp: {endpoint: '127.0.0.1:0'}
`, s)
	from := func(addr net.Addr, ip, msg string) {
		t.Helper()
		d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(ip)}}
		if addr.Network() == "tcp" {
			d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(ip)}
		}
		conn, err := d.Dial(addr.Network(), addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		write(t, conn, msg)
	}
	from(r.udp.conn.LocalAddr(), "127.0.0.1", "<13>one")
	from(r.udp.conn.LocalAddr(), "127.0.0.2", "<13>two")
	from(r.udp.conn.LocalAddr(), "127.0.0.1", "<13>three")
	from(r.tcp.socket.Addr(), "127.0.0.3", "<13>four\n")
	s.take(t, 4)
	for _, want := range []string{
		"<13>one 127.0.0.1 acme", "<13>two 127.0.0.2 acme", "<13>three 127.0.0.1 acme", "<13>four 127.0.0.3 ",
	} {
		if !origins[want] {
			t.Errorf("no %q in %v", want, origins)
		}
	}
}
