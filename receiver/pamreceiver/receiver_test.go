package pamreceiver

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-pam/otelcol-pam/receiver/pamreceiver/internal/metadata"
)

// sink is the pipeline behind the receiver. It destroys what it is given, as a
// pipeline may that owns it.
type sink struct {
	refuse func(ld plog.Logs) error // nil: it takes all
	more   chan struct{}            // something was taken or refused

	mu      sync.Mutex
	records []string // what was taken: body, and what was wrong with the frame
	batches int
	offers  int
}

func newSink(refuse func(plog.Logs) error) *sink {
	return &sink{refuse: refuse, more: make(chan struct{}, 1)}
}

func (s *sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (s *sink) ConsumeLogs(_ context.Context, ld plog.Logs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		select {
		case s.more <- struct{}{}:
		default:
		}
	}()
	defer ld.ResourceLogs().RemoveIf(func(plog.ResourceLogs) bool { return true })
	s.offers++
	if s.refuse != nil {
		if err := s.refuse(ld); err != nil {
			return err
		}
	}
	s.batches++
	for lr := range each(ld) {
		s.records = append(s.records, text(lr))
	}
	return nil
}

// each yields the records of ld and their resources.
func each(ld plog.Logs) func(func(plog.LogRecord, pcommon.Resource) bool) {
	return func(yield func(plog.LogRecord, pcommon.Resource) bool) {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					if !yield(lr, rl.Resource()) {
						return
					}
				}
			}
		}
	}
}

// text is the body of a record, and what was wrong with its frame.
func text(lr plog.LogRecord) string {
	body := lr.Body().AsString()
	if lr.Body().Type() == pcommon.ValueTypeBytes {
		body = string(lr.Body().Bytes().AsRaw())
	}
	repairs, ok := lr.Attributes().Get("pam.repairs")
	if !ok {
		return body
	}
	frame := slices.DeleteFunc(strings.Split(repairs.Str(), ","), func(name string) bool {
		return !strings.HasPrefix(name, "frame_")
	})
	return strings.TrimSpace(body + " " + strings.Join(frame, " "))
}

// wait waits until done, called with s locked, is true.
func (s *sink) wait(t testing.TB, done func() bool) {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		ok := done()
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-s.more:
		case <-timeout:
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Fatalf("waited in vain; %d records in %d batches of %d offers: ... %q", len(s.records), s.batches, s.offers, s.records[max(0, len(s.records)-5):])
		}
	}
}

// take waits for n records and gives all there are.
func (s *sink) take(t testing.TB, n int) []string {
	t.Helper()
	s.wait(t, func() bool { return len(s.records) >= n })
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records)
}

// host records the status events.
type host struct {
	component.Host
	mu     sync.Mutex
	events []string
}

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e.Status().String())
}

func (h *host) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.events, " ")
}

// setup is a receiver that runs.
type setup struct {
	*pamReceiver
	tel  *componenttest.Telemetry
	host *host
}

// start starts a receiver for the length of the test.
func start(t testing.TB, yaml string, next consumer.Logs) *setup {
	t.Helper()
	s := create(t, yaml, next)
	if err := s.Start(t.Context(), s.host); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func create(t testing.TB, yaml string, next consumer.Logs) *setup {
	t.Helper()
	cfg, err := load(t, yaml)
	if err != nil {
		t.Fatal(err)
	}
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { tel.Shutdown(context.Background()) })
	set := receivertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	r, err := NewFactory().CreateLogs(t.Context(), set, cfg, next)
	if err != nil {
		t.Fatal(err)
	}
	return &setup{r.(*pamReceiver), tel, &host{Host: componenttest.NewNopHost()}}
}

// dial connects to a listener for the length of the test.
func dial(t testing.TB, addr net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func write(t testing.TB, conn net.Conn, s string) {
	t.Helper()
	if _, err := conn.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
}

// counter is the sum of a counter's points that have the attribute key=value;
// an empty key takes all.
func (s *setup) counter(t testing.TB, name, key, value string) int64 {
	t.Helper()
	m, err := s.tel.GetMetric(name)
	if err != nil {
		return 0
	}
	var sum int64
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		if v, ok := p.Attributes.Value(attribute.Key(key)); key == "" || ok && v.AsString() == value {
			sum += p.Value
		}
	}
	return sum
}

func lines(n int) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("<13>1 2026-01-02T03:04:05Z host app %d - - line %d", i, i))
	}
	return lines
}
