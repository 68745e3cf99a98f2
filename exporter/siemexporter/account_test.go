package siemexporter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// figuresOf shows the figures of a running exporter, those of 0 aside.
func figuresOf(e exporter.Logs) string {
	n := e.(*running).Logs.(*bounded).destination.account.total()
	var text []string
	add := func(name string, n int64) {
		if n != 0 {
			text = append(text, fmt.Sprint(n, " ", name))
		}
	}
	add("received", n.received)
	add("restored", n.restored)
	add("confirmed", n.confirmed)
	add("queued", n.queued())
	for i, n := range n.refused {
		add(reasonNames[i], n)
	}
	return strings.Join(text, ", ")
}

// balanced waits for figures.
func balanced(t *testing.T, e exporter.Logs, want string) {
	t.Helper()
	for end := time.Now().Add(patience); figuresOf(e) != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %s, want %s", figuresOf(e), want)
		}
	}
}

// nobody returns an address where nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestDelivered accounts for records that arrive, whatever queue they take.
func TestDelivered(t *testing.T) {
	f := func(keys string) {
		t.Helper()
		s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
		id := component.MustNewID("file_storage")
		h := &host{extensions: map[component.ID]component.Component{id: &memory{stored: map[string][]byte{}}}}
		e := start(t, settings(), h, "{format: raw, "+keys+", endpoint: '"+s.address+"'}")
		for range 100 {
			consume(t, e, lines("a", "", "b", "c"))
		}
		balanced(t, e, "400 received, 300 confirmed, 100 empty")
		if got, _ := s.wait(t, 300); len(got) != 300 {
			t.Errorf("%s: %d frames came", keys, len(got))
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		balanced(t, e, "400 received, 300 confirmed, 100 empty")
	}
	f("sending_queue: {}")
	f("sending_queue: {enabled: false}")
	f("sending_queue: {num_consumers: 4}")
	f("sending_queue: {wait_for_result: true}")
	f("sending_queue: {storage: file_storage}")
	f("sending_queue: {storage: file_storage, num_consumers: 4}")
	f("sending_queue: {batch: {flush_timeout: 1ms, sizer: items, min_size: 7, max_size: 10}}")
	f("sending_queue: {wait_for_result: true, batch: {flush_timeout: 1ms, sizer: items, min_size: 7, max_size: 10}}")
	f("sending_queue: {storage: file_storage, batch: {flush_timeout: 1ms, sizer: items, min_size: 7, max_size: 10}}")
	f("confirm: write")
}

// TestRefused accounts for records that nobody is there to take.
func TestRefused(t *testing.T) {
	f := func(keys string, refuse error, want string) {
		t.Helper()
		core, logged := observer.New(zap.ErrorLevel)
		set := settings()
		set.Logger = zap.New(core)
		e := start(t, set, &host{}, "{format: raw, "+keys+", endpoint: '"+nobody(t)+"'}")
		for i := range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			err := e.ConsumeLogs(ctx, lines("a", "b", strings.Repeat("c", 1<<19), strings.Repeat("d", 1<<19-6)))
			cancel()
			if i == 1 && refuse != nil && !errors.Is(err, refuse) {
				t.Errorf("%s: got %v", keys, err)
			}
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		balanced(t, e, want)
		if lost := strings.Contains(want, "shutdown"); lost != (logged.FilterMessageSnippet("Records are lost").Len() == 1) {
			t.Errorf("%s: %v is in the log", keys, logged.All())
		}
	}
	const slow = "retry_on_failure: {initial_interval: 1h, max_interval: 1h}, "
	f(slow+"sending_queue: {}", nil, "8 received, 8 shutdown")
	f(slow+"sending_queue: {queue_size: 1048576}", exporterhelper.ErrQueueIsFull, "8 received, 4 queue_full, 4 shutdown")
	f("retry_on_failure: {enabled: false}", nil, "8 received, 8 given_up")
	f("retry_on_failure: {enabled: false}, sending_queue: {enabled: false}", nil, "8 received, 8 given_up")
	f(slow+"sending_queue: {enabled: false}", nil, "8 received, 8 given_up")
	f(slow+"sending_queue: {wait_for_result: true}", nil, "8 received, 8 given_up")
	f("retry_on_failure: {initial_interval: 1ms, max_interval: 1ms, max_elapsed_time: 1ms}, sending_queue: {enabled: false}", nil, "8 received, 8 given_up")
}

// TestRestarted accounts for records that the queue keeps from run to run, with
// a batch that was sent in part.
func TestRestarted(t *testing.T) {
	id := component.MustNewID("file_storage")
	store := &memory{stored: map[string][]byte{}}
	h := &host{extensions: map[component.ID]component.Component{id: store}}
	address := nobody(t)
	yaml := "format: raw\nsending_queue: {storage: file_storage}\nendpoint: " + address + fast
	begin := func() exporter.Logs { return start(t, settings(), h, yaml) }
	end := func(e exporter.Logs, want string) {
		t.Helper()
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		balanced(t, e, want)
	}
	e := begin()
	for range 10 {
		consume(t, e, lines("a", "b", ""))
	}
	balanced(t, e, "30 received, 20 queued, 10 empty")
	end(e, "30 received, 20 queued, 10 empty")

	e = begin()
	consume(t, e, lines("c"))
	until(t, func() bool { return strings.Contains(figuresOf(e), "restored") })
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	store.mu.Lock()
	for key, value := range store.stored { // damage one request
		if strings.HasSuffix(string(value), "\nb\n") {
			store.stored[key] = value[:len(value)-1]
			break
		}
	}
	store.mu.Unlock()
	s := newSink(t, address, syslog.NonTransparent)
	e = begin()
	consume(t, e, lines("d"))
	s.wait(t, 20)
	balanced(t, e, "1 received, 21 restored, 20 confirmed, 2 damaged")
	end(e, "1 received, 21 restored, 20 confirmed, 2 damaged")
}

// TestUnstored accounts for records that the storage does not take.
func TestUnstored(t *testing.T) {
	id := component.MustNewID("file_storage")
	h := &host{extensions: map[component.ID]component.Component{id: &fullStorage{memory{stored: map[string][]byte{}}}}}
	e := start(t, settings(), h, "format: raw\nsending_queue: {storage: file_storage}\nendpoint: "+nobody(t)+fast)
	for range 3 {
		if err := e.ConsumeLogs(t.Context(), lines("a", "b")); !errors.Is(err, errFull) {
			t.Errorf("got %v", err)
		}
	}
	balanced(t, e, "6 received, 6 storage")
}

// fullStorage is a storage that takes no request.
type fullStorage struct{ memory }

var errFull = errors.New("no space left on device")

func (f *fullStorage) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return f, nil
}

func (f *fullStorage) Batch(ctx context.Context, ops ...*storage.Operation) error {
	for _, op := range ops {
		if op.Type == storage.Set && len(op.Value) > 0 && op.Value[0] == codecVersion {
			return errFull
		}
	}
	return f.memory.Batch(ctx, ops...)
}

// TestResent demands that every frame that was written is counted as sent, and
// as resent but for the first time.
func TestResent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	set, tel := measuredSettings()
	e := start(t, set, &host{}, "format: raw\nendpoint: "+address+fast)
	const batches, size = 3, 10_000
	go func() {
		c, _ := l.Accept()
		l.Close()
		b := make([]byte, 100_000)
		for n := 0; n < len(b); {
			m, err := c.Read(b[n:])
			if err != nil {
				break
			}
			n += m
		}
		c.(*net.TCPConn).SetLinger(0) // resets it
		c.Close()
	}()
	for i := range batches {
		var batch []string
		for j := range size {
			batch = append(batch, fmt.Sprintf("%d.%05d %0500d", i, j, j))
		}
		consume(t, e, lines(batch...))
	}
	until(t, func() bool { return sum(tel, "otelcol_siem_exporter_connection_failures") > 0 })
	s := newSink(t, address, syslog.NonTransparent)
	balanced(t, e, fmt.Sprintf("%d received, %[1]d confirmed", batches*size))
	got, _ := s.wait(t, 1)
	sent, resent := sum(tel, "otelcol_siem_exporter_sent"), sum(tel, "otelcol_siem_exporter_resent")
	if resent == 0 || sent != batches*size+resent {
		t.Errorf("%d frames, %d sent, %d of them again", batches*size, sent, resent)
	}
	if slices.Sort(got); len(slices.Compact(got)) == 0 {
		t.Error("nothing came")
	}
}

// TestOldest demands an age while something is not sent, and none after.
func TestOldest(t *testing.T) {
	set, tel := measuredSettings()
	address := nobody(t)
	e := start(t, set, &host{}, "format: raw\nendpoint: "+address+fast)
	consume(t, e, lines("a"))
	until(t, func() bool { return sum(tel, "otelcol_siem_exporter_connection_failures") > 0 })
	account := e.(*running).Logs.(*bounded).destination.account
	if age := account.age(time.Now().Add(time.Hour)); age < time.Hour {
		t.Errorf("it is %v old in an hour", age)
	}
	newSink(t, address, syslog.NonTransparent)
	balanced(t, e, "1 received, 1 confirmed")
	if age := account.age(time.Now().Add(time.Hour)); age != 0 {
		t.Errorf("what was sent is %v old", age)
	}
	for of, age := range gauges(tel, "otelcol_siem_exporter_oldest_unsent_age") {
		if age != 0 {
			t.Errorf("%s: %d", of, age)
		}
	}
}

// TestLast demands one line with all figures.
func TestLast(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	set := settings()
	set.Logger = zap.New(core)
	s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	e := start(t, set, &host{}, "{format: raw, endpoint: '"+s.address+"'}")
	consume(t, e, lines("a", "b", ""))
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := logged.FilterMessage("What became of the records of this run.").All()
	if len(all) != 1 {
		t.Fatalf("%d lines", len(all))
	}
	if got, want := fmt.Sprint(all[0].ContextMap()), "map[confirmed:2 doubtful:0 queued:0 received:3 refused:map[empty:1] resent:0 restored:0]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
