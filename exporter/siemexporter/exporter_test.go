package siemexporter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// patience bounds what a test waits for.
const patience = 20 * time.Second

// fast makes a test of retries short.
const fast = `
timeout: 2s
retry_on_failure: {initial_interval: 5ms, max_interval: 5ms, randomization_factor: 0}
`

// sink is a SIEM that keeps what it got, connection by connection.
type sink struct {
	address string
	framing syslog.Framing
	close   func()

	mu      sync.Mutex
	changed *sync.Cond
	conns   []net.Conn
	frames  []string
}

func newSink(t *testing.T, address string, framing syslog.Framing) *sink {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, framing)
}

// serve keeps what comes over the connections of a listener.
func serve(t *testing.T, l net.Listener, framing syslog.Framing) *sink {
	s := &sink{address: l.Addr().String(), framing: framing}
	s.changed = sync.NewCond(&s.mu)
	var running sync.WaitGroup
	s.close = func() {
		l.Close()
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		running.Wait()
	}
	t.Cleanup(s.close)
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			running.Go(func() { s.read(c) })
		}
	})
	return s
}

// read cuts the stream as a SIEM does. A rest without its end is a frame too,
// so that a test sees it.
func (s *sink) read(c net.Conn) {
	defer c.Close()
	framer := syslog.Framer{Framing: s.framing, MaxMessageSize: 1 << 20}
	b := make([]byte, 0, 1<<21)
	for {
		n, err := c.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		next := framer.Next
		if err != nil {
			next = framer.Flush
		}
		for {
			i, j, n, flags, ok := next(b)
			if ok {
				s.keep(string(b[i:j]), flags)
			}
			b = b[:copy(b, b[n:])]
			if !ok {
				break
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *sink) keep(frame string, flags syslog.Flags) {
	if flags != 0 {
		frame = fmt.Sprintf("flags %d: %s", flags, frame)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, frame)
	s.changed.Broadcast()
}

// wait waits for n frames and returns all there are, and how many connections
// they came over.
func (s *sink) wait(t *testing.T, n int) (frames []string, conns int) {
	t.Helper()
	timer := time.AfterFunc(patience, s.changed.Broadcast)
	defer timer.Stop()
	until := time.Now().Add(patience)
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.frames) < n {
		if time.Now().After(until) {
			t.Fatalf("%d frames came, want %d", len(s.frames), n)
		}
		s.changed.Wait()
	}
	return s.frames, len(s.conns)
}

// host is a collector that keeps what is reported, and has extensions.
type host struct {
	extensions map[component.ID]component.Component
	mu         sync.Mutex
	reported   []string
}

func (h *host) GetExtensions() map[component.ID]component.Component { return h.extensions }

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reported = append(h.reported, e.Status().String())
}

func (h *host) reports() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.reported, " ")
}

func settings() exporter.Settings { return exportertest.NewNopSettings(metadata.Type) }

func measuredSettings() (exporter.Settings, *componenttest.Telemetry) {
	set, tel := settings(), componenttest.NewTelemetry()
	set.TelemetrySettings = tel.NewTelemetrySettings()
	return set, tel
}

// until waits for a condition.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// start starts an exporter, which the test shuts down in the end.
func start(t testing.TB, set exporter.Settings, h component.Host, yaml string) exporter.Logs {
	t.Helper()
	cfg, err := load(t, yaml)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	r := &running{Logs: e}
	t.Cleanup(func() {
		if err := r.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// running is shut down by the test or when the test ends.
type running struct {
	exporter.Logs
	once sync.Once
}

func (r *running) Shutdown(ctx context.Context) (err error) {
	r.once.Do(func() { err = r.Logs.Shutdown(ctx) })
	return err
}

// lines makes a record of each line, as any receiver would.
func lines(lines ...string) plog.Logs {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, line := range lines {
		records.AppendEmpty().Body().SetStr(line)
	}
	return ld
}

func consume(t testing.TB, e exporter.Logs, ld plog.Logs) {
	t.Helper()
	if err := e.ConsumeLogs(t.Context(), ld); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		t.Errorf("\ngot  %.2000s\nwant %.2000s", g, w)
	}
}

// TestOneConnection sends many batches: they come over one connection, in order.
func TestOneConnection(t *testing.T) {
	f := func(yaml string) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		e := start(t, settings(), &host{}, "format: raw\nendpoint: "+s.address+"\n"+yaml)
		var want []string
		for i := range 200 {
			batch := []string{fmt.Sprintf("%d.1", i), fmt.Sprintf("%d.2", i), fmt.Sprintf("%d.3", i)}
			consume(t, e, lines(batch...))
			consume(t, e, plog.NewLogs())
			want = append(want, batch...)
		}
		got, conns := s.wait(t, len(want))
		equal(t, got, want...)
		if conns != 1 {
			t.Errorf("%d connections", conns)
		}
	}
	f("")
	f("sending_queue: {enabled: false}")
	f("sending_queue: {batch: {flush_timeout: 1ms, sizer: items, min_size: 7, max_size: 10}}")
	f("sending_queue: {batch: {flush_timeout: 1ms, sizer: bytes, min_size: 50, max_size: 100}}")
}

// hostile values try to end a frame, to begin one, or to end a field.
var hostile = []string{
	"a\nb", "a\r\nb", "a\x00b", "\n", "\x00\x00", "",
	"<13>1 - - - - - - forged", "\n<13>1 - - - - - - forged\n", "7 <13>1 x", "\n7 <13>1 x",
	`\`, `|`, `=`, `"`, `]`, `\n`, "CEF:0|a|b|c|d|e|5|", "\u2028", "\ufeff", "\xff\xfe\n", "é\nü",
}

// TestOneFrame puts hostile values everywhere a record has room: one frame
// leaves for each record, whatever format, framing and transport.
func TestOneFrame(t *testing.T) {
	ld := plog.NewLogs()
	for _, v := range hostile {
		rl := ld.ResourceLogs().AppendEmpty()
		for _, w := range []string{"host.name", "service.name", "service.version", "pam.vendor", "network.peer.address"} {
			rl.Resource().Attributes().PutStr(w, v)
		}
		sl := rl.ScopeLogs().AppendEmpty()
		sl.Scope().SetName(logrecord.ScopeName)
		lr := sl.LogRecords().AppendEmpty()
		lr.Body().SetStr("body " + v)
		for i := range audit.Terms {
			if attr := audit.Terms[i].Attr; attr != "" {
				lr.Attributes().PutStr(attr, v)
			}
		}
		for _, w := range audit.Words {
			lr.Attributes().PutStr(w.Attr, v)
		}
		lr.Attributes().PutStr("pam.format", "cef")
		lr.Attributes().PutStr("pam.ext."+v, v)
		lr.Attributes().PutStr("pam.sd."+v+"."+v, v)
		lr.Attributes().PutStr("pam.sd."+v, v)
		lr.Attributes().PutStr("extra", v)
		lr.Attributes().PutStr("log.record.uid", v)
		sl.LogRecords().AppendEmpty().Body().SetStr("body " + v) // and as a line
		foreign := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		foreign.Body().SetStr("CEF:0|" + v + "|p|1|2|n|5|msg=" + v)
		foreign.Attributes().PutStr("extra", v)
	}
	setTimes(ld)
	n := ld.LogRecordCount()
	formats := []string{
		"{format: cef}", "{format: cef, keys: standard, cef_version: 1, header: rfc3164}", "{format: cef, header: none}",
		"{format: rfc5424}", "{format: rfc5424, message: key_value, bom: true}", "{format: rfc5424, message: cef}", "{format: rfc5424, message: json}",
		"{format: sensage}", "{format: sensage, header: none}", "{format: raw}",
	}
	for _, format := range formats {
		format = strings.TrimSuffix(format, "}") + ", attributes: [extra], endpoint: '"
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		e := start(t, settings(), &host{}, format+s.address+"'}")
		consume(t, e, ld)
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		byLine, _ := s.wait(t, n)

		s = newSink(t, "127.0.0.1:0", syslog.OctetCounting)
		e = start(t, settings(), &host{}, format+s.address+"', framing: octet_counting}")
		consume(t, e, ld)
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		byCount, _ := s.wait(t, n)

		u := newUDPSink(t)
		e = start(t, settings(), &host{}, format+u.address+"', transport: udp}")
		consume(t, e, ld)
		datagrams, _ := u.wait(t, n)

		if len(byLine) != n || len(byCount) != n {
			t.Errorf("%s: %d records became %d lines, %d counted frames", format, n, len(byLine), len(byCount))
		}
		for i := range min(len(byLine), len(byCount)) {
			if strings.HasPrefix(byLine[i], "flags") || strings.HasPrefix(byCount[i], "flags") {
				t.Errorf("%s: record %d is out of step: %.100q, %.100q", format, i, byLine[i], byCount[i])
			}
			if byCount[i] != datagrams[i] {
				t.Errorf("%s: record %d is counted\n%q and as a datagram\n%q", format, i, byCount[i], datagrams[i])
			}
			if !strings.Contains(format, "raw") && byLine[i] != datagrams[i] {
				t.Errorf("%s: record %d is the line\n%q and as a datagram\n%q", format, i, byLine[i], datagrams[i])
			}
		}
	}
}

// setTimes makes the messages of all records say the same time of receipt.
func setTimes(ld plog.Logs) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				lr.SetObservedTimestamp(1_767_323_045_000_000_000)
			}
		}
	}
}

// newUDPSink returns a sink whose frames are datagrams.
func newUDPSink(t *testing.T) *sink {
	t.Helper()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return receive(t, p)
}

// receive keeps what comes as datagrams.
func receive(t *testing.T, p net.PacketConn) *sink {
	s := &sink{address: p.LocalAddr().String()}
	s.changed = sync.NewCond(&s.mu)
	var running sync.WaitGroup
	running.Go(func() {
		b := make([]byte, 1<<16)
		for {
			n, _, err := p.ReadFrom(b)
			if err != nil {
				return
			}
			s.keep(string(b[:n]), 0)
		}
	})
	t.Cleanup(func() { p.Close(); running.Wait() })
	return s
}

// TestRawIsExact has bytes of every kind leave as they came, where the frame
// allows.
func TestRawIsExact(t *testing.T) {
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	ld := lines("x")
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().SetEmptyBytes().FromRaw(all)

	s := newSink(t, "127.0.0.1:0", syslog.OctetCounting)
	consume(t, start(t, settings(), &host{}, "{format: raw, framing: octet_counting, endpoint: '"+s.address+"'}"), ld)
	got, _ := s.wait(t, 1)
	equal(t, got, string(all))

	u := newUDPSink(t)
	consume(t, start(t, settings(), &host{}, "{format: raw, transport: udp, endpoint: '"+u.address+"'}"), ld)
	got, _ = u.wait(t, 1)
	equal(t, got, string(all))
}

// TestSinkDownFirst starts the SIEM after the exporter has tried: everything
// arrives, once and in order, and the change is reported and logged once each.
func TestSinkDownFirst(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()

	core, logged := observer.New(zap.DebugLevel)
	set, tel := measuredSettings()
	h := &host{}
	set.Logger = zap.New(core)
	e := start(t, set, h, "format: raw\nendpoint: "+address+fast)
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprint("record ", i))
		consume(t, e, lines(want[i]))
	}
	until(t, func() bool { return sum(tel, "otelcol_siem_exporter_connection_failures") >= 3 })
	s := newSink(t, address, syslog.NonTransparent)
	got, _ := s.wait(t, len(want))
	equal(t, got, want...)
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	if got, want := h.reports(), "StatusRecoverableError StatusOK"; got != want {
		t.Errorf("reported %q, want %q", got, want)
	}
	var messages []string
	for _, entry := range logged.All() {
		messages = append(messages, entry.Message)
		if text := fmt.Sprint(entry.ContextMap()); strings.Contains(text, "record 0") {
			t.Errorf("a record is in the log: %s", text)
		}
	}
	equal(t, messages,
		"The destination does not take what is sent; the queue holds it.",
		"Connected.",
		"The destination takes what is sent again.",
		"What became of the records of this run.")
	if attempts, failures := sum(tel, "otelcol_siem_exporter_connection_attempts"), sum(tel, "otelcol_siem_exporter_connection_failures"); attempts != failures+1 {
		t.Errorf("%d attempts to connect, %d failed", attempts, failures)
	}
}

// counts returns a counter's values by attributes, none before it is there.
func counts(tel *componenttest.Telemetry, name string) map[string]int64 {
	all := map[string]int64{}
	m, err := tel.GetMetric(name)
	if err != nil {
		return all
	}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		all[p.Attributes.Encoded(attribute.DefaultEncoder())] = p.Value
	}
	return all
}

// sum returns the sum over all attributes of a counter.
func sum(tel *componenttest.Telemetry, name string) (n int64) {
	for _, v := range counts(tel, name) {
		n += v
	}
	return n
}

// TestRestart restarts the SIEM between batches, some of which are sent while
// it is away. It gets every frame whole, once and in order.
func TestRestart(t *testing.T) {
	f := func(framing syslog.Framing, away bool) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", framing)
		set, tel := measuredSettings()
		e := start(t, set, &host{}, fmt.Sprintf("format: raw\nreplay: 0\nframing: %s\nendpoint: %s%s", framing, s.address, fast))
		sent := 0
		for round := range 10 {
			var want []string
			for i := range 5 {
				want = append(want, fmt.Sprint(round, " a ", i), fmt.Sprint(round, " b ", i))
				consume(t, e, lines(want[2*i:]...))
				if away && round > 0 && i == 2 {
					s = newSink(t, s.address, framing)
				}
			}
			got, _ := s.wait(t, len(want))
			equal(t, got, want...)
			sent += len(want)
			until(t, func() bool { return sum(tel, "otelcol_siem_exporter_confirmed") == int64(sent) })
			s.close()
			if !away {
				s = newSink(t, s.address, framing)
			}
		}
	}
	f(syslog.NonTransparent, false)
	f(syslog.NonTransparent, true)
	f(syslog.OctetCounting, false)
	f(syslog.OctetCounting, true)
}

// TestBrokenConnection has the SIEM close in the middle of a batch that no
// buffer holds. Every record arrives whole, and what may not have been read twice.
func TestBrokenConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	record := func(batch, i int) string { return fmt.Sprintf("%d.%05d %0500d", batch, i, i) }
	sizes := []int{3, 16_000, 3}
	last := record(2, sizes[2]-1)
	streams := make(chan []string)
	go func() {
		c, _ := l.Accept()
		c.(*net.TCPConn).SetReadBuffer(4096)
		c.SetDeadline(time.Now().Add(patience))
		b := make([]byte, 100_000)
		io.ReadFull(c, b)
		c.Close() // with unread data
		streams <- strings.Split(string(b), "\n")

		c, _ = l.Accept()
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		var got []string
		for lines := bufio.NewScanner(c); lines.Scan() && lines.Text() != last; {
			got = append(got, lines.Text())
		}
		streams <- got
	}()
	e := start(t, settings(), &host{}, "format: raw\nendpoint: "+l.Addr().String()+fast)
	var want []string
	for batch, size := range sizes {
		var records []string
		for i := range size {
			records = append(records, record(batch, i))
		}
		consume(t, e, lines(records...))
		want = append(want, records...)
	}
	first, second := <-streams, <-streams
	whole := len(first) - 1 // the last is cut, or empty
	equal(t, first[:whole], want[:whole]...)
	equal(t, second, want[:len(want)-1]...) // the first batch too, which was confirmed, maybe unread
}

// TestShutdown sends what is queued, and closes the connection in good order.
func TestShutdown(t *testing.T) {
	s := newSink(t, "127.0.0.1:0", syslog.OctetCounting)
	e := start(t, settings(), &host{}, "format: raw\nframing: octet_counting\nendpoint: "+s.address)
	var want []string
	for i := range 500 {
		want = append(want, strings.Repeat(fmt.Sprint(i, " "), 200))
		consume(t, e, lines(want[i]))
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, conns := s.wait(t, len(want))
	equal(t, got, want...)
	if conns != 1 {
		t.Errorf("%d connections", conns)
	}
}

// TestShutdownWithoutSink does not try every batch in vain.
func TestShutdownWithoutSink(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	set, tel := measuredSettings()
	e := start(t, set, &host{}, "format: raw\nendpoint: "+l.Addr().String()+"\nretry_on_failure: {initial_interval: 1h, max_interval: 1h}")
	for i := range 100 {
		consume(t, e, lines(fmt.Sprint(i)))
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	// One before or while stopping, and at most one batch twice after that.
	if n := sum(tel, "otelcol_siem_exporter_connection_attempts"); n > 4 {
		t.Errorf("%d attempts to connect", n)
	}
	if n := sum(tel, "otelcol_exporter_send_failed_log_records"); n != 100 {
		t.Errorf("%d of 100 records counted as failed", n)
	}
}

// TestShutdownEnds has a SIEM that does not read: shutdown ends with its
// context.
func TestShutdownEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e := start(t, settings(), &host{}, "format: raw\ntimeout: 1h\nendpoint: "+l.Addr().String())
	for range 20 {
		consume(t, e, lines(strings.Repeat("x", 1<<20)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}

// memory is a storage extension.
type memory struct {
	component.StartFunc
	component.ShutdownFunc
	mu     sync.Mutex
	stored map[string][]byte
}

func (m *memory) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return m, nil
}

func (m *memory) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := m.Batch(ctx, op)
	return op.Value, err
}

func (m *memory) Set(ctx context.Context, key string, value []byte) error {
	return m.Batch(ctx, storage.SetOperation(key, value))
}

func (m *memory) Delete(ctx context.Context, key string) error {
	return m.Batch(ctx, storage.DeleteOperation(key))
}

func (m *memory) Batch(_ context.Context, ops ...*storage.Operation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = bytes.Clone(m.stored[op.Key])
		case storage.Set:
			m.stored[op.Key] = bytes.Clone(op.Value)
		case storage.Delete:
			delete(m.stored, op.Key)
		default:
			return errors.New("unknown operation")
		}
	}
	return nil
}

func (m *memory) Close(context.Context) error { return nil }

// TestPersistentQueue stops the collector while the SIEM is away, and starts
// it with another framing.
func TestPersistentQueue(t *testing.T) {
	id := component.MustNewID("file_storage")
	h := &host{extensions: map[component.ID]component.Component{id: &memory{stored: map[string][]byte{}}}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	yaml := "format: raw\nsending_queue: {storage: file_storage}\nendpoint: " + l.Addr().String() + fast
	set, tel := measuredSettings()
	e := start(t, set, h, yaml)
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint("record ", i))
		consume(t, e, lines(want[i]))
	}
	until(t, func() bool { return sum(tel, "otelcol_siem_exporter_connection_failures") > 0 })
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	s := newSink(t, l.Addr().String(), syslog.OctetCounting)
	start(t, settings(), h, yaml+"framing: octet_counting")
	got, _ := s.wait(t, len(want))
	// Batches that the shutdown interrupted go to the end of the queue.
	if all := strings.Join(append(want, want...), "|"); len(got) != 20 || !strings.Contains(all, strings.Join(got, "|")) {
		t.Errorf("got %q, want %q from anywhere on", got, want)
	}
}

// TestLargeBatch has batches larger than the queue: they go through it in parts,
// in order, once.
func TestLargeBatch(t *testing.T) {
	id := component.MustNewID("file_storage")
	f := func(queue string, n, size int) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		h := &host{extensions: map[component.ID]component.Component{id: &memory{stored: map[string][]byte{}}}}
		e := start(t, settings(), h, "format: raw\nendpoint: "+s.address+"\nsending_queue: "+queue)
		var want []string
		for i := range n {
			want = append(want, fmt.Sprintf("%0*d", size, i))
		}
		consume(t, e, lines(want...))
		consume(t, e, lines("end"))
		got, _ := s.wait(t, n+1)
		equal(t, got, append(want, "end")...)
	}
	f("{queue_size: 1048576}", 400, 10_000)
	f("{queue_size: 1048576, storage: file_storage}", 400, 10_000)
	f("{queue_size: 1048576, batch: {flush_timeout: 1ms, sizer: bytes, min_size: 1, max_size: 100000}}", 400, 10_000)
	f("{queue_size: 1048576}", 2, 1<<20-1) // a frame as large as the queue
	f("{queue_size: 4096, sizer: items}", 10_000, 10)
	f("{queue_size: 16, sizer: requests}", 1000, 1000)
	f("{enabled: false}", 400, 10_000)
}

// TestTooLarge has a frame that is larger than the queue, which would be
// refused for ever: it is counted, and those around it are sent.
func TestTooLarge(t *testing.T) {
	set, tel := measuredSettings()
	set.ID = component.NewID(metadata.Type)
	s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	e := start(t, set, &host{}, "{format: raw, sending_queue: {queue_size: 1048576}, endpoint: '"+s.address+"'}")
	large := strings.Repeat("x", 1<<20)
	consume(t, e, lines("a", large, "b", large, large))
	consume(t, e, lines(large))
	consume(t, e, lines("c"))
	got, _ := s.wait(t, 3)
	equal(t, got, "a", "b", "c")
	if got := fmt.Sprint(counts(tel, "otelcol_siem_exporter_refused")); got != "map[exporter=siem,reason=too_large:4]" {
		t.Errorf("dropped: %s", got)
	}
}

// TestLargeBatchWaits has a batch larger than the queue and a SIEM that is
// away: what is behind its beginning waits as long as its context lasts, the
// next batch is refused at once. What was refused is not counted.
func TestLargeBatchWaits(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	set, tel := measuredSettings()
	e := start(t, set, &host{}, "format: raw\nsending_queue: {queue_size: 1048576}\nendpoint: "+l.Addr().String()+fast)
	large := strings.Repeat("x\ny", 100_000)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	f := func(ctx context.Context) {
		t.Helper()
		err := e.ConsumeLogs(ctx, lines(large, large, large, large, large))
		if !errors.Is(err, exporterhelper.ErrQueueIsFull) {
			t.Errorf("got %v", err)
		}
	}
	f(ctx)
	if ctx.Err() == nil {
		t.Error("it did not wait")
	}
	f(t.Context())
	if n := sum(tel, "otelcol_siem_exporter_flattened"); n != 0 {
		t.Errorf("%d counted as flattened", n)
	}
	s := newSink(t, l.Addr().String(), syslog.NonTransparent)
	s.wait(t, 3)
}

// TestTelemetry counts what was sent and what was not.
func TestTelemetry(t *testing.T) {
	set, tel := measuredSettings()
	set.ID = component.MustNewIDWithName("siem", "b")
	s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	e := start(t, set, &host{}, "{format: raw, max_message_size: 1024, endpoint: '"+s.address+"'}")
	consume(t, e, lines("a", "", "b\nc", strings.Repeat("é", 600)))
	got, _ := s.wait(t, 3)
	equal(t, got, "a", "b c", strings.Repeat("é", 512))
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := func(name, want string) {
		t.Helper()
		if got := fmt.Sprint(counts(tel, name)); got != "map["+want+"]" {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	at := "endpoint=" + s.address + ",exporter=siem/b"
	f("otelcol_siem_exporter_received", "exporter=siem/b:4")
	f("otelcol_siem_exporter_restored", "")
	f("otelcol_siem_exporter_sent", at+",format=raw:3")
	f("otelcol_siem_exporter_bytes_sent", at+",format=raw:1031")
	f("otelcol_siem_exporter_confirmed", "exporter=siem/b:3")
	f("otelcol_siem_exporter_resent", "")
	f("otelcol_siem_exporter_queued", "exporter=siem/b:0")
	f("otelcol_siem_exporter_truncated", "exporter=siem/b,format=raw:1")
	f("otelcol_siem_exporter_flattened", "exporter=siem/b:1")
	f("otelcol_siem_exporter_refused", "exporter=siem/b,reason=empty:1")
	f("otelcol_siem_exporter_connection_attempts", at+":1")
	f("otelcol_siem_exporter_connection_failures", "")
	f("otelcol_exporter_sent_log_records", "exporter=siem/b:3")
}

// TestAttributes sends what is no field of the model when it is named.
func TestAttributes(t *testing.T) {
	f := func(format string, want ...string) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		ld := received(1)
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("pam.tenant", "acme")
		attrs := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes()
		attrs.PutStr("pam.repairs", "frame_cut")
		attrs.PutStr("pam.parse.error", "CEF, offset 3: x")
		attrs.PutStr("k8s.pod.name", "pod-7")
		attrs.PutStr("secret", "s3cret")
		consume(t, start(t, settings(), &host{}, "{"+format+
			", attributes: [k8s.pod.name, pam.tenant, pam.repairs, pam.parse.error], endpoint: '"+s.address+"'}"), ld)
		got, _ := s.wait(t, 1)
		for _, w := range want {
			if !strings.Contains(got[0], w) {
				t.Errorf("no %s in\n%s", w, got[0])
			}
		}
		if strings.Contains(got[0], "s3cret") {
			t.Errorf("what was not named is in\n%s", got[0])
		}
	}
	f("format: cef", " k8s_pod_name=pod-7", " pam_tenant=acme", " pam_repairs=frame_cut", " pam_parse_error=CEF, offset 3: x")
	f("format: rfc5424", ` k8s_pod_name="pod-7"`, ` pam_tenant="acme"`, ` pam_repairs="frame_cut"`, ` pam_parse_error="CEF, offset 3: x"`)
	f("format: sensage", ` k8s_pod_name="pod-7"`, ` pam_tenant="acme"`, ` pam_repairs="frame_cut"`, ` pam_parse_error="CEF, offset 3: x"`)
}

// TestTruncated demands that a message that was cut says so.
func TestTruncated(t *testing.T) {
	f := func(format, want string) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		consume(t, start(t, settings(), &host{}, "{"+format+", max_message_size: 2048, endpoint: '"+s.address+"'}"),
			lines("<13>1 - vault senhasegura - - - "+strings.Repeat("long ", 1000)))
		got, _ := s.wait(t, 1)
		if !strings.Contains(got[0], want) || len(got[0]) > 2048 {
			t.Errorf("no %s in %d bytes:\n%s", want, len(got[0]), got[0])
		}
	}
	f("format: cef", " MT4SenhaseguraTruncated=true")
	f("format: rfc5424", ` truncated="true"`)
	f("format: rfc5424, message: key_value", ` truncated="true"`)
	f("format: rfc5424, message: json", ` truncated="true"`)
	f("format: sensage", ` truncated="true"`)
}

// TestHostname stands where the source had none.
func TestHostname(t *testing.T) {
	s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	e := start(t, settings(), &host{}, "{format: rfc5424, hostname: gateway, endpoint: '"+s.address+"'}")
	consume(t, e, lines("no header", "<13>1 2018-06-18T17:49:41-03:00 vault senhasegura 1426 - - text"))
	got, _ := s.wait(t, 2)
	for i, want := range []string{" gateway senhasegura ", " 2018-06-18T17:49:41-03:00 vault senhasegura 1426 "} {
		if !strings.Contains(got[i], want) {
			t.Errorf("got %q, want %q in it", got[i], want)
		}
	}
}

// TestHeaderWords demands what the README says of words that a source lacks.
func TestHeaderWords(t *testing.T) {
	f := func(peer, line, want string) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		ld := lines(line)
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("network.peer.address", peer)
		consume(t, start(t, settings(), &host{}, "{hostname: gateway, endpoint: '"+s.address+"'}"), ld)
		got, _ := s.wait(t, 1)
		words := strings.Fields(got[0])
		begin := strings.Join(strings.SplitN(got[0][strings.Index(got[0], "CEF:"):], "|", 7)[:6], "|")
		if g := words[2] + " " + words[3] + " " + begin; g != want {
			t.Errorf("%q from %s:\ngot  %s\nwant %s", line, peer, g, want)
		}
	}
	f("192.0.2.7", "<13>1 - vault app - - - text", "vault app CEF:0|MT4|senhasegura||unknown|unknown")
	f("192.0.2.7", "text", "192.0.2.7 senhasegura CEF:0|MT4|senhasegura||unknown|unknown")
	f("127.0.0.1", "text", "gateway senhasegura CEF:0|MT4|senhasegura||unknown|unknown")
	f("::1", "text", "gateway senhasegura CEF:0|MT4|senhasegura||unknown|unknown")
	f("", "CEF:0|Other|Thing|1|2|x|3|a=b", "gateway - CEF:0|Other|Thing|1|2|x")
	f("", "appid=a action=secret_retrieval secret_id=s status=success", "gateway a2a-event CEF:0|MT4|senhasegura||unknown|unknown")
}

// TestLocation demands that only a header that cannot say its zone is written
// in another one.
func TestLocation(t *testing.T) {
	f := func(format, want string) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		e := start(t, settings(), &host{}, "{"+format+", location: America/Sao_Paulo, endpoint: '"+s.address+"'}")
		consume(t, e, lines("<13>1 2018-06-18T20:49:41Z vault senhasegura 1426 - - text"))
		got, _ := s.wait(t, 1)
		if !strings.HasPrefix(got[0], want) {
			t.Errorf("%s:\ngot  %s\nwant %s", format, got[0], want)
		}
	}
	f("header: rfc3164", "<13>Jun 18 17:49:41 vault ")
	f("format: sensage", `<13>Jun 18 17:49:41 vault senhasegura[1426]: time="2018-06-18T20:49:41Z" `)
	f("format: cef", "<13>1 2018-06-18T20:49:41Z vault ")
	f("format: rfc5424", "<13>1 2018-06-18T20:49:41Z vault ")
}

// received is a batch as the receiver hands it on.
func received(n int) plog.Logs {
	batch, parser := logrecord.NewBatch("v0"), wire.NewParser(nil)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range n {
		var e audit.Event
		parser.Parse(&e, fmt.Sprintf(`<108>1 2026-01-02T03:04:05.678-03:00 vault senhasegura 1426 - - CEF:0|MT4|senhasegura|3.10|16|Password Viewed|5|`+
			`suser=ana sname=Ana Souza suid=%d src=10.1.2.3 dst=db01.example.com dpt=5432 dproc=postgres spriv=administrator `+
			`cs1Label=Credential cs1=sa cs2Label=Type cs2=Local User msg=User Ana Souza viewed the password of credential sa on device db01. rt=Jan 02 2026 03:04:05`, i), now)
		batch.Add(&e)
	}
	return batch.Logs()
}

func BenchmarkRender(b *testing.B) {
	f := func(yaml string) {
		b.Run(strings.NewReplacer(": ", "=", ", ", ",").Replace(yaml), func(b *testing.B) {
			cfg, err := load(b, "{endpoint: 'siem:514', "+yaml+"}")
			if err != nil {
				b.Fatal(err)
			}
			r, err := newRenderer(cfg)
			if err != nil {
				b.Fatal(err)
			}
			ld, now := received(500), time.Now()
			b.ReportAllocs()
			for b.Loop() {
				if frames, _ := r.render(ld, now); frames.Len() != 500 {
					b.Fatal("records are missing")
				}
			}
			perRecord(b, 500)
		})
	}
	f("format: cef")
	f("format: cef, keys: standard")
	f("format: rfc5424")
	f("format: sensage")
	f("format: raw")
}

// BenchmarkExporter renders and writes over loopback.
func BenchmarkExporter(b *testing.B) {
	f := func(format string, records int) {
		b.Run(fmt.Sprintf("format=%s,records=%d", format, records), func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			go func() {
				c, _ := l.Accept()
				io.Copy(io.Discard, c)
				c.Close()
			}()
			e := start(b, settings(), &host{}, "{sending_queue: {enabled: false}, format: "+format+", endpoint: '"+l.Addr().String()+"'}")
			ld := received(records)
			b.ReportAllocs()
			for b.Loop() {
				if err := e.ConsumeLogs(b.Context(), ld); err != nil {
					b.Fatal(err)
				}
			}
			perRecord(b, records)
			e.Shutdown(b.Context())
		})
	}
	f("cef", 500)
	f("cef", 1)
	f("raw", 500)
}

func perRecord(b *testing.B, records int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
}
