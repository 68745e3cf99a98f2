package siemexporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// disk is a storage extension whose writes and reads fail when a test wants it,
// and whose process may be killed. What is on it outlives the process.
type disk struct {
	component.StartFunc
	component.ShutdownFunc

	mu     sync.Mutex
	stored map[string][]byte
	n      int  // operations of this process so far
	killed bool // the process, whose operations reach nothing any more
	faults []fault
}

// fault is what befalls the operations of a process from the one on that has a
// number: as many as its length says.
type fault struct {
	what string
	from int
	long int
}

const (
	full   = "full"   // writes fail
	broken = "broken" // all operations fail
	unsure = "unsure" // writes are done, and fail
	before = "before" // the process is killed before the operation
	after  = "after"  // and after it
)

var errDisk = errors.New("no space left on device")

func (d *disk) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return &diskClient{d}, nil
}

// restart begins a process with faults of its own.
func (d *disk) restart(faults ...fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.n, d.killed, d.faults = 0, false, faults
}

func (d *disk) isKilled() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.killed
}

func (d *disk) keys() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.stored))
}

// diskClient is a client of one process.
type diskClient struct{ *disk }

func (d *diskClient) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := d.Batch(ctx, op)
	return op.Value, err
}

func (d *diskClient) Set(ctx context.Context, key string, value []byte) error {
	return d.Batch(ctx, storage.SetOperation(key, value))
}

func (d *diskClient) Delete(ctx context.Context, key string) error {
	return d.Batch(ctx, storage.DeleteOperation(key))
}

func (d *diskClient) Close(context.Context) error { return nil }

func (d *diskClient) Walk(_ context.Context, fn storage.WalkFunc) error {
	d.mu.Lock()
	all := maps.Clone(d.stored)
	d.mu.Unlock()
	var ops []*storage.Operation
	for key, value := range all {
		more, err := fn(key, value)
		if err != nil {
			return err
		}
		ops = append(ops, more...)
	}
	return d.Batch(context.Background(), ops...)
}

func (d *diskClient) Batch(_ context.Context, ops ...*storage.Operation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.killed {
		return errDisk
	}
	d.n++
	done, fails, killed := true, false, false
	for _, f := range d.faults {
		if d.n < f.from || d.n >= f.from+f.long {
			continue
		}
		writes := slices.ContainsFunc(ops, func(op *storage.Operation) bool { return op.Type != storage.Get })
		switch f.what {
		case full:
			fails = fails || writes
			done = done && !writes
		case broken:
			done, fails = false, true
		case unsure:
			fails = fails || writes
		case before:
			done, killed = false, true
		case after:
			killed = true
		}
	}
	if done {
		d.apply(ops)
	}
	d.killed = killed
	if fails || killed {
		return errDisk
	}
	return nil
}

func (d *disk) apply(ops []*storage.Operation) {
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = bytes.Clone(d.stored[op.Key])
		case storage.Set:
			d.stored[op.Key] = bytes.Clone(op.Value)
		case storage.Delete:
			delete(d.stored, op.Key)
		}
	}
}

// words is a request of records that are words. Each is as large as its length.
type words []string

func (w words) ItemsCount() int { return len(w) }
func (w words) BytesSize() int  { return len(strings.Join(w, "")) }

func (w words) MergeSplit(_ context.Context, _ int, _ exporterhelper.RequestSizerType, other xexporterhelper.Request) ([]xexporterhelper.Request, error) {
	if other != nil {
		w = append(slices.Clone(w), other.(words)...)
	}
	return []xexporterhelper.Request{w}, nil
}

func (words) Marshal(_ context.Context, r xexporterhelper.Request) ([]byte, error) {
	return []byte(strings.Join(r.(words), " ")), nil
}

func (words) Unmarshal(b []byte) (context.Context, xexporterhelper.Request, error) {
	if len(b) == 0 {
		return context.Background(), nil, errStored
	}
	return context.Background(), words(strings.Fields(string(b))), nil
}

// run is a process with a queue on a disk, before a SIEM.
type run struct {
	exporter.Logs
	disk     *disk
	stopping atomic.Bool
	down     atomic.Bool // the SIEM takes nothing
	tried    atomic.Bool // although it was asked to

	mu  sync.Mutex
	got []string // by the SIEM
}

func (r *run) push(_ context.Context, req xexporterhelper.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried.Store(true)
	if r.down.Load() || r.disk.isKilled() {
		return errStopping
	}
	r.got = append(r.got, req.(words)...)
	return nil
}

func (r *run) sent() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// begin starts a process.
func begin(t *testing.T, d *disk, logger *zap.Logger, change ...func(*exporterhelper.QueueBatchConfig)) *run {
	t.Helper()
	r := &run{disk: d}
	id := component.MustNewID("file_storage")
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.NumConsumers, queue.StorageID = 1, &id
	for _, f := range change {
		f(&queue)
	}
	retry := configretry.NewDefaultBackOffConfig()
	retry.InitialInterval, retry.MaxInterval, retry.MaxElapsedTime = 50*time.Microsecond, 50*time.Microsecond, 0
	convert := func(_ context.Context, ld plog.Logs) (xexporterhelper.Request, error) {
		return words{ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Str()}, nil
	}
	logs, err := xexporterhelper.NewLogsRequest(t.Context(), settings(), convert, r.push,
		exporterhelper.WithRetry(retry),
		xexporterhelper.WithQueueBatch(configoptional.Some(queue), xexporterhelper.QueueBatchSettings{Encoding: words{}}))
	if err != nil {
		t.Fatal(err)
	}
	s := &store{logger: logger, unsure: map[string]bool{}, stopping: func() bool { return r.stopping.Load() || d.isKilled() }}
	r.Logs = gate{logs, s}
	h := &host{extensions: map[component.ID]component.Component{id: d}}
	if err := r.Start(t.Context(), storeHost{h, s}); err != nil && !d.isKilled() {
		t.Fatal(err)
	}
	return r
}

// end shuts the process down. That of one that was killed reaches nothing.
func (r *run) end(t *testing.T) {
	t.Helper()
	r.stopping.Store(true)
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

// offer brings a record until it is taken, or the process is killed.
func (r *run) offer(t *testing.T, record string) (taken bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Microsecond) {
		switch err := r.ConsumeLogs(t.Context(), lines(record)); {
		case r.disk.isKilled():
			return false // whatever it said: nobody heard it
		case err == nil:
			return true
		case time.Now().After(deadline):
			t.Fatalf("%s is never taken: %v", record, err)
		}
	}
}

// story is what happens to a few records: the faults of one process after the
// other, and how many records come before the SIEM takes any.
type story struct {
	runs [][]fault
	late int
}

const records = 6

// first returns each record once, where it came first.
func first(got []string) (once []string) {
	for _, record := range got {
		if !slices.Contains(once, record) {
			once = append(once, record)
		}
	}
	return once
}

// play has a sender bring the records one after the other, the next when one
// was taken, through all the processes and a last one that nothing befalls. It
// returns all that the SIEM got.
func (s story) play(t *testing.T, change ...func(*exporterhelper.QueueBatchConfig)) (got []string) {
	t.Helper()
	d := &disk{stored: map[string][]byte{}}
	next := 0
	for i := range len(s.runs) + 1 {
		last := i == len(s.runs)
		d.restart(append(s.runs, nil)[i]...)
		r := begin(t, d, zap.NewNop(), change...)
		r.down.Store(next < s.late)
		for next < records && !d.isKilled() {
			if r.offer(t, fmt.Sprint(next)) {
				next++
			}
			r.down.Store(next < s.late)
		}
		until(t, func() bool {
			arrived := len(first(append(got, r.sent()...))) == records
			return d.isKilled() || arrived && (!last || len(d.keys()) == 1)
		})
		r.end(t)
		got = append(got, r.sent()...)
	}
	return got
}

var everyRecord = []string{"0", "1", "2", "3", "4", "5"}

// TestStoreSweep has the disk fail, and the process die, at every operation:
// each record that was taken arrives, in its place, and none is left behind in
// the storage.
func TestStoreSweep(t *testing.T) {
	for _, late := range []int{0, 3, records} {
		t.Run(fmt.Sprint(late, " records before the SIEM takes any"), func(t *testing.T) {
			t.Parallel()
			played, again := 0, 0
			sweep(func(runs ...[]fault) {
				got := story{runs, late}.play(t)
				if !slices.Equal(first(got), everyRecord) {
					t.Errorf("%v: got %q", runs, got)
				}
				played++
				again += len(got) - records
			})
			t.Logf("%d stories, %d records came again", played, again)
		})
	}
}

// sweep calls f for what may befall the few operations that the records need.
func sweep(f func(runs ...[]fault)) {
	const operations, forever = 3*records + 4, 1 << 30
	for n := 1; n <= operations; n++ {
		for _, kill := range []string{before, after} {
			f([]fault{{kill, n, 1}})
			for m := 1; m <= operations; m += 2 {
				f([]fault{{kill, n, 1}}, []fault{{kill, m, 1}})
			}
		}
		for _, what := range []string{full, broken, unsure} {
			for _, long := range []int{1, 2, 5} {
				failing := fault{what, n + 1, long} // the first is for TestStoreUnreadable
				f([]fault{failing})
				for _, dies := range []int{2, 4, 7} {
					f([]fault{failing, {before, n + dies, 1}})
				}
			}
		}
		f([]fault{{full, n + 1, forever}, {before, n + 9, 1}})
	}
}

// TestStoreUnordered has several consumers, or one that merges requests: order
// may go, records may not.
func TestStoreUnordered(t *testing.T) {
	f := func(change func(*exporterhelper.QueueBatchConfig)) {
		t.Helper()
		for n := 2; n <= 3*records; n++ {
			for _, faults := range [][]fault{{{before, n, 1}}, {{full, n, 4}}, {{full, n, 4}, {before, n + 5, 1}}} {
				got := story{[][]fault{faults}, n % records}.play(t, change)
				if got = slices.Sorted(slices.Values(first(got))); !slices.Equal(got, everyRecord) {
					t.Errorf("%v: got %q", faults, got)
				}
			}
		}
	}
	f(func(q *exporterhelper.QueueBatchConfig) { q.NumConsumers = 3 })
	f(func(q *exporterhelper.QueueBatchConfig) {
		q.Batch = configoptional.Some(exporterhelper.BatchConfig{
			FlushTimeout: time.Millisecond, Sizer: exporterhelper.RequestSizerTypeItems, MinSize: 3,
		})
	})
}

// TestStoreFullForLong refuses more than the queue holds while the disk is full.
// When it no longer is, the queue lacks room for one of them at most, and when
// it has been empty for none. What is told of it is told once.
func TestStoreFullForLong(t *testing.T) {
	small := func(q *exporterhelper.QueueBatchConfig) {
		q.Sizer, q.QueueSize = exporterhelper.RequestSizerTypeBytes, int64(len("begin"+"lost"+"again"))
	}
	f := func(down bool) {
		t.Helper()
		core, logged := observer.New(zap.InfoLevel)
		d := &disk{stored: map[string][]byte{}}
		r := begin(t, d, zap.New(core), small)
		defer r.end(t)
		r.down.Store(down)
		r.offer(t, "begin")
		until(t, func() bool { return down || len(d.keys()) == 1 })
		d.restart(fault{full, 1, 1 << 30})
		for range 20 {
			if err := r.ConsumeLogs(t.Context(), lines("lost")); !errors.Is(err, errDisk) {
				t.Errorf("down %v: a record is offered while the disk is full: %v", down, err)
			}
		}
		d.restart()
		r.offer(t, "again")
		r.down.Store(false)
		until(t, func() bool { return len(r.sent()) == 2 && len(d.keys()) == 1 })
		equal(t, r.sent(), "begin", "again")
		if all := logged.All(); len(all) != 2 || all[0].Level != zap.WarnLevel || all[1].Level != zap.InfoLevel {
			t.Errorf("down %v: logged %v", down, all)
		}
	}
	f(false)
	f(true)
}

// TestStoreUnread has a disk that cannot be read when the collector stops: the
// record is there at the next start.
func TestStoreUnread(t *testing.T) {
	d := &disk{stored: map[string][]byte{}}
	r := begin(t, d, zap.NewNop())
	r.down.Store(true)
	r.offer(t, "0")
	r.offer(t, "1")
	until(t, r.tried.Load)
	d.restart(fault{broken, 1, 1 << 30})
	r.down.Store(false)
	until(t, func() bool { return len(r.sent()) == 1 })
	r.end(t)
	d.restart()
	r = begin(t, d, zap.NewNop())
	until(t, func() bool { return len(r.sent()) == 2 && len(d.keys()) == 1 })
	r.end(t)
	equal(t, r.sent(), "0", "1") // the first again, which could not be deleted
}

// TestStoreUnreadable does not start where the queue would begin anew.
func TestStoreUnreadable(t *testing.T) {
	f := func(d storage.Extension, want string) {
		t.Helper()
		_, err := storeExtension{d, &store{logger: zap.NewNop()}}.GetClient(t.Context(), component.KindExporter, settings().ID, "logs")
		if err == nil || !strings.HasPrefix(err.Error(), "sending_queue::storage: "+want) {
			t.Errorf("%v", err)
		}
	}
	f(&disk{faults: []fault{{broken, 1, 1}}}, "where the queue stands cannot be read: no space left on device")
	f(&disk{stored: map[string][]byte{metadataKey: []byte("\x19cut")}}, errDamaged.Error())
	f(&disk{stored: map[string][]byte{metadataKey: position{read: 2, write: 1}.append(nil)}}, errDamaged.Error())
	f(damagedFile{&disk{}}, errDamagedFile.Error()+": runtime error: invalid memory address")
}

// damagedFile is a storage extension that reads where nothing is.
type damagedFile struct{ *disk }

func (damagedFile) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	var d *disk
	return &diskClient{d}, d.Start(context.Background(), nil) // reads d
}

// sendingField is the metadata's list of what is being sent.
func sendingField(indexes ...uint64) (b []byte) {
	for _, i := range indexes {
		b = protowire.AppendFixed64(b, i)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, 5, protowire.BytesType), b)
}

// TestPosition has metadata as the queue wrote it, and as it reads it again.
func TestPosition(t *testing.T) {
	f := func(b []byte, want string) {
		t.Helper()
		p, known, err := readPosition(b)
		got := fmt.Sprint(err)
		switch {
		case err == nil && !known:
			got = "unknown"
		case err == nil:
			p = p.again()
			got = fmt.Sprintf("%d records of %d bytes, from %d to %d, sending %d", p.items, p.bytes, p.read, p.write, len(p.sending))
			if q, known, err := readPosition(p.append(nil)); err != nil || !known || fmt.Sprint(q) != fmt.Sprint(p) {
				t.Errorf("%v is read as %v, %v, %v", p, q, known, err)
			}
		}
		if got != want {
			t.Errorf("%x\ngot  %s\nwant %s", b, got, want)
		}
	}
	waiting := position{items: 9, bytes: 90, read: 5, write: 8}.append(nil)
	f(nil, "0 records of 0 bytes, from 0 to 0, sending 0")
	f(waiting, "9 records of 90 bytes, from 5 to 8, sending 0")
	f(append(waiting, sendingField()...), "9 records of 90 bytes, from 5 to 8, sending 0")
	f(append(waiting, sendingField(4, 2, 3)...), "9 records of 90 bytes, from 2 to 8, sending 0")
	f(position{items: 9, bytes: 90, read: 8, write: 8}.append(nil), "0 records of 0 bytes, from 8 to 8, sending 0")
	f(position{items: 1<<64 - 1, bytes: 90, write: 8}.append(nil), "0 records of 0 bytes, from 0 to 8, sending 0")
	f(protowire.AppendVarint(protowire.AppendTag(waiting, 6, protowire.VarintType), 1), "unknown")
	f(protowire.AppendVarint(protowire.AppendTag(waiting, 3, protowire.VarintType), 1), "unknown")
	f(protowire.AppendFixed64(protowire.AppendTag(waiting, 5, protowire.Fixed64Type), 1), "unknown")
	f(waiting[:len(waiting)-1], errDamaged.Error())
	f(append(waiting, 0), errDamaged.Error())
	f(protowire.AppendBytes(protowire.AppendTag(waiting, 5, protowire.BytesType), []byte("cut")), errDamaged.Error())
}

// TestStoreGap restarts after a record had been being sent for long, while other
// consumers were done with many behind it: the disk is not asked for those.
func TestStoreGap(t *testing.T) {
	d := &disk{stored: map[string][]byte{
		metadataKey: append(position{items: 2, bytes: 2, read: 10_001, write: 10_002}.append(nil), sendingField(7, 5)...),
		"5":         []byte("a"),
		"6":         []byte("deleted"), // which failed
		"7":         []byte("b"),
		"10001":     []byte("c"),
		trialKey:    []byte("left"),
	}}
	r := begin(t, d, zap.NewNop())
	until(t, func() bool { return len(d.keys()) == 1 })
	r.end(t)
	equal(t, r.sent(), "a", "b", "c")
	if d.n > 20 {
		t.Errorf("%d operations", d.n)
	}
}

// TestStoreUnknown leaves the metadata of a later queue to it.
func TestStoreUnknown(t *testing.T) {
	later := protowire.AppendTag(position{items: 2, bytes: 2, read: 2, write: 3}.append(nil), 9, protowire.VarintType)
	d := &disk{stored: map[string][]byte{
		metadataKey: append(protowire.AppendVarint(later, 1), sendingField(1)...),
		"0":         []byte("theirs"),
		"1":         []byte("b"),
		"2":         []byte("a"),
	}}
	r := begin(t, d, zap.NewNop())
	until(t, func() bool { return len(d.keys()) == 2 })
	r.end(t)
	equal(t, r.sent(), "a", "b")
	equal(t, d.keys(), "0", metadataKey)
}

// TestStoreUndeleted has more that cannot be deleted than is deleted at once.
func TestStoreUndeleted(t *testing.T) {
	const n = 2*maxLate + 10
	d := &disk{stored: map[string][]byte{}}
	r := begin(t, d, zap.NewNop(), func(q *exporterhelper.QueueBatchConfig) { q.QueueSize = n })
	r.down.Store(true)
	for i := range n {
		r.offer(t, fmt.Sprint(i))
	}
	d.restart(fault{full, 1, 1 << 30})
	r.down.Store(false)
	until(t, func() bool { return len(r.sent()) == n })
	if keys := d.keys(); len(keys) != n+1 {
		t.Errorf("%d keys while the disk is full", len(keys))
	}
	d.restart()
	r.end(t)
	equal(t, d.keys(), metadataKey)
	equal(t, first(r.sent()), r.sent()...)
}

// TestStoreInFront starts the exporter: its queue has the store in front of its
// storage, and reports reach the host.
func TestStoreInFront(t *testing.T) {
	id := component.MustNewID("file_storage")
	d := &disk{stored: map[string][]byte{}}
	h := &host{extensions: map[component.ID]component.Component{id: d}}
	yaml := "format: raw\nsending_queue: {storage: file_storage}\n" + fast
	closed := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	closed.close()
	e := start(t, settings(), h, yaml+"endpoint: "+closed.address)
	for _, record := range everyRecord {
		consume(t, e, lines(record))
	}
	until(t, func() bool { return h.reports() != "" })
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	d.restart(fault{full, 3, 1 << 30})
	s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	e = start(t, settings(), h, yaml+"endpoint: "+s.address)
	got, _ := s.wait(t, records)
	equal(t, got, everyRecord...)
	if err := e.ConsumeLogs(t.Context(), lines("refused")); !errors.Is(err, errDisk) {
		t.Error(err)
	}
	d.restart()
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, d.keys(), metadataKey)
}

// TestStoreUnsure has a write fail that was done. Its sender was told that it
// failed, and brings the records again: they are not sent before.
func TestStoreUnsure(t *testing.T) {
	d := &disk{stored: map[string][]byte{}}
	h := &host{extensions: map[component.ID]component.Component{component.MustNewID("file_storage"): d}}
	s := newSink(t, "127.0.0.1:0", syslog.NonTransparent)
	e := start(t, settings(), h, "format: raw\nsending_queue: {storage: file_storage}\nendpoint: "+s.address+fast)
	d.mu.Lock()
	d.faults = []fault{{unsure, d.n + 1, 1}}
	d.mu.Unlock()
	if err := e.ConsumeLogs(t.Context(), lines("a", "b")); err == nil {
		t.Error("it was taken")
	}
	consume(t, e, lines("a", "b"))
	balanced(t, e, "4 received, 2 confirmed, 2 storage")
	got, _ := s.wait(t, 2)
	equal(t, got, "a", "b")
}
