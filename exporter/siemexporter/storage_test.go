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

	mu  sync.Mutex
	got []string // by the SIEM
}

func (r *run) push(_ context.Context, req xexporterhelper.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
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
	s := &store{logger: logger, stopping: func() bool { return r.stopping.Load() || d.isKilled() }}
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

var all = []string{"0", "1", "2", "3", "4", "5"}

// TestStoreSweep has the disk fail, and the process die, at every operation:
// each record that was taken arrives, in its place, and none is left behind in
// the storage.
func TestStoreSweep(t *testing.T) {
	t.Parallel()
	const operations = 3*records + 4
	const forever = 1 << 30
	played, twice := 0, 0
	f := func(late int, runs ...[]fault) {
		s := story{runs, late}
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			got := s.play(t)
			if !slices.Equal(first(got), all) {
				t.Errorf("got %q", got)
			}
			played++
			twice += len(got) - records
		})
	}
	for _, late := range []int{0, 3, records} {
		for n := 1; n <= operations; n++ {
			for _, kill := range []string{before, after} {
				f(late, []fault{{kill, n, 1}})
				for m := 1; m <= operations; m += 2 {
					f(late, []fault{{kill, n, 1}}, []fault{{kill, m, 1}})
				}
			}
			for _, what := range []string{full, broken, unsure} {
				for _, long := range []int{1, 2, 5} {
					f(late, []fault{{what, n + 1, long}}) // not where the store is opened
					for _, dies := range []int{2, 4, 7} {
						f(late, []fault{{what, n + 1, long}, {before, n + dies, 1}})
					}
				}
			}
			f(late, []fault{{full, n + 1, forever}, {before, n + 9, 1}})
		}
	}
	t.Logf("%d stories, %d records came again", played, twice)
}
