package siemexporter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"google.golang.org/protobuf/encoding/protowire"
)

// Start starts the exporter. Its queue gets to see the storage extension
// through a store.
func (b *bounded) Start(ctx context.Context, host component.Host) error {
	s := &store{logger: b.destination.health.logger, unsure: map[string]bool{}, stopping: func() bool { return b.destination.stopping.Err() != nil }}
	b.Logs = gate{b.Logs, s}
	return b.Logs.Start(ctx, storeHost{host, s})
}

// store stands between a persistent queue and its storage, for what the queue
// of exporterhelper v0.159 does not bear.
//
// The queue notes in its metadata that a record is being sent, and reads it, in
// one batch of operations. Where the disk is full, it passes over the record
// for ever: the store reads it all the same. What the metadata on disk lacks
// then is a record sent twice, should the collector be killed.
//
// A record that was sent and cannot be deleted would stay for ever: the store
// deletes it later.
//
// At start, the queue deletes the records that were being sent when the
// collector ended, and puts them at its end, one by one. The store has it begin
// with them, in their place, and deletes nothing.
//
// Where the metadata cannot be read, the queue begins anew and writes over the
// old records: the store refuses to start.
type store struct {
	storage.Client // nil when the queue is in memory

	logger   *zap.Logger
	stopping func() bool

	mu        sync.Mutex
	begin     position        // of the queue, where what is done with it is deleted
	metadata  []byte          // what the queue is told of it, once
	undeleted []string        // keys that could not be deleted
	unsure    map[string]bool // keys of records whose storing failed, and may be there
	full      error           // of the last record, if it could not be stored
	failing   bool            // as the log was told
	closed    bool            // nothing is written any more
}

// metadataKey has the queue's metadata. Each record has its index as its key.
const metadataKey = "qmv0"

// trialKey has what is written to see whether there is room.
const trialKey = "siem_trial"

// open makes a client the store's own.
func (s *store) open(ctx context.Context, client storage.Client) error {
	b, err := client.Get(ctx, metadataKey)
	if err != nil {
		return fmt.Errorf("where the queue stands cannot be read: %w", err)
	}
	p, known, err := readPosition(b)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Client, s.metadata = client, b
	switch {
	case !known:
		p = position{} // and the queue does as it does
	case len(b) > 0:
		s.metadata = p.again().append(nil)
	}
	if s.sweep(ctx, p) {
		s.begin = p
	}
	return nil
}

// sweep deletes what an earlier run was done with and could not delete.
func (s *store) sweep(ctx context.Context, p position) bool {
	w, ok := s.Client.(storage.Walker)
	if !ok {
		return false
	}
	err := w.Walk(ctx, func(key string, _ []byte) ([]*storage.Operation, error) {
		if i, ok := index(key); key == trialKey || ok && p.done(i) {
			return []*storage.Operation{storage.DeleteOperation(key)}, nil
		}
		return nil, nil
	})
	s.report(err)
	return err == nil
}

// Get returns the metadata first as the queue is to read it.
func (s *store) Get(ctx context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.metadata; key == metadataKey && len(b) > 0 {
		s.metadata = nil
		return b, nil
	}
	return s.Client.Get(ctx, key)
}

// errClosed keeps a record in the storage that could not be read from there.
var errClosed = errors.New("the storage could not be read while stopping")

// Batch does all operations; or, where writing fails, those that the queue
// cannot do without. Metadata is written anew with every write, and may be old.
func (s *store) Batch(ctx context.Context, ops ...*storage.Operation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := partsOf(ops)
	switch {
	case s.closed:
		return errClosed
	case of.puts > 0:
		return s.put(ctx, ops)
	case s.passed(of):
		return nil
	case len(of.reads) == len(ops): // as at start
		return s.Client.Batch(ctx, ops...)
	}
	err := s.write(ctx, ops...)
	if err != nil && len(s.undeleted)+len(of.deletes) <= maxUndeleted {
		s.undeleted = append(s.undeleted, of.deletes...)
		err = s.read(ctx, of.reads)
	}
	s.hide(of.reads)
	return err
}

// hide takes away what was read of records whose storing had failed: their
// senders were told so.
func (s *store) hide(reads []*storage.Operation) {
	for _, op := range reads {
		if s.unsure[op.Key] {
			op.Value = nil
			delete(s.unsure, op.Key)
		}
	}
}

// parts is what a batch of operations is made of, beside metadata.
type parts struct {
	puts    int // records
	reads   []*storage.Operation
	deletes []string
}

func partsOf(ops []*storage.Operation) (of parts) {
	for _, op := range ops {
		switch {
		case op.Type == storage.Get:
			of.reads = append(of.reads, op)
		case op.Type == storage.Delete:
			of.deletes = append(of.deletes, op.Key)
		case op.Key != metadataKey:
			of.puts++
		}
	}
	return of
}

// passed reports whether a batch is about records only that an earlier run was
// done with. The queue comes past them, and the disk need not be asked.
func (s *store) passed(of parts) bool {
	keys := slices.Clone(of.deletes)
	for _, op := range of.reads {
		keys = append(keys, op.Key)
	}
	done := func(key string) bool {
		i, ok := index(key)
		return ok && s.begin.done(i)
	}
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(key string) bool { return !done(key) })
}

// put stores a record. Its failure is for the one who brought the record. The
// queue, which counts it in any case until it is empty, must wake to become so.
func (s *store) put(ctx context.Context, ops []*storage.Operation) error {
	s.full = nil // until this one says so
	s.full = s.write(ctx, ops...)
	for _, op := range ops {
		if s.full != nil && op.Key != metadataKey {
			s.unsure[op.Key] = true // until the queue comes past it
		}
	}
	if failure, ok := ctx.Value(putKey{}).(*error); ok {
		*failure = s.full
		return nil
	}
	return s.full
}

const (
	// maxUndeleted bounds the memory for keys that could not be deleted. More
	// stay until the next start.
	maxUndeleted = 1 << 16

	// maxLate is how many of them are deleted at once.
	maxLate = 1 << 10
)

// write does operations, and deletes what could not be deleted before.
func (s *store) write(ctx context.Context, ops ...*storage.Operation) error {
	late := s.undeleted[:min(len(s.undeleted), maxLate)]
	all := make([]*storage.Operation, 0, len(late)+len(ops))
	for _, key := range late {
		all = append(all, storage.DeleteOperation(key))
	}
	err := s.Client.Batch(ctx, append(all, ops...)...)
	s.report(err)
	if err == nil {
		s.undeleted = slices.Delete(s.undeleted, 0, len(late))
	}
	return err
}

// report tells the log when writing begins to fail, and when it no longer does.
func (s *store) report(err error) {
	switch {
	case err != nil && !s.failing:
		s.failing = true
		s.logger.Warn("The queue's storage cannot be written. Nothing more is taken; what is in it is sent, and again should the collector be killed now.", zap.Error(err))
	case err == nil && s.failing && s.full == nil:
		s.failing = false
		s.logger.Info("The queue's storage can be written again.")
	}
}

const (
	firstReadWait = 10 * time.Millisecond // then twice as long each time, up to
	lastReadWait  = time.Second
)

// read does operations that only read, until it succeeds: the queue would pass
// over what it cannot read. Those who bring records wait meanwhile.
func (s *store) read(ctx context.Context, ops []*storage.Operation) error {
	if len(ops) == 0 {
		return nil
	}
	for wait := firstReadWait; ; wait = min(2*wait, lastReadWait) {
		err := s.Client.Batch(ctx, ops...)
		switch {
		case err == nil:
			return nil
		case s.stopping():
			s.closed = true
			return err
		}
		s.logger.Error("The queue's storage cannot be read; nothing is sent until it can.", zap.Error(err))
		time.Sleep(wait)
	}
}

// room reports whether a record of a size can be stored after one could not,
// which it tries.
func (s *store) room(ctx context.Context, size int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full == nil {
		return nil
	}
	if len(s.undeleted) > 0 {
		_ = s.write(ctx) // its failure is that of the next
	}
	s.full = s.write(ctx, storage.SetOperation(trialKey, make([]byte, size)))
	if s.full == nil && s.write(ctx, storage.DeleteOperation(trialKey)) != nil {
		s.undeleted = append(s.undeleted, trialKey)
	}
	return s.full
}

// Close deletes what could not be deleted before, if it now can, and closes the
// client.
func (s *store) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.undeleted) > 0 {
		if s.write(ctx) != nil {
			break
		}
	}
	s.closed = true
	return s.Client.Close(ctx)
}

// gate keeps records from a queue whose storage is full. The queue counts those
// that it could not store, and would seem full long after the disk is not.
type gate struct {
	exporter.Logs
	store *store
}

// putKey has, in the context of a record, where its failure goes.
type putKey struct{}

// ConsumeLogs puts a part of a batch into the queue.
func (g gate) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	part, _ := ctx.Value(partKey{}).(request)
	if err := g.store.room(ctx, part.BytesSize()); err != nil {
		return err
	}
	var failure error
	if err := g.Logs.ConsumeLogs(context.WithValue(ctx, putKey{}, &failure), ld); err != nil {
		return err
	}
	return failure
}

// storeHost is a host whose storage extensions have the store in front.
type storeHost struct {
	component.Host
	store *store
}

var _ componentstatus.Reporter = storeHost{}

// GetExtensions returns the host's extensions.
func (h storeHost) GetExtensions() map[component.ID]component.Component {
	all := maps.Clone(h.Host.GetExtensions())
	for id, e := range all {
		if e, ok := e.(storage.Extension); ok {
			all[id] = storeExtension{e, h.store}
		}
	}
	return all
}

// Report passes on a status, which a host may do beside its own interface.
func (h storeHost) Report(e *componentstatus.Event) { componentstatus.ReportStatus(h.Host, e) }

// storeExtension is a storage extension with the store in front.
type storeExtension struct {
	storage.Extension
	store *store
}

// GetClient returns the store. The exporter has one queue, which asks once.
func (e storeExtension) GetClient(ctx context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	client, err := e.client(ctx, kind, id, name)
	if err != nil {
		return nil, err
	}
	if err := e.store.open(ctx, client); err != nil {
		return nil, errors.Join(fmt.Errorf("sending_queue::storage: %w", err), client.Close(ctx))
	}
	return e.store, nil
}

// client returns the extension's client. bbolt, which file_storage has its files
// from, reads past the end of a file that was begun on a full disk: the kernel
// would end the process with SIGBUS.
func (e storeExtension) client(ctx context.Context, kind component.Kind, id component.ID, name string) (client storage.Client, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("sending_queue::storage: %w: %v", errDamagedFile, fault)
		}
	}()
	return e.Extension.GetClient(ctx, kind, id, name)
}

// index returns the index of a record, which is its key.
func index(key string) (uint64, bool) {
	i, err := strconv.ParseUint(key, 10, 64)
	return i, err == nil
}

// position is where a queue stands: the metadata of exporterhelper v0.159, a
// protobuf message with these fields, from 1.
type position struct {
	items   uint64   // sfixed64: size of the queue in records
	bytes   uint64   // sfixed64: and in bytes
	read    uint64   // fixed64: index of the record that is read next
	write   uint64   // fixed64: index that the next record will have
	sending []uint64 // packed fixed64: records read and not done with, sorted
}

var (
	errDamaged     = errors.New("where the queue stands is damaged: move the storage's file of this exporter away to begin with an empty queue")
	errDamagedFile = errors.New("the storage's file of this exporter is damaged, or was begun on a full disk: move it away to begin with an empty queue")
)

// readPosition reads a position. It is not known where it has a field that
// v0.159 does not write.
func readPosition(b []byte) (p position, known bool, err error) {
	numbers := [...]*uint64{1: &p.items, 2: &p.bytes, 3: &p.read, 4: &p.write}
	known = true
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return p, false, errDamaged
		}
		b = b[n:]
		var packed []byte
		switch {
		case kind == protowire.Fixed64Type && int(field) < len(numbers):
			*numbers[field], n = protowire.ConsumeFixed64(b)
		case kind == protowire.BytesType && int(field) == len(numbers):
			packed, n = protowire.ConsumeBytes(b)
		default:
			known = false
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 || len(packed)%8 != 0 {
			return p, false, errDamaged
		}
		for ; len(packed) > 0; packed = packed[8:] {
			i, _ := protowire.ConsumeFixed64(packed)
			p.sending = append(p.sending, i)
		}
		b = b[n:]
	}
	if known && p.read > p.write {
		return p, false, errDamaged
	}
	slices.Sort(p.sending)
	return p, known, nil
}

// done reports whether a record was read, and is not being sent.
func (p position) done(i uint64) bool {
	_, sending := slices.BinarySearch(p.sending, i)
	return i < p.read && !sending
}

// again returns the position from which everything is read again that was not
// done with. Sizes hold what was being sent as well.
func (p position) again() position {
	if len(p.sending) > 0 {
		p.read = min(p.read, p.sending[0])
	}
	if p.read == p.write || p.items > math.MaxInt64 || p.bytes > math.MaxInt64 {
		p.items, p.bytes = 0, 0
	}
	p.sending = nil
	return p
}

// append appends a position whose records all wait.
func (p position) append(b []byte) []byte {
	for i, n := range []uint64{p.items, p.bytes, p.read, p.write} {
		b = protowire.AppendTag(b, protowire.Number(i+1), protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, n)
	}
	return b
}
