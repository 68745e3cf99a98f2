package plugin

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
)

// event is one event of a chunk, or bytes that are none. Its texts are parts
// of the chunk; metadata, body and those of the group are encoded values, ""
// where there is none.
type event struct {
	time          time.Time // zero when it has none
	metadata      string
	body          string
	group         string // body of the mark that opened its group: resource and scope
	groupMetadata string
	mark          string // the EventTime of a group mark
	broken        string // bytes that are no event
	fault         string // why, and where in the chunk
}

// events hands on what is in a chunk, in its order; an event only until yield
// returns. Maps that are bodies are read by body on the way. None of its bytes is
// passed over but those of group marks:
//
//	event = [[time, metadata], body]   (Fluent Bit 2.1 and later)
//	      | [time, body]
//	time  = ext type 0: 4 bytes seconds, 4 bytes nanoseconds
//	      | integer | float            (seconds)
//
// An array or a map that is neither is the body of an event without time. Bytes
// that cannot be read are handed on as broken, up to the next place that begins
// like an event and is one. What can be read is one event, whatever is in it and
// however deep: who could make two of one would get around the filters before us.
func events(text string, body *layout, yield func(*event)) {
	c := chunk{text: text, body: body}
	var e event
	for c.at < len(c.text) {
		if c.read(&e); e.mark == "" {
			yield(&e)
		}
	}
}

// chunk is a chunk that is read.
type chunk struct {
	text          string
	body          *layout
	at            int // how much has been read
	again         int // bytes that were read in vain, and may be read again
	group         string
	groupMetadata string
}

// Group marks are events with one of these as EventTime, -1 and -2 seconds
// (FLB_LOG_EVENT_GROUP_START and _END of flb_log_event.h, since Fluent Bit 3.1).
const (
	groupStart = "\xff\xff\xff\xff\x00\x00\x00\x00"
	groupEnd   = "\xff\xff\xff\xfe\x00\x00\x00\x00"
)

// What can be wrong beside the encoding.
var (
	errNoEvent = errors.New("what stands there is no event")
	errKeys    = errors.New("keys are no text, and no event follows")
)

// read reads the next event, group mark or broken bytes.
func (c *chunk) read(e *event) {
	size, err := e.read(c.text[c.at:], c.body, false)
	if err != nil {
		c.pass(e, size, err)
		return
	}
	c.at += size
	switch e.mark {
	case groupStart:
		c.group, c.groupMetadata = e.body, e.metadata
	case groupEnd:
		c.group, c.groupMetadata = "", ""
	}
	e.group, e.groupMetadata = c.group, c.groupMetadata
}

// read reads the event or mark that text begins with, and returns its size; with
// an error, how far it was read. In doubt, only what holds the maps that those of
// Fluent Bit hold is an event.
func (e *event) read(text string, body *layout, doubt bool) (size int, err error) {
	r := msgpack.NewReader(text)
	b, ok := readBeginning(&r)
	*e = event{time: timeOf(b.time), mark: markOf(b.time)}
	if !ok {
		r = msgpack.NewReader(text)
	}
	if b.newer {
		e.metadata, err = rawMap(nil, &r, doubt)
	}
	if err == nil {
		e.body, err = rawMap(body, &r, doubt)
	}
	switch {
	case err != nil:
	case !ok && !is(e.body, msgpack.Array) && !is(e.body, msgpack.Map):
		err = errNoEvent
	case r.OddKeys() && r.More() && !begins(text[r.Offset():]): // out of step
		err = errKeys
	}
	if e.metadata == emptyMap {
		e.metadata = ""
	}
	return r.Offset(), err
}

// rawMap is l.raw, of a map alone when it is asked for.
func rawMap(l *layout, in *msgpack.Reader, only bool) (string, error) {
	if next := *in; only {
		if v, err := next.Next(); err == nil && v.Kind != msgpack.Map {
			return "", errNoEvent
		}
	}
	return l.raw(in)
}

// emptyMap is the metadata of most events.
const emptyMap = "\x80"

// is reports whether value is of a kind.
func is(value string, k msgpack.Kind) bool {
	r := msgpack.NewReader(value)
	v, err := r.Next()
	return err == nil && v.Kind == k
}

// beginning is what is before an event's metadata and body.
type beginning struct {
	time  msgpack.Value
	newer bool // the form with metadata
	heads int  // size of what is before the time
}

// readBeginning reads the heads of an event's arrays, and its time.
func readBeginning(r *msgpack.Reader) (b beginning, ok bool) {
	if !isPair(r.Next()) {
		return beginning{}, false
	}
	b.heads = r.Offset()
	t, err := r.Next()
	if isPair(t, err) {
		b.newer, b.heads = true, r.Offset()
		t, err = r.Next()
	}
	if err != nil || !isTime(t) {
		return beginning{}, false
	}
	b.time = t
	return b, true
}

func isPair(v msgpack.Value, err error) bool {
	return err == nil && v.Kind == msgpack.Array && v.Int == 2
}

func isTime(v msgpack.Value) bool {
	switch v.Kind {
	case msgpack.Int, msgpack.Uint, msgpack.Float:
		return true
	}
	_, _, ok := v.EventTime()
	return ok
}

// markOf returns the EventTime of a group mark, "" when t is another time.
func markOf(t msgpack.Value) string {
	if t.Text == groupStart || t.Text == groupEnd {
		return t.Text
	}
	return ""
}

// timeOf returns the time that v says, zero when it is none: not in RFC 3339's
// years, or with more nanoseconds than a second has.
func timeOf(v msgpack.Value) time.Time {
	switch v.Kind {
	case msgpack.Ext:
		return eventTime(v)
	case msgpack.Int:
		return unix(v.Int, 0)
	case msgpack.Float:
		if seconds, part := math.Modf(v.Float()); seconds >= 0 && seconds <= lastSecond {
			return unix(int64(seconds), int64(part*1e9))
		}
	}
	return time.Time{}
}

// lastSecond is the end of the year 9999.
const lastSecond = 253402300799

func unix(seconds, nanos int64) time.Time {
	if seconds < 0 || seconds > lastSecond || nanos < 0 || nanos > 999_999_999 {
		return time.Time{}
	}
	return time.Unix(seconds, nanos).UTC()
}

// eventTime returns the time that an EventTime says (Forward Protocol
// Specification v1). Of the two seconds of group marks none is a time, whatever
// the nanoseconds.
//
// Before Fluent Bit 5.1 some inputs, in_opentelemetry among them, write in the
// place of the nanoseconds n of second s the low half of s*1e9 + n - s
// (flb_time_from_uint64 in flb_time.h), which mostly is more than a second has.
func eventTime(v msgpack.Value) time.Time {
	seconds, nanos, _ := v.EventTime()
	if seconds >= 0xffff_fffe {
		return time.Time{}
	}
	if nanos >= second {
		if nanos = int64(uint32(nanos + seconds - seconds*second)); nanos >= second {
			nanos = 0
		}
	}
	return unix(seconds, nanos)
}

const second = int64(time.Second)

// pass goes to the next place that begins like an event and is one, and makes e
// of what lies before it. What is at hand was read for some bytes, until err.
//
// A place that only begins like an event is read in vain, and so may be what
// lies in it. When that has cost more than reading the chunk a few times, as
// only a chunk made for it does, nothing is read twice anymore.
func (c *chunk) pass(e *event, size int, err error) {
	from := c.at
	fault := fmt.Sprintf("%v, at byte %d of the chunk", err, from+size)
	for err != nil {
		c.again += size
		step := headsOf(c.text[c.at:])
		if c.again > 4*len(c.text) {
			step = size
		}
		c.at = nextBeginning(c.text, c.at+step)
		if c.at == len(c.text) {
			break
		}
		size, err = e.read(c.text[c.at:], nil, true)
	}
	broken := c.text[from:c.at]
	if strings.Contains(broken, groupStart) || strings.Contains(broken, groupEnd) {
		c.group, c.groupMetadata = "", "" // nobody knows which group is open now
	}
	*e = event{broken: broken, fault: fault}
}

// headsOf returns how far to go on from a place that is no event: behind what is
// before the time, if it begins like one. The time and the metadata are no event
// of the other form.
func headsOf(text string) int {
	r := msgpack.NewReader(text)
	b, _ := readBeginning(&r)
	return max(1, b.heads)
}

// nextBeginning returns the next place, from at on, where text begins like an
// event, or its end.
func nextBeginning(text string, at int) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case 0x92, 0xdc, 0xdd: // an array
			if begins(text[at:]) {
				return at
			}
		}
	}
	return len(text)
}

// begins reports whether text begins like an event, and with a time that some
// clock may show.
func begins(text string) bool {
	const earliest = 100_000_000 // seconds: 1973
	r := msgpack.NewReader(text)
	b, ok := readBeginning(&r)
	return ok && (b.time.Kind == msgpack.Ext || timeOf(b.time).Unix() >= earliest)
}
