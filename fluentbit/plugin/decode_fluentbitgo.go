//go:build fluent_bit_go

package plugin

import (
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
)

// some reads all events of a chunk by fluent-bit-go's decoder, to compare the two:
// only maps of keys to texts and whole numbers, as the benchmark has them.
func (r *reader) some(c *chunk, now time.Time, yield func(*event, *audit.Event) (more bool)) {
	d := output.NewDecoder(unsafe.Pointer(unsafe.StringData(c.text)), len(c.text))
	for c.at = len(c.text); ; {
		code, when, record := output.GetRecord(d)
		if code != 0 {
			return
		}
		ev := event{body: "a map that was read"}
		if t, ok := when.(output.FLBTime); ok {
			ev.time = t.Time
		}
		r.body.fill(record, ev.body)
		yield(&ev, r.read(&ev, now))
	}
}

// fill has the layout hold a map that was read.
func (l *layout) fill(record map[any]any, whole string) {
	l.forget()
	l.whole = whole
	for key, value := range record {
		name, _ := key.(string)
		c := l.known[name]
		if c == nil {
			c = newColumn(name)
			l.keep(c)
		}
		m := member{column: c}
		switch v := value.(type) {
		case []byte:
			m.value = msgpack.Value{Kind: msgpack.String, Text: string(v)}
		case int64:
			m.value = msgpack.Value{Kind: msgpack.Int, Int: v}
		}
		l.members = append(l.members, m)
		l.signs |= c.sign
		l.parts |= 1 << c.part
	}
}
