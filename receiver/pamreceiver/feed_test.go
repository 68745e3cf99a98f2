package pamreceiver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/multierr"

	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

var (
	errBusy  = errors.New("busy")
	errNever = consumererror.NewPermanent(errors.New("never"))
)

// flaky refuses one batch in three.
func flaky(rng *rand.Rand, err error) func(plog.Logs) error {
	return func(plog.Logs) error {
		if rng.IntN(3) == 0 {
			return err
		}
		return nil
	}
}

func TestPermanent(t *testing.T) {
	f := func(err error, want bool) {
		t.Helper()
		if got := permanent(err); got != want {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
	f(errBusy, false)
	f(consumererror.NewRetryableError(errBusy), false)
	f(errNever, true)
	f(fmt.Errorf("exporter: %w", errNever), true)
	f(consumererror.NewDownstream(errNever), true)

	// A fan-out: one branch that may yet take the records is enough.
	f(multierr.Append(errNever, errNever), true)
	f(multierr.Append(errNever, errBusy), false)
	f(errors.Join(errBusy, errNever), false)
	f(consumererror.NewDownstream(multierr.Append(errNever, errBusy)), false)
	f(consumererror.NewPermanent(errors.Join(errBusy, errBusy)), true)
	f(noBranches{}, false)
}

// noBranches says of nothing that it is permanent.
type noBranches struct{}

func (noBranches) Error() string   { return "no branches" }
func (noBranches) Unwrap() []error { return nil }

// TestHold has a pipeline that refuses a batch, and destroys it, three times:
// what it is offered is always the same, UIDs and times included, and nothing
// more is read meanwhile.
func TestHold(t *testing.T) {
	var offers []string
	s := newSink(func(ld plog.Logs) error {
		b, err := new(plog.JSONMarshaler).MarshalLogs(ld)
		if err != nil {
			return err
		}
		offers = append(offers, string(b))
		if len(offers) < 4 {
			return errBusy
		}
		return nil
	})
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	conn := dial(t, r.tcp.socket.Addr())
	write(t, conn, "<13>one\n<13>two\n")
	s.take(t, 2)
	write(t, conn, "<13>three\n")
	s.take(t, 3)
	r.Shutdown(context.Background())
	if len(offers) != 5 {
		t.Fatalf("got %d offers, want 5", len(offers))
	}
	for i, offer := range offers[:4] {
		if offer != offers[0] {
			t.Errorf("offer %d is not the first one:\n%s\n%s", i, offer, offers[0])
		}
	}
	if n := strings.Count(offers[0], "log.record.uid"); n != 2 {
		t.Errorf("got %d UIDs, want 2: %s", n, offers[0])
	}
	if got, want := r.host.String(), "StatusRecoverableError StatusOK"; got != want {
		t.Errorf("status: got %s, want %s", got, want)
	}
	for name, want := range map[string]int64{
		"otelcol_receiver_accepted_log_records": 3,
		"otelcol_receiver_refused_log_records":  0,
		"otelcol_pam_receiver_parsed":           3,
		"otelcol_pam_receiver_refused":          0,
	} {
		if got := r.counter(t, name, "", ""); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}

// TestUIDs has as many UIDs as records, over connections.
func TestUIDs(t *testing.T) {
	seen := map[string]bool{}
	s := newSink(func(ld plog.Logs) error {
		for lr := range each(ld) {
			uid, _ := lr.Attributes().Get("log.record.uid")
			seen[uid.Str()] = true
		}
		return nil
	})
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	for range 4 {
		conn := dial(t, r.tcp.socket.Addr())
		write(t, conn, strings.Join(lines(100), "\n"))
		conn.Close()
	}
	s.take(t, 400)
	if len(seen) != 400 || seen[""] {
		t.Errorf("got %d UIDs, want 400", len(seen))
	}
}

// TestRefused has a pipeline that refuses some batches for good: those are
// counted, and the connection goes on.
func TestRefused(t *testing.T) {
	refused := 0
	flaky := flaky(rand.New(rand.NewPCG(1, 2)), errNever)
	s := newSink(func(ld plog.Logs) error {
		err := flaky(ld)
		if err != nil {
			refused += ld.LogRecordCount()
		}
		return err
	})
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
	send(t, dial(t, r.tcp.socket.Addr()), framed(rand.New(rand.NewPCG(3, 4)), lines(2000)))
	s.wait(t, func() bool { return len(s.records)+refused == 2000 })
	if refused == 0 || refused == 2000 {
		t.Fatalf("%d of 2000 were refused, which tests nothing", refused)
	}
	r.Shutdown(context.Background())
	for name, want := range map[string]int64{
		"otelcol_pam_receiver_refused":          int64(refused),
		"otelcol_receiver_refused_log_records":  int64(refused),
		"otelcol_receiver_accepted_log_records": int64(2000 - refused),
		"otelcol_pam_receiver_lost":             0,
	} {
		if got := r.counter(t, name, "", ""); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}

// TestShutdownLoses has a pipeline that never takes anything: the shutdown
// ends with its context, and what was held is counted.
func TestShutdownLoses(t *testing.T) {
	s := newSink(func(plog.Logs) error { return errBusy })
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}, udp: {endpoint: 'localhost:0'}}", s)
	write(t, dial(t, r.tcp.socket.Addr()), "<13>one\n<13>two\n<13>three")
	write(t, dial(t, r.udp.conn.LocalAddr()), "<13>four")
	s.wait(t, func() bool { return s.offers >= 4 })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for transport, want := range map[string]int64{"tcp": 3, "udp": 1} {
		if got := r.counter(t, "otelcol_pam_receiver_lost", "transport", transport); got != want {
			t.Errorf("lost over %s: got %d, want %d", transport, got, want)
		}
	}
	if got := r.counter(t, "otelcol_receiver_refused_log_records", "", ""); got != 4 {
		t.Errorf("refused: got %d, want 4", got)
	}
}

// TestShutdownHandsOn has a pipeline that refuses until the shutdown begins,
// and a sender whose bytes are still in the kernel then.
func TestShutdownHandsOn(t *testing.T) {
	stopping := make(chan struct{})
	s := newSink(func(plog.Logs) error {
		select {
		case <-stopping:
			return nil
		default:
			return errBusy
		}
	})
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}, udp: {endpoint: 'localhost:0'}}", s)
	tcp, udp := dial(t, r.tcp.socket.Addr()), dial(t, r.udp.conn.LocalAddr())
	want := lines(500)
	write(t, tcp, want[0]+"\n")
	write(t, udp, want[0])
	s.wait(t, func() bool { return s.offers >= 2 })
	write(t, tcp, strings.Join(want[1:], "\n"))
	for _, line := range want[1:] {
		write(t, udp, line)
	}
	close(stopping)
	if err := r.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	want = append(want, want...)
	want[499] += " frame_no_trailer"
	slices.Sort(want)
	got := s.take(t, 1000)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestBatchBounds has reads that make more records, or more text, than one
// batch may hold: they are handed on in parts, in order, and nothing is lost
// or doubled though the pipeline refuses now and then.
func TestBatchBounds(t *testing.T) {
	array := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"n":"%d"}`, i)
		}
		return "[" + b.String()[1:] + "]"
	}
	f := func(want string, messages ...string) {
		t.Helper()
		var sizes []string
		flaky := flaky(rand.New(rand.NewPCG(5, 6)), errBusy)
		s := newSink(func(ld plog.Logs) error {
			if err := flaky(ld); err != nil {
				return err
			}
			bytes := 0
			for lr := range each(ld) {
				bytes += len(lr.Body().Str())
			}
			if ld.LogRecordCount() > maxRecords || bytes > maxText && ld.LogRecordCount() > 1 {
				t.Errorf("a batch has %d records with %d bytes", ld.LogRecordCount(), bytes)
			}
			sizes = append(sizes, fmt.Sprint(ld.LogRecordCount()))
			return nil
		})
		r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", s)
		feed, buf, all := newFeed(context.Background(), r.tcp.listener, r.tcp.workers), []byte(nil), []string(nil)
		for _, msg := range messages {
			feed.frames = append(feed.frames, frame{from: len(buf), to: len(buf) + len(msg), peer: "192.0.2.1"})
			buf = append(buf, msg...)
			wire.NewParser(nil).SplitJSON(msg, func(msg string) bool { all = append(all, msg); return true })
		}
		feed.handOn(buf)
		if got := strings.Join(sizes, " "); got != want {
			t.Errorf("got batches of %s, want %s", got, want)
		}
		if got := s.take(t, len(all)); !slices.Equal(got, all) {
			t.Errorf("got %d records, want %d: %s", len(got), len(all), cmp.Diff(all, got))
		}
	}
	f("1024 1024 952", array(3000))
	f("1024 979", "<13>one", array(1000), "<13>two", array(1001))
	f("1024", array(1024))
	f("1024 1", array(1024), "<13>one")
	large := "<13>" + strings.Repeat("x", 400<<10)
	f("2 2 1", large, large, large, large, large)
	f("1 1 1", "<13>one", large+large+large, "<13>two")
	f("1024 1024 952", strings.Split(strings.TrimSpace(strings.Repeat("x ", 3000)), " ")...)
}

// TestArrays has an array of 21,781 empty objects in one datagram, and the same
// over TCP: no batch is larger for it.
func TestArrays(t *testing.T) {
	const objects = 21_781
	most := 0
	s := newSink(func(ld plog.Logs) error {
		most = max(most, ld.LogRecordCount())
		return nil
	})
	r := start(t, "protocols: {udp: {endpoint: '127.0.0.1:0'}, tcp: {endpoint: '127.0.0.1:0'}}", s)
	array := "[" + strings.Repeat("{},", objects-1) + "{}]"
	write(t, dial(t, r.udp.conn.LocalAddr()), array)
	s.take(t, objects)
	write(t, dial(t, r.tcp.socket.Addr()), strings.Repeat(array+"\n", 4))
	s.take(t, 5*objects)
	if most > maxRecords {
		t.Errorf("a batch has %d records, want %d at most", most, maxRecords)
	}
}
