package logrecord

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// Origin is what the transport knows of a sender. It stands on the Resource.
type Origin struct {
	Peer    string // network.peer.address
	Subject string // tls.client.subject
	Tenant  string // pam.tenant
}

// Batch gathers events as log records. The records keep the events' strings.
// A Batch is not safe for concurrent use.
type Batch struct {
	version string
	origin  Origin
	logs    plog.Logs
	records plog.LogRecordSlice // of the ResourceLogs that is open
	sender  sender              // of the ResourceLogs that is open
	n       int                 // records
	w       writer
	uids    strings.Builder // the UIDs of this batch, one behind the other
	repairs map[audit.Repairs]string
}

// sender is what stands on a Resource.
type sender struct {
	Origin
	words [len(audit.Words)]string // in the order of resourceWords
}

// recordWords and resourceWords are audit.Words by where they stand.
var recordWords, resourceWords = wordsOf(false), wordsOf(true)

func wordsOf(resource bool) (words []audit.Word) {
	for _, w := range audit.Words {
		if w.Resource == resource {
			words = append(words, w)
		}
	}
	return words
}

// NewBatch returns an empty batch; version is that of the scope.
func NewBatch(version string) *Batch {
	return &Batch{
		version: version,
		logs:    plog.NewLogs(),
		w:       writer{names: &names{}},
		repairs: map[audit.Repairs]string{},
	}
}

// SetOrigin says where the events that are added from here on came from.
func (b *Batch) SetOrigin(o Origin) { b.origin = o }

// Logs hands over what was added and starts anew. It keeps nothing of it, for
// it may be long before the next Add.
func (b *Batch) Logs() plog.Logs {
	logs := b.logs
	b.logs, b.records, b.sender, b.n = plog.NewLogs(), plog.LogRecordSlice{}, sender{}, 0
	b.uids.Reset()
	return logs
}

// Add appends e as a log record. The event's texts are valid UTF-8, but for
// Raw, as wire.Parser makes them.
func (b *Batch) Add(e *audit.Event) {
	if s := b.senderOf(e); b.n == 0 || s != b.sender {
		b.open(s)
	}
	b.n++
	lr := b.records.AppendEmpty()
	setBody(lr.Body(), e.Raw)
	setTimes(lr, e)

	b.w.built.EnsureCapacity(len(e.Fields) + room)
	if !e.UID.IsZero() {
		b.w.text(audit.AttrUID, b.uid(e.UID))
	}
	b.w.header(e)
	b.w.words(e, recordWords)
	b.w.fields(e.Fields)
	if e.Repairs != 0 {
		b.w.text(audit.AttrRepairs, b.repairNames(e.Repairs))
	}
	b.w.fault(e.Fault)
	b.w.classification(lr, e)
	if e.Type != nil {
		b.w.skew(e)
	}
	b.w.built.UnsafeIntoMap(lr.Attributes())
}

// room is how many attributes an event has besides its fields: the header's,
// and what a processor adds later.
const room = 16

func (b *Batch) senderOf(e *audit.Event) sender {
	s := sender{Origin: b.origin}
	for i := range resourceWords {
		s.words[i] = *resourceWords[i].Text(&e.Source)
	}
	return s
}

// open begins a ResourceLogs.
func (b *Batch) open(s sender) {
	rl := b.logs.ResourceLogs().AppendEmpty()
	attrs := rl.Resource().Attributes()
	put := func(key, text string) {
		if text != "" {
			attrs.PutStr(key, text)
		}
	}
	put(audit.AttrPeer, s.Peer)
	put(audit.AttrSubject, s.Subject)
	put(audit.AttrTenant, s.Tenant)
	for i, w := range resourceWords {
		put(w.Attr, s.words[i])
	}
	sl := rl.ScopeLogs().AppendEmpty()
	sl.SetSchemaUrl(SchemaURL)
	sl.Scope().SetName(ScopeName)
	sl.Scope().SetVersion(b.version)
	b.records, b.sender = sl.LogRecords(), s
}

// uid returns id in lower-case hexadecimal. The texts of a batch share memory
// that grows with it, so that most need none of their own.
func (b *Batch) uid(id audit.UID) string {
	const size = 2 * len(id)
	if b.uids.Cap()-b.uids.Len() < size {
		b.uids.Reset()
		b.uids.Grow(size * min(b.n, 64))
	}
	at := b.uids.Len()
	var text [size]byte
	b.uids.Write(id.Append(text[:0]))
	return b.uids.String()[at:]
}

// repairNames is Repairs.String, made once for each of the usual combinations.
func (b *Batch) repairNames(r audit.Repairs) string {
	text, ok := b.repairs[r]
	if !ok {
		text = r.String()
		if len(b.repairs) < maxCached {
			b.repairs[r] = text
		}
	}
	return text
}

// setBody sets a message that is not valid UTF-8 as bytes: peers refuse a whole
// batch for one such string.
func setBody(body pcommon.Value, raw string) {
	if utf8.ValidString(raw) {
		body.SetStr(raw)
	} else {
		body.SetEmptyBytes().FromRaw([]byte(raw))
	}
}

func setTimes(lr plog.LogRecord, e *audit.Event) {
	lr.SetTimestamp(timestamp(e.Time))
	lr.SetObservedTimestamp(timestamp(e.Received))
}

// timestamp returns 0, which is unset, for a time that a Timestamp cannot
// hold and give back: one before 1970 or after 2262.
func timestamp(t time.Time) pcommon.Timestamp {
	if s := t.Unix(); s < 0 || s >= math.MaxInt64/int64(time.Second) {
		return 0
	}
	return pcommon.NewTimestampFromTime(t)
}
