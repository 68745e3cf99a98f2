package plugin

import (
	"encoding/binary"
	"errors"
	"runtime/debug"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// rendering is how far a chunk has been turned into messages, and they delivered. It
// is rendered a piece at a time, so that neither time nor memory depends on what a
// chunk may become.
type rendering struct {
	tag   uint64    // its hash
	now   time.Time // of events without time
	begin chunk     // the chunk from the piece on
	after chunk     // the chunk behind the piece
	skip  int       // messages of the piece that were delivered when it was rendered before

	frames  delivery.Frames // the piece's messages that are not delivered
	passed  int             // how many of it are
	written int             // the first of frames that were written before
	piece   Counters        // of the piece's records
	total   Counters        // of the records before
	content uint64          // the chunk's hash
}

func newRendering(tag string) rendering {
	return rendering{tag: xxhash.Sum64String(tag), now: time.Now()}
}

// resume goes on where end ended.
func (p *rendering) resume(text string) {
	p.content = xxhash.Sum64String(text)
	p.begin.text = text
	p.after = p.begin
}

// end ends with what is delivered, and keeps no more of the chunk than that.
func (p *rendering) end() {
	p.skip += p.passed
	p.passed, p.piece, p.frames = 0, Counters{}, delivery.Frames{}
	p.begin.text, p.begin.body = "", nil
	p.begin.group, p.begin.groupMetadata = strings.Clone(p.begin.group), strings.Clone(p.begin.groupMetadata)
	p.after = chunk{}
}

// begun reports whether something is delivered, or at least written.
func (p *rendering) begun() bool { return p.total.Received > 0 || p.skip > 0 || p.written > 0 }

// pass notes that the first messages were written, and that they need not be sent
// again. It returns how many were written before.
func (p *rendering) pass(written, confirmed int) (again int) {
	again = min(p.written, written)
	_, p.frames = p.frames.Cut(confirmed)
	p.passed += confirmed
	p.written = max(p.written, written) - confirmed
	return again
}

// next begins the next piece.
func (p *rendering) next() {
	p.begin = p.after
	p.passed = 0
	p.total.add(p.piece)
	p.piece = Counters{}
}

// uid returns that of the piece's last record, which is the same whenever the chunk
// is sent.
func (p *rendering) uid() (uid audit.UID) {
	binary.BigEndian.PutUint64(uid[:], p.content)
	binary.BigEndian.PutUint32(uid[8:], uint32(p.tag))
	binary.BigEndian.PutUint32(uid[12:], uint32(p.total.Received+p.piece.Received))
	return uid
}

// renderer turns chunks into messages. It is for one goroutine at a time.
type renderer struct {
	*reader
	events  *siem.Renderer
	journal *journal
}

// errFault is the end of a chunk that the plugin cannot bear.
var errFault = errors.New("a fault of the plugin")

// render makes sure that there are messages, about as many bytes as limit, unless the
// chunk has no more. A panic would end Fluent Bit.
func (r *renderer) render(p *rendering, limit int) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			r.journal.say(LevelError, "this is a fault of the plugin; please report it: %v\n%s", reason, debug.Stack())
			err = errFault
		}
	}()
	for p.frames.Len() == 0 {
		p.next()
		if p.after.at == len(p.after.text) {
			return nil
		}
		r.renderPiece(p, limit)
		skip := min(p.skip, p.frames.Len())
		_, p.frames = p.frames.Cut(skip)
		p.skip, p.passed = p.skip-skip, p.passed+skip
	}
	return nil
}

func (r *renderer) renderPiece(p *rendering, limit int) {
	left := len(p.after.text) - p.after.at
	f := delivery.Frames{Bytes: make([]byte, 0, min(2*left, limit+limit/16))}
	var n siem.Rendered
	r.some(&p.after, p.now, func(ev *event, e *audit.Event) (more bool) {
		p.piece.Received++
		if e == nil {
			n.Empty++
			return true
		}
		r.note(p, ev, e)
		f = r.events.Append(f, e, &n)
		return f.Size() < limit
	})
	p.frames = f
	p.piece.Empty, p.piece.Truncated, p.piece.Flattened = int64(n.Empty), int64(n.Truncated), int64(n.Flattened)
}

// note counts an event, and gives it a uid if it has none.
func (r *renderer) note(p *rendering, ev *event, e *audit.Event) {
	if e.UID.IsZero() {
		e.UID = p.uid()
	}
	if ev.broken != "" {
		p.piece.Broken++
		r.journal.warn("", "a part of a chunk cannot be read, and goes on as it is: %s", ev.fault)
	}
	if e.Type == nil {
		p.piece.Unknown++
	}
}

// count returns how many records a chunk has, as far as it can be read.
func count(text string) (n int64) {
	defer func() { _ = recover() }() // render has told
	events(text, nil, func(*event) { n++ })
	return n
}
