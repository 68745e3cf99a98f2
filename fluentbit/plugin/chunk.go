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
// of the chunk; those of values are encoded, and "" where there is none.
type event struct {
	time          time.Time // zero when it has none
	metadata      string
	body          string
	group         string // the body of the mark that opened its group: resource and scope
	groupMetadata string
	broken        string // bytes that are no event
	fault         string // why, and where in the chunk
}

// events hands on what is in a chunk, in its order, and none of its bytes is
// passed over but those of group marks:
//
//	event = [[time, metadata], body]   (Fluent Bit 2.1 and later)
//	      | [time, body]
//	time  = ext type 0: 4 bytes seconds, 4 bytes nanoseconds
//	      | integer | float            (seconds)
//
// An array or a map that is none of these is the body of an event without
// time. Bytes that cannot be read are handed on as broken, up to the next place
// that begins like an event and is one.
func events(text string, yield func(*event)) {
	c := chunk{text: text}
	var e event
	for c.at < len(c.text) {
		if c.read(&e) {
			yield(&e)
		}
	}
}

// chunk is a chunk that is read.
type chunk struct {
	text   string
	at     int   // how much has been read
	again  int   // bytes that were read in vain, and may be read again
	opened frame // the mark of the group that is open
}

// frame is an event as it lies in the chunk.
type frame struct {
	time           msgpack.Value
	metadata, body string
}

// Group marks are events whose EventTime has one of these seconds, -1 and -2
// as int32, and no nanoseconds (FLB_LOG_EVENT_GROUP_START and _END in
// flb_log_event.h, since Fluent Bit 3.1).
const (
	groupStart = "\xff\xff\xff\xff\x00\x00\x00\x00"
	groupEnd   = "\xff\xff\xff\xfe\x00\x00\x00\x00"
)

// What can be wrong with an event beside its encoding.
var (
	errNoEvent = errors.New("a value that is no array and no map stands between events")
	errKeys    = errors.New("keys are no text, and no event follows")
)

// read reads the next event, group mark or broken bytes. It reports whether
// that is for e to tell.
func (c *chunk) read(e *event) bool {
	f, size, err := readFrame(c.text[c.at:])
	if err != nil {
		*e = c.pass(size, err)
		return true
	}
	c.at += size
	if f.time.Kind == msgpack.Ext {
		switch f.time.Text {
		case groupStart:
			c.opened = f
			return false
		case groupEnd:
			c.opened = frame{}
			return false
		}
	}
	*e = event{
		time: timeOf(f.time), metadata: f.metadata, body: f.body,
		group: c.opened.body, groupMetadata: c.opened.metadata,
	}
	return true
}

// pass goes to the next place that begins like an event and is one, and returns
// what lies before it. What is at hand was read for some bytes, until err.
//
// A place that only begins like an event is read in vain, and so may be what it
// holds. When that has cost more than reading the chunk a few times, as only a
// chunk made for it does, nothing is read twice anymore.
func (c *chunk) pass(size int, err error) event {
	from := c.at
	fault := fmt.Sprintf("%v, at byte %d of the chunk", err, from+size)
	for err != nil {
		c.again += size
		step := max(1, sizeOfBeginning(c.text[c.at:]))
		if c.again > 4*len(c.text) {
			step = max(step, size)
		}
		c.at = nextBeginning(c.text, c.at+step)
		if c.at == len(c.text) {
			break
		}
		size, err = readPlausible(c.text[c.at:])
	}
	broken := c.text[from:c.at]
	if holdsMark(broken) {
		c.opened = frame{} // nobody knows which group is open now
	}
	return event{broken: broken, fault: fault}
}

// holdsMark reports whether a group mark may be among broken bytes.
func holdsMark(broken string) bool {
	return strings.Contains(broken, groupStart) || strings.Contains(broken, groupEnd)
}

// nextBeginning returns the next place, from at on, where text begins like an
// event, or its end.
func nextBeginning(text string, at int) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case 0x92, 0xdc, 0xdd: // an array
			if sizeOfBeginning(text[at:]) > 0 {
				return at
			}
		}
	}
	return len(text)
}

// sizeOfBeginning returns the size of what is before an event's metadata and
// body, 0 when text does not begin like an event.
func sizeOfBeginning(text string) int {
	r := msgpack.NewReader(text)
	if _, _, ok := readBeginning(&r); !ok {
		return 0
	}
	return r.Offset()
}

// readBeginning reads the heads of an event's arrays, and its time. Newer is
// the form with metadata.
func readBeginning(r *msgpack.Reader) (time msgpack.Value, newer, ok bool) {
	if !isPair(r.Next()) {
		return time, false, false
	}
	time, err := r.Next()
	newer = isPair(time, err)
	if newer {
		time, err = r.Next()
	}
	return time, newer, err == nil && isTime(time)
}

func isPair(v msgpack.Value, err error) bool {
	return err == nil && v.Kind == msgpack.Array && v.Int == 2
}

func isTime(v msgpack.Value) bool {
	switch v.Kind {
	case msgpack.Int, msgpack.Uint, msgpack.Float:
		return true
	case msgpack.Ext:
		return v.Int == 0 && len(v.Text) == 8
	}
	return false
}

// readFrame reads the event that text begins with, and returns its size; with
// an error, how far it was read.
func readFrame(text string) (f frame, size int, err error) {
	r := msgpack.NewReader(text)
	time, newer, ok := readBeginning(&r)
	switch {
	case !ok:
		r = msgpack.NewReader(text)
		f.body, err = readOther(&r)
	case newer:
		f.time = time
		f.metadata, err = r.Raw()
	default:
		f.time = time
	}
	if ok && err == nil {
		f.body, err = r.Raw()
	}
	if f.metadata == emptyMap {
		f.metadata = ""
	}
	if err == nil && r.OddKeys() && r.More() && sizeOfBeginning(text[r.Offset():]) == 0 {
		err = errKeys
	}
	return f, r.Offset(), err
}

// emptyMap is the metadata of events that have none.
const emptyMap = "\x80"

// readOther reads a value that is no event. Numbers and such between events are
// more likely a part of something that is damaged.
func readOther(r *msgpack.Reader) (string, error) {
	value, err := r.Raw()
	if err != nil {
		return "", err
	}
	head := msgpack.NewReader(value)
	if v, _ := head.Next(); v.Kind != msgpack.Array && v.Kind != msgpack.Map {
		return "", errNoEvent
	}
	return value, nil
}

// readPlausible is readFrame where bytes before text could not be read: it takes
// only what Fluent Bit writes itself.
func readPlausible(text string) (size int, err error) {
	f, size, err := readFrame(text)
	if err == nil && !f.isPlausible() {
		err = errNoEvent
	}
	return size, err
}

// isPlausible reports whether f has a time that some clock shows, and maps.
func (f frame) isPlausible() bool {
	const earliest = 100_000_000 // seconds: 1973
	clock := f.time.Kind == msgpack.Ext || timeOf(f.time).Unix() >= earliest
	return clock && isMap(f.body) && (f.metadata == "" || isMap(f.metadata))
}

func isMap(value string) bool {
	r := msgpack.NewReader(value)
	v, _ := r.Next()
	return v.Kind == msgpack.Map
}

// timeOf returns the time that v says, zero when it is none: out of RFC 3339's
// years, or with more nanoseconds than a second has. Seconds of group marks
// with nanoseconds are none either.
func timeOf(v msgpack.Value) time.Time {
	switch v.Kind {
	case msgpack.Ext:
		return eventTime(v.Text)
	case msgpack.Int:
		return unix(v.Int, 0)
	case msgpack.Float:
		if seconds, part := math.Modf(v.Float()); seconds <= lastSecond {
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

// eventTime returns the time that an EventTime of Fluentd's forward protocol
// says, in its 8 bytes.
func eventTime(s string) time.Time {
	seconds := int64(s[0])<<24 | int64(s[1])<<16 | int64(s[2])<<8 | int64(s[3])
	nanos := int64(s[4])<<24 | int64(s[5])<<16 | int64(s[6])<<8 | int64(s[7])
	if seconds >= 0xffff_fffe {
		return time.Time{}
	}
	return unix(seconds, nanos)
}
